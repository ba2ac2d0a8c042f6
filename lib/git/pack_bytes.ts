/**
 * The bytes of a pack while they arrive: one buffer that grows in place.
 *
 * @module
 */
import { BudgetSpent } from "../base/mod.ts";

/** Address space is reserved, memory is taken as bytes arrive. */
const LARGEST_RESERVE = 2 ** 31;

/** A pack, as far as it has arrived. */
export class PackBytes {
  #buffer: ArrayBuffer;
  #bytes: Uint8Array;
  #length = 0;

  /** Refuses to grow beyond `mostBytes`. */
  constructor(mostBytes: number) {
    this.#buffer = new ArrayBuffer(0, { maxByteLength: Math.min(mostBytes, LARGEST_RESERVE) });
    // A view without a length follows the buffer as it grows.
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The byte at `at`; 0 beyond the end. */
  at(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  /** A view of the bytes from `start` up to `end`. */
  view(start: number, end: number): Uint8Array {
    return this.#bytes.subarray(start, Math.min(end, this.#length));
  }

  /** No more comes: gives back the address space that was reserved. */
  seal(): void {
    this.#buffer = this.#buffer.transferToFixedLength();
    this.#bytes = new Uint8Array(this.#buffer);
  }

  /** Appends a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#buffer.maxByteLength) {
      throw new BudgetSpent("bytes", `More than ${this.#buffer.maxByteLength} bytes at a pack`);
    }
    if (end > this.#buffer.byteLength) this.#buffer.resize(end);
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }
}
