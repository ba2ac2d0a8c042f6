/**
 * Reads a stretch of bytes bit by bit, lowest first, as RFC 1951 §3.1.1 packs them.
 *
 * @module
 */
import type { Span } from "./span.ts";

/** So many bytes may be read ahead while `at` is no greater than `safe`. */
export const AHEAD = 8;
/** Most that may be taken at once. */
const MOST_BITS = 16;

/** Bits of one stretch after the other. Beyond the end they are zeros, and it is said that they are. */
export class BitReader {
  /** What is read now: the stretch, or its tail with zeros behind. */
  bytes: Uint8Array;
  /** The next byte in `bytes`. */
  at = 0;
  /** Up to here `AHEAD` bytes may be read without a look at the end. */
  safe = 0;
  /**
   * Bits that were read but not taken, the next one lowest. They are 31 at most, so that this stays below 2^31 and
   * V8 need not take it for more than a small integer: `>>>` would make the loop half as fast.
   */
  held = 0;
  /** How many. */
  heldBits = 0;
  readonly #tail = new Uint8Array(4 * AHEAD);
  /** Real bytes of the tail. */
  #tailBytes = 0;
  /** Where the tail begins in the stretch; below zero while that is read itself. */
  #tailAt = -1;
  #from: Span = { bytes: this.#tail, at: 0, end: 0 };

  /** Has nothing to read. */
  constructor() {
    this.bytes = this.#tail;
  }

  /** Reads `from` from now on, or goes on in it at `at`. */
  start(from: Span, at = from.at): void {
    this.#from = from;
    this.bytes = from.bytes;
    this.at = at;
    this.safe = from.end - AHEAD;
    this.#tailAt = -1;
    this.held = 0;
    this.heldBits = 0;
  }

  /** Holds as many bits as may be taken at once; false at the end. */
  hold(): boolean {
    if (this.heldBits >= MOST_BITS) return true;
    if (this.at > this.safe && !this.useTail()) return false;
    const { bytes, at } = this;
    this.held |= ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) << this.heldBits;
    this.at = at + 2;
    this.heldBits += MOST_BITS;
    return true;
  }

  /** Lets go of held bits. */
  drop(bits: number): void {
    this.held >>= bits;
    this.heldBits -= bits;
  }

  /** Takes some bits; below zero at the end. */
  take(bits: number): number {
    if (!this.hold()) return -1;
    const value = this.held & ((1 << bits) - 1);
    this.drop(bits);
    return this.isBeyond ? -1 : value;
  }

  /** Goes over to the last bytes, as `at` has left what is safe; false when there is nothing behind them. */
  useTail(): boolean {
    if (this.#tailAt >= 0) return false;
    const { bytes, end } = this.#from;
    const tail = this.#tail.fill(0);
    this.#tailBytes = Math.max(0, end - this.at);
    for (let index = 0; index < this.#tailBytes; index++) tail[index] = bytes[this.at + index] ?? 0;
    this.#tailAt = this.at;
    this.bytes = tail;
    this.at = 0;
    this.safe = tail.length - AHEAD;
    return true;
  }

  /** Whether bits were taken that lie beyond the end. */
  get isBeyond(): boolean {
    return this.#tailAt >= 0 && 8 * this.at - this.heldBits > 8 * this.#tailBytes;
  }

  /** Where the next whole byte lies in the stretch. */
  get place(): number {
    return Math.max(0, this.#tailAt) + this.at - (this.heldBits >> 3);
  }
}
