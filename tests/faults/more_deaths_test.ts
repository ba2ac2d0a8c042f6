/**
 * What `--long` adds to the deaths of the gate: both sides of every write, in several scenarios, lived to the
 * end afterwards; and lives that die at random, three times in a row. The name of a round tells the seed with which a run begins there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { isLongRun, openChance } from "../support/chance.ts";
import type { Chance } from "../fuzz/mutate.ts";
import { Arena } from "../support/crash/arena.ts";
import { nameOf } from "../support/crash/plan.ts";
import { SCENARIOS } from "../support/crash/scenario.ts";
import { groupTries, pointsOf, recordLife, runTries, type Try } from "../support/crash/trial.ts";

/** Each may hold as many requests as are made at once for a kind, four of the 32 that there are. */
const MOST_AT_ONCE = 7;
const ROUNDS = 10;
/** A process needs most of the first second to start. */
const [SHORTEST_LIFE_MS, LONGEST_LIFE_MS] = [500, 3_000];
const BOTH = ["before", "after"] as const;

for (const scenario of isLongRun() ? SCENARIOS : []) {
  Deno.test(`${scenario.name}: killed on both sides of every write`, async (t) => {
    await using arena = await Arena.open(scenario);
    const reference = await recordLife(arena, "reference-life");
    const groups = groupTries("g", pointsOf(reference.writes, BOTH), MOST_AT_ONCE);

    await runTries(arena, reference, groups, { toTheEnd: true });

    await tell(t, groups);
  });

  Deno.test(`${scenario.name}: killed at random`, async (t) => {
    await using arena = await Arena.open(scenario);
    const reference = await recordLife(arena, "reference-life");
    const points = pointsOf(reference.writes, BOTH);
    for (let round = 0; round < ROUNDS; round++) {
      const { chance, seed } = openChance(round);
      const drawn = Array.from({ length: MOST_AT_ONCE }, () => points[chance.below(points.length)]);
      const groups = groupTries(
        `r${round}x`,
        drawn.flatMap((point) => point ?? []),
        MOST_AT_ONCE,
      );
      const relapsesMs = [drawLifeMs(chance), drawLifeMs(chance)];

      await runTries(arena, reference, groups, { toTheEnd: true, relapsesMs });

      const lives = `lives of ${relapsesMs.join(" and ")} ms in between`;
      await t.step(`round ${round + 1} of ${ROUNDS}, ${lives}, ${seed}`, (t) => tell(t, groups));
    }
  });
}

function drawLifeMs(chance: Chance): number {
  return SHORTEST_LIFE_MS + chance.below(LONGEST_LIFE_MS - SHORTEST_LIFE_MS);
}

async function tell(t: Deno.TestContext, groups: readonly (readonly Try[])[]): Promise<void> {
  for (const { namespace, point, troubles } of groups.flat()) {
    await t.step(`${namespace}: killed ${nameOf(point)}`, () => assert.deepEqual(troubles, []));
  }
}
