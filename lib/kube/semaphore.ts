/**
 * A bound on how many run at once.
 *
 * @module
 */

/** Hands out a fixed number of places, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** With `places` to give. */
  constructor(places: number) {
    if (!(places >= 1)) throw new RangeError(`A semaphore needs a place, not ${places}`);
    this.#free = places;
  }

  /** Runs `step` as soon as there is a place. */
  async run<T>(step: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await step();
    } finally {
      // The place goes straight to the next in line, so nobody can jump the queue.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
