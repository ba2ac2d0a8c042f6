/**
 * Long work in the thread of everybody else.
 *
 * @module
 */
import { type Budget, isTimeUp } from "./budget.ts";
import { systemClock } from "./clock.ts";

/** Nobody notices so short a while. */
const TURN_MS = 10;

/**
 * Lets everybody else have their turn: leases are renewed, watches read, others' runs go on.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const seen: string[] = [];
 * setTimeout(() => seen.push("somebody else"), 0);
 * await nextTurn();
 * assert.deepEqual(seen, ["somebody else"]);
 * ```
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Takes a step for each item, and lets everybody else have their turn every few milliseconds: for loops over what
 * strangers have made long, with steps that are short each. False when the time was up before the end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "./mod.ts";
 * let sum = 0;
 * assert.equal(await inTurns([1, 2, 3], (item) => sum += item, defaultBudget()), true);
 * assert.equal(sum, 6);
 * ```
 */
export async function inTurns<T>(
  items: Iterable<T>,
  step: (item: T) => void,
  budget: Budget,
): Promise<boolean> {
  if (isTimeUp(budget)) return false;
  let endMs = systemClock.monotonicMs() + TURN_MS;
  for (const item of items) {
    if (systemClock.monotonicMs() >= endMs) {
      await nextTurn();
      if (isTimeUp(budget)) return false;
      endMs = systemClock.monotonicMs() + TURN_MS;
    }
    step(item);
  }
  return true;
}
