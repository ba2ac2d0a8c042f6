/**
 * Contents that the next deltas probably build upon.
 *
 * @module
 */
const MOST_BYTES = 16 << 20;

/** Keeps the contents last added, up to a number of bytes. */
export class RecentContents {
  readonly #contents = new Map<number, Uint8Array>();
  #bytes = 0;

  /** The content added for `index`, if it is still there. */
  get(index: number): Uint8Array | undefined {
    return this.#contents.get(index);
  }

  /** Keeps a content; the oldest ones make room. */
  add(index: number, content: Uint8Array): void {
    if (content.length > MOST_BYTES || this.#contents.has(index)) return;
    this.#contents.set(index, content);
    this.#bytes += content.length;
    for (const [oldest, old] of this.#contents) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#contents.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}
