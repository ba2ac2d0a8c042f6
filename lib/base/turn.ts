/**
 * Long work in the thread of everybody else.
 *
 * @module
 */

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
