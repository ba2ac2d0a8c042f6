/**
 * The bytes of a pack while they arrive.
 *
 * @module
 */
import { BudgetSpent, joinBytes } from "../base/mod.ts";
import { type Span, spanOf } from "./span.ts";

/** Places in a pack are counted in 32 bits, with one to spare. */
const LARGEST = 2 ** 31;
const SEGMENT_BITS = 20;
/** Few objects lie across two of them; what is not written to yet takes no memory. */
export const SEGMENT_BYTES = 1 << SEGMENT_BITS;

/** A pack, as far as it has arrived, in segments: to grow one piece would mean to hold it twice. */
export class PackBytes {
  readonly #most: number;
  readonly #segments: Uint8Array[] = [];
  #length = 0;

  /** Refuses to grow beyond `mostBytes`. */
  constructor(mostBytes: number) {
    this.#most = Math.min(mostBytes, LARGEST);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** The byte at `at`; 0 beyond the end. */
  at(at: number): number {
    return this.#segments[at >>> SEGMENT_BITS]?.[at & SEGMENT_BYTES - 1] ?? 0;
  }

  /** The bytes from `start` up to `end`; a copy where they lie across segments. */
  span(start: number, end: number): Span {
    const last = Math.max(start, Math.min(end, this.#length));
    const from = start & SEGMENT_BYTES - 1;
    const only = this.#segments[start >>> SEGMENT_BITS];
    const to = from + last - start;
    if (only !== undefined && to <= only.length) return { bytes: only, at: from, end: to };
    return spanOf(joinBytes(...this.pieces(start, last)));
  }

  /** Views of the bytes from `start` up to `end`, in their order. */
  *pieces(start: number, end: number): Generator<Uint8Array> {
    const last = Math.min(end, this.#length);
    for (let at = start; at < last;) {
      const from = at & SEGMENT_BYTES - 1;
      const piece = this.#segments[at >>> SEGMENT_BITS]?.subarray(from, from + last - at);
      if (piece === undefined) return;
      yield piece;
      at += piece.length;
    }
  }

  /** No more comes. */
  seal(): void {
    const last = this.#segments.pop();
    if (last === undefined) return;
    const rest = this.#length - this.#segments.length * SEGMENT_BYTES;
    this.#segments.push(last.slice(0, rest));
  }

  /** Appends a copy of `chunk`. */
  push(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#most) {
      throw new BudgetSpent("bytes", `More than ${this.#most} bytes at a pack`);
    }
    for (let at = 0; this.#length < end;) {
      const free = this.#segments.length * SEGMENT_BYTES - this.#length;
      if (free === 0) {
        this.#segments.push(new Uint8Array(SEGMENT_BYTES));
        continue;
      }
      const piece = chunk.subarray(at, at + free);
      this.#segments.at(-1)?.set(piece, SEGMENT_BYTES - free);
      at += piece.length;
      this.#length += piece.length;
    }
  }
}
