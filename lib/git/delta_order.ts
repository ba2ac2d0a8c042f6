/**
 * The order in which deltas are built whose bases were not at hand when they came.
 *
 * @module
 */
import { invalid } from "./failure.ts";
import type { PackIndex } from "./pack_index.ts";

/** A delta that waits for its base. */
export interface WaitingDelta {
  /** The delta. */
  readonly index: number;
  /** What it builds on: by index, or by an id that nobody had yet. */
  readonly base: number | string;
}

/**
 * Gives each delta after its base, whatever their order in the pack. Whoever takes one builds it before the
 * next is asked for. Those that build upon each other follow closely, so that contents are at hand.
 */
export function* deltasInOrder(
  waiting: readonly WaitingDelta[],
  objects: PackIndex,
): Generator<{ readonly index: number; readonly base: number }> {
  const children = new Map<number | string, number[]>();
  for (const { index, base } of waiting) {
    const others = children.get(base);
    if (others === undefined) children.set(base, [index]);
    else others.push(index);
  }
  const ready: number[] = [];
  for (const key of children.keys()) {
    const base = typeof key === "number" ? key : objects.find(key);
    if (base >= 0 && objects.type(base) !== undefined) ready.push(base);
  }
  for (let base = ready.pop(); base !== undefined; base = ready.pop()) {
    for (const key of [base, objects.id(base)]) {
      const found = children.get(key) ?? [];
      children.delete(key);
      for (const index of found) {
        yield { index, base };
        ready.push(index);
      }
    }
  }
  if (children.size > 0) throw invalid("The pack lacks the base of a delta");
}
