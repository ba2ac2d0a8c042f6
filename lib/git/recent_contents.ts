/**
 * Contents that the next deltas probably build upon.
 *
 * @module
 */
const MOST_BYTES = 8 << 20;
/** One alone may be larger: whatever builds upon it would have to build it again each time. */
const LARGEST_BYTES = 16 << 20;

/** Keeps the contents last added, up to a number of bytes; the very last one in any case. */
export class RecentContents {
  readonly #contents = new Map<number, Uint8Array>();
  #bytes = 0;
  #most = MOST_BYTES;

  /** Most bytes that are kept. */
  get most(): number {
    return this.#most;
  }

  /** Keeps no more than `most` bytes from now on. */
  limit(most: number): void {
    this.#most = Math.min(most, MOST_BYTES);
    this.#makeRoom();
  }

  /** The content added for `index`, if it is still there. */
  get(index: number): Uint8Array | undefined {
    return this.#contents.get(index);
  }

  /** Keeps a content; the oldest ones make room. */
  add(index: number, content: Uint8Array): void {
    if (content.length > LARGEST_BYTES || this.#contents.has(index)) return;
    this.#contents.set(index, content);
    this.#bytes += content.length;
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const [oldest, old] of this.#contents) {
      if (this.#bytes <= this.#most || this.#contents.size === 1) break;
      this.#contents.delete(oldest);
      this.#bytes -= old.length;
    }
  }
}
