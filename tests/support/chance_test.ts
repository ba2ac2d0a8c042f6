/**
 * How a run with chance in it is met again.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openChance, type SeededChance } from "./chance.ts";

const VARIABLE = "SLUICE_TEST_SEED";

Deno.test("openChance() makes the seed of a part the first one of the next run", () => {
  const third = openChance(2);

  const again = withSeed(third.seed, () => openChance());

  assert.equal(again.seed, third.seed);
  assert.deepEqual(drawOf(again), drawOf(third));
});

Deno.test("openChance() has other chances for each part", () => {
  const [one, other] = [openChance(0), openChance(1)];

  assert.notEqual(one.seed, other.seed);
  assert.notDeepEqual(drawOf(one), drawOf(other));
});

function withSeed<T>(assignment: string, act: () => T): T {
  const before = Deno.env.get(VARIABLE);
  Deno.env.set(VARIABLE, assignment.slice(VARIABLE.length + 1));
  try {
    return act();
  } finally {
    if (before === undefined) Deno.env.delete(VARIABLE);
    else Deno.env.set(VARIABLE, before);
  }
}

function drawOf({ chance }: SeededChance): number[] {
  return Array.from({ length: 20 }, () => chance.below(1_000));
}
