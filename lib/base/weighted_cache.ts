/**
 * Keeps what was used last, up to a weight.
 *
 * @module
 */

/**
 * Values by key; the ones that were not asked for the longest go when there is too much of them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const cache = new WeightedCache<string>(10);
 * cache.set("a", "x", 6);
 * cache.set("b", "y", 6);
 * assert.equal(cache.get("a"), undefined);
 * assert.equal(cache.get("b"), "y");
 * ```
 */
export class WeightedCache<T> {
  readonly #most: number;
  readonly #entries = new Map<string, { value: T; weight: number }>();
  #weight = 0;

  /** Keeps values that weigh up to `most` together. */
  constructor(most: number) {
    this.#most = most;
  }

  /** The value of `key`, which counts as used. */
  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value, unless it alone is too heavy. */
  set(key: string, value: T, weight: number): void {
    this.delete(key);
    if (weight > this.#most) return;
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#most) return;
      this.delete(oldest);
    }
  }

  /** Forgets a value. */
  delete(key: string): void {
    this.#weight -= this.#entries.get(key)?.weight ?? 0;
    this.#entries.delete(key);
  }
}
