/**
 * Whether work grows no faster than its input, told in a way that a busy machine does not change.
 *
 * @module
 */
import assert from "node:assert/strict";

/** The larger input is this many times the smaller. */
const FACTOR = 8;
/** What is linear takes as long at once as in eight parts, what is quadratic eight times as long: between them. */
const MOST = 3;
const TURNS = 10;
/** Below this the time tells more of the machine than of the work; choose sizes that would not be squared in it. */
const TOO_SHORT_MS = 50;

/**
 * Runs `work` once on what `make` gives for eight times `size`, and eight times on what it gives for `size`, in turns.
 * Fails when the first is much slower in every turn: both last about as long, so what else the machine does slows both.
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
  const [part, whole] = [make(size), make(size * FACTOR)];
  let least = Infinity;
  for (let turn = 0; turn < TURNS; turn++) {
    const partsMs = await timeOf(Array(FACTOR).fill(part), work);
    const wholeMs = await timeOf([whole], work);
    if (wholeMs < TOO_SHORT_MS || wholeMs <= partsMs * MOST) return;
    least = Math.min(least, wholeMs / partsMs);
  }
  assert.fail(`${FACTOR} times the input takes ${(least * FACTOR).toFixed(0)} times as long`);
}

async function timeOf<T>(inputs: readonly T[], work: (input: T) => unknown): Promise<number> {
  const began = performance.now();
  for (const input of inputs) await work(input);
  return performance.now() - began;
}
