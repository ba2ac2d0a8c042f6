/**
 * What a program at a server prints, as a stream that is read at the reader's pace.
 *
 * @module
 */
import type { Failure } from "../base/mod.ts";
import { SshStreamError } from "./failure.ts";

/** Bytes that may lie unread before the sender is told to wait. */
const MOST_WAITING_BYTES = 1 << 20;

/** Where chunks come from. */
export interface Tap {
  /** Sends no more until {@linkcode Tap.resume}. */
  pause(): void;
  /** Goes on. */
  resume(): void;
}

/** A queue of chunks with one writer and one reader. */
export class ProgramOutput {
  readonly #tap: Tap;
  readonly #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPaused = false;
  #end: { failure: Failure | undefined } | undefined;
  #wake: (() => void) | undefined;

  /** Holds `tap` back while too much waits. */
  constructor(tap: Tap) {
    this.#tap = tap;
  }

  /** Whether everything was said. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Takes a chunk. */
  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > MOST_WAITING_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#tap.pause();
    }
    this.#wake?.();
  }

  /** No more comes: with a failure, the reader gets it after what came before. */
  finish(failure?: Failure): void {
    this.#end ??= { failure };
    this.#wake?.();
  }

  /** The chunks; throws {@linkcode SshStreamError} where the program failed. Leaving early is fine. */
  async *read(): AsyncGenerator<Uint8Array> {
    while (true) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#waitingBytes -= chunk.length;
        this.#goOn();
        yield chunk;
        continue;
      }
      if (this.#end?.failure !== undefined) throw new SshStreamError(this.#end.failure);
      if (this.#end !== undefined) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
      this.#wake = undefined;
    }
  }

  #goOn(): void {
    if (!this.#isPaused || this.#waitingBytes > MOST_WAITING_BYTES / 2) return;
    this.#isPaused = false;
    this.#tap.resume();
  }
}
