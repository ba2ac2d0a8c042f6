/**
 * The bytes of a pack while they arrive.
 *
 * @module
 */
import { BudgetSpent } from "../base/mod.ts";

/** Places in a pack are counted in 32 bits, with one to spare. */
const LARGEST = 2 ** 31;
const FIRST_CAPACITY = 64 << 10;
/** What is larger is not copied once more only to give back memory that was never touched. */
const MOST_TO_COPY = 4 << 20;

/** A pack, as far as it has arrived. */
export class PackBytes {
  readonly #most: number;
  #bytes = new Uint8Array(FIRST_CAPACITY);
  #length = 0;

  /** Refuses to grow beyond `mostBytes`. */
  constructor(mostBytes: number) {
    this.#most = Math.min(mostBytes, LARGEST);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** All of them, and zeros behind; another array after more has come. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The byte at `at`; 0 beyond the end. */
  at(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  /** A view of the bytes from `start` up to `end`. */
  view(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, Math.min(end, this.#length));
  }

  /** No more comes. */
  seal(): void {
    if (this.#length <= MOST_TO_COPY) this.#bytes = this.#bytes.slice(0, this.#length);
  }

  /** Appends a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#most) {
      throw new BudgetSpent("bytes", `More than ${this.#most} bytes at a pack`);
    }
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }

  /** Twice as much room: the system gives memory when it is written to, so the rest costs nothing yet. */
  #grow(least: number): void {
    const old = this.#bytes;
    this.#bytes = new Uint8Array(Math.max(least, Math.min(this.#most, 2 * old.length)));
    this.#bytes.set(old);
    // Frees the old one at once, not when somebody collects garbage.
    old.buffer.transfer(0);
  }
}
