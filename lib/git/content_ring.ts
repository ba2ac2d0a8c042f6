/**
 * Contents that the next deltas probably build upon, side by side in one piece of memory.
 *
 * @module
 */
import type { Span } from "./span.ts";

/** What lies in a ring. */
export interface RingOptions {
  /** Bytes of the largest content. */
  readonly largest: number;
  /** Objects have an index below this. */
  readonly count: number;
}

/** A ring: what is kept takes the place of what was kept first. */
export class ContentRing {
  readonly #bytes: Uint8Array;
  /** Where an object's content begins among all bytes ever written; 0 of those that are not here. */
  readonly #places: Float64Array;
  /** Between the end of what was kept last and what is oldest: room for the next, wherever it begins. */
  readonly #margin: number;
  /** One more than were written: no content begins at 0. */
  #written = 1;

  /** A ring of `ringBytes`, or of four contents of the largest size. */
  constructor(ringBytes: number, { largest, count }: RingOptions) {
    this.#margin = 2 * largest;
    this.#bytes = new Uint8Array(Math.max(ringBytes, 2 * this.#margin));
    this.#places = new Float64Array(count);
  }

  /** Room for the next content; nothing happens until it is kept. */
  reserve(sizeBytes: number): Span {
    const at = this.#nextPlace(sizeBytes) % this.#bytes.length;
    return { bytes: this.#bytes, at, end: at + sizeBytes };
  }

  /** What was written where there was room for so many bytes is the content of `index`. */
  keep(index: number, sizeBytes: number): void {
    const place = this.#nextPlace(sizeBytes);
    if (index < this.#places.length) this.#places[index] = place;
    this.#written = place + sizeBytes;
  }

  /** Where a content lies, if it was kept and will outlast the next. */
  find(index: number, sizeBytes: number): Span | undefined {
    const place = this.#places[index] ?? 0;
    if (place === 0 || this.#written + this.#margin - place > this.#bytes.length) return undefined;
    const at = place % this.#bytes.length;
    return { bytes: this.#bytes, at, end: at + sizeBytes };
  }

  /** No content goes around the end. */
  #nextPlace(sizeBytes: number): number {
    const left = this.#bytes.length - this.#written % this.#bytes.length;
    return sizeBytes <= left ? this.#written : this.#written + left;
  }
}
