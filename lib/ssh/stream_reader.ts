/**
 * Reads from a connection by the byte, and leaves to others what it did not ask for.
 *
 * @module
 */
import type { Duplex } from "node:stream";

/** The other side has no more to say, or the wait was called off. */
export class StreamEndedError extends Error {
  override name = "StreamEndedError";
}

/** Takes so many bytes and not one more. */
export class StreamReader {
  readonly #stream: Duplex;
  readonly #signal: AbortSignal;
  #wake = () => {};
  #hasEnded = false;
  readonly #look = () => this.#wake();
  readonly #end = () => {
    this.#hasEnded = true;
    this.#wake();
  };

  /** Reads from `stream` until it is closed or `signal` aborts. */
  constructor(stream: Duplex, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on("readable", this.#look);
    for (const event of ["end", "close", "error"]) stream.on(event, this.#end);
    signal.addEventListener("abort", this.#end, { once: true });
    if (signal.aborted) this.#end();
  }

  /** The next `count` bytes; throws {@linkcode StreamEndedError} when they do not come. */
  async take(count: number): Promise<Uint8Array<ArrayBuffer>> {
    while (true) {
      const bytes = count === 0 ? new Uint8Array() : this.#stream.read(count);
      // At its end a stream hands out what is left, however little that is.
      if (bytes !== null && bytes.length === count) return new Uint8Array(bytes);
      if (this.#hasEnded || bytes !== null) throw new StreamEndedError("ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Lets go of the stream, which stays open. */
  close(): void {
    this.#stream.off("readable", this.#look);
    for (const event of ["end", "close", "error"]) this.#stream.off(event, this.#end);
    this.#signal.removeEventListener("abort", this.#end);
  }
}
