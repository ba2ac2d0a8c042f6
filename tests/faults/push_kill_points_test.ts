/**
 * SIGKILL at every write of an ImageUpdateAutomation's life: each request of its pushes, and what it writes to
 * the cluster (fault 17 of the reliability reference). What the next process makes of it is read from the
 * repository: branches only go forward, each update is one commit, none is empty, nothing else changes.
 *
 * The writes are not listed here: a life that nobody disturbs tells them. A commit is built before the look
 * that a push begins with.
 *
 * @module
 */
import assert from "node:assert/strict";
import { resolveCallerPath } from "../../lib/base/mod.ts";
import { isLongRun, openChance } from "../support/chance.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { nameOf } from "../support/crash/plan.ts";
import { PushArena } from "../support/crash/push/arena.ts";
import {
  BOTH_REFS,
  LONG_LIFE,
  PUSH_SCENARIOS,
  type PushAct,
  type PushScenario,
  SHORT_LIFE,
} from "../support/crash/push/life.ts";
import { drawTries, killAll, recordPushes } from "../support/crash/push/trial.ts";
import { pointsOf } from "../support/crash/trial.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("git", "install git");
const cluster = useTestCluster();
const ROUNDS = 3;

/** Dies at every point, and tells of each what went wrong afterwards. */
async function killEverywhere(
  t: Deno.TestContext,
  scenario: PushScenario,
  { acts, sides }: {
    readonly acts: readonly PushAct[];
    readonly sides: readonly ("before" | "after")[];
  },
): Promise<void> {
  await using arena = await PushArena.open(resolveCallerPath(cluster.kubeconfigPath), scenario);
  const writes = await recordPushes(arena, acts);
  const points = pointsOf(writes, sides);
  const names = points.map(nameOf);

  const tries = await killAll(arena, points, { acts });

  for (
    const wanted of ["look before a push", "push", "status of a push", "apply of imagepolicies/app"]
  ) {
    assert.ok(names.includes(`after ${wanted} #1`), `no ${wanted} in ${names}`);
  }
  for (const { point, troubles } of tries) {
    await t.step(`killed ${nameOf(point)}`, () => assert.deepEqual(troubles, []));
  }
}

Deno.test({
  name: "whichever write of a push is the last before a SIGKILL, nothing is lost or doubled",
  ignore,
  fn: (t) => killEverywhere(t, BOTH_REFS, { acts: SHORT_LIFE, sides: ["after"] }),
});

for (const scenario of isLongRun() ? PUSH_SCENARIOS : []) {
  Deno.test(`${scenario.name}: killed on both sides of every write of a push`, (t) =>
    killEverywhere(t, scenario, { acts: LONG_LIFE, sides: ["before", "after"] }));

  Deno.test(`${scenario.name}: killed at random, again and again`, async (t) => {
    await using arena = await PushArena.open(resolveCallerPath(cluster.kubeconfigPath), scenario);
    const points = pointsOf(await recordPushes(arena, LONG_LIFE), ["before", "after"]);
    for (let round = 0; round < ROUNDS; round++) {
      const { chance, seed } = openChance(round);
      const tries = await killAll(arena, drawTries(points, chance), {
        acts: LONG_LIFE,
        relapsesMs: [500 + chance.below(2_000), 500 + chance.below(2_000)],
      });
      await t.step(`round ${round + 1} of ${ROUNDS}, ${seed}`, async (t) => {
        for (const { namespace, point, troubles } of tries) {
          await t.step(
            `${namespace}: killed ${nameOf(point)}`,
            () => assert.deepEqual(troubles, []),
          );
        }
      });
    }
  });
}
