/**
 * A bound on how many run at once.
 *
 * @module
 */

/**
 * Hands out a fixed number of places, first come, first served.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const places = new Semaphore(1);
 * const done: string[] = [];
 * const work = async (name: string) => void done.push(name);
 * await Promise.all([places.run(() => work("a")), places.run(() => work("b"))]);
 * assert.deepEqual(done, ["a", "b"]);
 * ```
 */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** With `places` to give. */
  constructor(places: number) {
    if (!(places >= 1)) throw new RangeError(`A semaphore needs a place, not ${places}`);
    this.#free = places;
  }

  /**
   * Runs `step` as soon as there is a place. Once `signal` aborts it runs without one: it is the step that
   * knows how to fail then.
   */
  async run<T>(step: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else if (!await this.#turn(signal)) return await step();
    try {
      return await step();
    } finally {
      // The place goes straight to the next in line, so nobody can jump the queue.
      const [next] = this.#waiting;
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Waits for a place; false when the wait was called off. */
  #turn(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (gotPlace: boolean) => {
        this.#waiting.delete(take);
        signal?.removeEventListener("abort", giveUp);
        resolve(gotPlace);
      };
      const take = () => end(true);
      const giveUp = () => end(false);
      if (signal?.aborted) return resolve(false);
      this.#waiting.add(take);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
  }
}
