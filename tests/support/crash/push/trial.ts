/**
 * Lives of automations that end by SIGKILL at a chosen point, and how the next process takes over.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Chance } from "../../../fuzz/mutate.ts";
import { pause } from "../../app.ts";
import type { KillPoint } from "../plan.ts";
import { groupOf } from "../scenario.ts";
import { attempt, commonWrites, groupTries, type Try } from "../trial.ts";
import type { PushArena } from "./arena.ts";
import type { PushAct } from "./life.ts";

/** That die by one signal. */
const MOST_AT_ONCE = 24;
/** Fewer than a client may ask one server at once: all of them may stand still in a request. */
const DRAWN = 14;

/** How a run that brought no news ends: whether one comes, and what it says, depends on the clock. */
const ROUTINE = /^(?:checkpoint|Ready=\w+) of /;

/** Lives a life without a death, its twin beside it, and gives what both wrote. */
export async function recordPushes(
  arena: PushArena,
  life: readonly PushAct[],
): Promise<readonly string[]> {
  const group = newGroup();
  const twins = [`${group}-reference`, `${group}-twin`];
  await arena.openNamespaces(twins);
  await arena.start([group]);
  await Promise.all(twins.map(async (namespace) => {
    for (const act of life) {
      await arena.play(namespace, [act]);
      assert.deepEqual(await arena.judge(namespace, act), [], "the reference itself keeps I8");
    }
  }));
  const writes = commonWrites(twins.map((namespace) => arena.writesOf(namespace)));
  await arena.kill();
  return writes.filter((write) => !ROUTINE.test(write));
}

/** How tries are run. */
export interface PushTrialOptions {
  /** What is lived. */
  readonly acts: readonly PushAct[];
  /** Further deaths before the end: how long each process lives in between. */
  readonly relapsesMs?: readonly number[];
}

/** Lets all live until they stand still, kills them, and has each life taken over and lived to its end. */
export async function killAll(
  arena: PushArena,
  points: readonly KillPoint[],
  { acts, relapsesMs = [] }: PushTrialOptions,
): Promise<readonly Try[]> {
  const groups = groupTries(newGroup(), points, MOST_AT_ONCE);
  for (const tries of groups) {
    const names = [...new Set(tries.map(({ namespace }) => groupOf(namespace)))];
    await arena.openNamespaces(tries.map(({ namespace }) => namespace));
    const holds = Object.fromEntries(tries.map(({ namespace, point }) => [namespace, point]));
    await arena.start(names, { holds });
    const died = new Map<Try, PushAct>();
    await Promise.all(tries.map((life) =>
      attempt(life, async () => {
        const act = await arena.play(life.namespace, acts);
        if (act === undefined) life.troubles.push("this point was never reached");
        else died.set(life, act);
      })
    ));
    await arena.kill();
    for (const lifeMs of relapsesMs) {
      await arena.start(names);
      await pause(lifeMs);
      await arena.kill();
    }
    await arena.start(names);
    await Promise.all(
      [...died].map(([life, act]) =>
        attempt(life, () => takeOver(arena, life, acts.slice(acts.indexOf(act))))
      ),
    );
    await arena.kill();
  }
  return groups.flat();
}

/** Waits until what was asked for before the death is done, and lives what follows. */
async function takeOver(
  arena: PushArena,
  { namespace, troubles }: Try,
  [first, ...rest]: readonly PushAct[],
): Promise<void> {
  if (first === undefined) return;
  await arena.finish(namespace, first);
  troubles.push(...await arena.judge(namespace, first));
  const last = rest.at(-1);
  if (last === undefined) return;
  await arena.play(namespace, rest);
  troubles.push(...await arena.judge(namespace, last));
}

/** Points by chance; some of them more than once. */
export function drawTries(points: readonly KillPoint[], chance: Chance): KillPoint[] {
  const drawn = Array.from({ length: DRAWN }, () => points[chance.below(points.length)]);
  return drawn.flatMap((point) => point ?? []);
}

/** Others may be on the same control plane. */
function newGroup(): string {
  return `push${crypto.randomUUID().slice(0, 6)}x`;
}
