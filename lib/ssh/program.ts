/**
 * One program that runs at a server.
 *
 * @module
 */
import { type Clock, fail, type Failure, type Timer } from "../base/mod.ts";
import { remoteText, timedOut } from "./failure.ts";
import type { HostPlace } from "./known_hosts.ts";
import { ProgramOutput } from "./program_output.ts";
import type { Channel } from "./ssh2.d.ts";

/** What a program is watched by. */
export interface ProgramWatch {
  /** Time. */
  readonly clock: Clock;
  /** Longest silence. */
  readonly idleMs: number;
  /** Calls the program off. */
  readonly signal: AbortSignal;
  /** Where it runs, for messages. */
  readonly place: HostPlace;
  /** What must not be shown. */
  readonly secrets: readonly string[];
  /** Ends the connection, when nothing gentler helps. */
  readonly drop: () => void;
}

const MOST_ERROR_BYTES = 4096;

/** A program and its streams. */
export class Program {
  /** Settled when the server has closed the channel. */
  readonly closed: Promise<void>;
  readonly #closed = Promise.withResolvers<void>();
  readonly #channel: Channel;
  readonly #watch: ProgramWatch;
  readonly #output: ProgramOutput;
  readonly #abort = () => this.#callOff(timedOut(this.#watch.place, "read from"));
  #errors = "";
  #exit: number | undefined;
  #silence: Timer | undefined;

  /** Takes a channel on which the program was started. */
  constructor(channel: Channel, watch: ProgramWatch) {
    this.#channel = channel;
    this.#watch = watch;
    this.#output = new ProgramOutput(channel);
    this.closed = this.#closed.promise;
    channel.on("data", (chunk: Uint8Array) => this.#take(chunk));
    channel.stderr.on("data", (chunk: Uint8Array) => this.#takeError(chunk));
    channel.on("exit", (code: unknown) => this.#exit = typeof code === "number" ? code : -1);
    channel.on("error", () => {});
    channel.on("close", () => {
      this.#finish();
      this.#closed.resolve();
    });
    watch.signal.addEventListener("abort", this.#abort, { once: true });
    this.#listen();
    if (watch.signal.aborted) this.#abort();
  }

  /** What it prints. */
  read(): AsyncIterable<Uint8Array> {
    return this.#output.read();
  }

  /** Sends bytes to its standard input. */
  write(bytes: Uint8Array): void {
    if (this.#channel.writable) this.#channel.write(bytes);
  }

  /** The connection is gone. */
  lose(failure: Failure): void {
    this.#stopWatching();
    this.#output.finish(failure);
    this.#closed.resolve();
  }

  /** Ends it, and with it the connection if that takes longer than `patienceMs`. */
  async end(patienceMs: number): Promise<void> {
    this.#stopWatching();
    this.#output.finish();
    const timer = this.#watch.clock.after(patienceMs, this.#watch.drop);
    // What is still on its way is taken and thrown away.
    this.#channel.resume();
    this.#channel.close();
    await this.closed;
    timer.cancel();
  }

  #take(chunk: Uint8Array): void {
    this.#listen();
    this.#output.push(chunk);
  }

  #takeError(chunk: Uint8Array): void {
    this.#listen();
    if (this.#errors.length < MOST_ERROR_BYTES) this.#errors += new TextDecoder().decode(chunk);
  }

  #finish(): void {
    this.#stopWatching();
    const text = remoteText(this.#errors, this.#watch.secrets);
    const isFine = this.#exit === 0;
    this.#output.finish(isFine ? undefined : fail("ProgramFailed", text));
  }

  #listen(): void {
    const { clock, idleMs, place } = this.#watch;
    this.#silence?.cancel();
    this.#silence = clock.after(idleMs, () => this.#callOff(timedOut(place, "read from")));
  }

  #callOff(failure: Failure): void {
    this.lose(failure);
    this.#watch.drop();
  }

  #stopWatching(): void {
    this.#silence?.cancel();
    this.#watch.signal.removeEventListener("abort", this.#abort);
  }
}
