/**
 * Whether work grows no faster than its input, told in a way that a busy machine does not change.
 *
 * @module
 */
import assert from "node:assert/strict";

/** The larger input is this many times the smaller. */
const FACTOR = 8;
/** Linear work takes 8 times as long, quadratic work 64 times: between them, far from both. */
const MOST = 24;
const TURNS = 5;
/** Below this the time tells more of the garbage collector than of the work; choose sizes that would not be squared in it. */
const TOO_SHORT_MS = 50;

/**
 * Runs `work` on what `make` gives for `size` and for eight times `size`, in turns, and fails when the larger one takes much more
 * than eight times as long. Of each the quickest turn counts, so that what else the machine does falls out.
 *
 * @example
 * ```ts
 * await assertGrowsWithSize(10_000, (size) => "a".repeat(size), (text) => text.split("a"));
 * ```
 */
export async function assertGrowsWithSize<T>(
  size: number,
  make: (size: number) => T,
  work: (input: T) => unknown,
): Promise<void> {
  const inputs = [make(size), make(size * FACTOR)] as const;
  let [small, large] = [Infinity, Infinity];
  for (let turn = 0; turn < TURNS; turn++) {
    small = Math.min(small, await timeOf(() => work(inputs[0])));
    large = Math.min(large, await timeOf(() => work(inputs[1])));
    if (large < TOO_SHORT_MS || large <= small * MOST) return;
  }
  assert.fail(`${FACTOR} times the input takes ${(large / small).toFixed(0)} times as long`);
}

async function timeOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
