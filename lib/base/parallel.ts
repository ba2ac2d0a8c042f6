/**
 * Many at once, but not all.
 *
 * @module
 */

/**
 * Runs `step` on every item, at most `limit` at a time; the answers are in the order of the items.
 * The first step that throws ends the run: no further step starts, and those that have started end before it does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const doubled = await mapParallel([1, 2, 3], 2, (n) => Promise.resolve(2 * n));
 * assert.deepEqual(doubled, [2, 4, 6]);
 * ```
 */
export async function mapParallel<T, R>(
  items: readonly T[],
  limit: number,
  step: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const queue = items.entries();
  const thrown: unknown[] = [];
  async function work(): Promise<void> {
    // The iterator is shared: each worker takes the next item that nobody has.
    for (const [index, item] of queue) {
      if (thrown.length > 0) return;
      try {
        results[index] = await step(item);
      } catch (error) {
        thrown.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, work));
  if (thrown.length > 0) throw thrown[0];
  return results;
}
