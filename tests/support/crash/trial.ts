/**
 * Lives that end by SIGKILL at a chosen point, and how the next process takes over.
 *
 * @module
 */
import assert from "node:assert/strict";
import { pause } from "../app.ts";
import { isEqualJson, messageOf } from "../../../lib/base/mod.ts";
import type { Step } from "../history/steps.ts";
import type { Violation } from "../history/subject.ts";
import { lookUntil } from "../look_until.ts";
import { type Act, LIFE, lifeAfter } from "./acts.ts";
import { type Arena, RECOVERY_MS } from "./arena.ts";
import type { KillPoint } from "./plan.ts";
import { groupOf } from "./scenario.ts";

const LOOK_MS = 200;

/** What a life without a death looks like. */
export interface Reference {
  /** In order. */
  readonly writes: readonly string[];
  /** What is there after each act, by its name. */
  readonly portraits: ReadonlyMap<string, readonly unknown[]>;
  /** Digests of artifacts by the names of their files. */
  readonly artifacts: ReadonlyMap<string, string>;
}

/** A life with a death. */
export interface Try {
  /** `GROUP-…`: a group dies together. */
  readonly namespace: string;
  readonly point: KillPoint;
  /** In which act it died. */
  act?: Act | undefined;
  /** What was wrong; nothing in the end. */
  readonly troubles: string[];
}

/** Lives a life without a death, and its twin beside it. */
export async function recordLife(
  arena: Arena,
  namespace: string,
): Promise<Reference> {
  const twin = `${namespace}-twin`;
  for (const name of [namespace, twin]) await arena.openNamespace(name);
  await arena.start([groupOf(namespace)]);
  const [known] = await Promise.all([liveAndLook(arena, namespace), arena.play(twin, LIFE)]);
  const writes = commonWrites([arena.writesOf(namespace), arena.writesOf(twin)]);
  await arena.kill();
  return { ...known, writes };
}

/** What all of some lives wrote: a write of one alone came by chance, and another life may never come to it. */
export function commonWrites([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return first.filter((write) => others.every((writes) => writes.includes(write)));
}

async function liveAndLook(arena: Arena, namespace: string): Promise<Omit<Reference, "writes">> {
  const portraits = new Map<string, readonly unknown[]>();
  const artifacts = new Map<string, string>();
  for (const act of LIFE) {
    await arena.play(namespace, [act]);
    portraits.set(act.name, await arena.portray(namespace));
    for (const [name, digest] of await arena.readStore(namespace)) artifacts.set(name, digest);
    // A watch may be ahead of the log.
    const violations = await lookUntil(
      async () => await arena.judge(namespace, act, await arena.readSteps()),
      (found) => !found.map(formatViolation).some(isPassing),
    );
    assert.deepEqual(violations, [], "the reference itself keeps every promise");
  }
  return { portraits, artifacts };
}

/** How tries are run. */
export interface TrialOptions {
  /** Which acts are lived; all when absent. */
  readonly acts?: readonly Act[];
  /** Further deaths before the end: how long each process lives in between. */
  readonly relapsesMs?: readonly number[];
  /** Whether a life that was taken over is lived to its end. */
  readonly toTheEnd?: boolean;
}

/**
 * Lets each group live until all of it stands still, kills it, and has it taken over by the process in which
 * the next group lives.
 */
export async function runTries(
  arena: Arena,
  reference: Reference,
  groups: readonly (readonly Try[])[],
  options: TrialOptions = {},
): Promise<void> {
  const { acts = LIFE, relapsesMs = [] } = options;
  await Promise.all(groups.flat().map(({ namespace }) => arena.openNamespace(namespace)));
  let dead: readonly Try[] = [];
  for (const living of [...groups, []]) {
    const names = new Set([...dead, ...living].map(({ namespace }) => groupOf(namespace)));
    const holds = Object.fromEntries(living.map(({ namespace, point }) => [namespace, point]));
    await arena.start([...names], { holds });
    await Promise.all([
      takeOver(arena, dead, reference, options),
      ...living.map((life) =>
        attempt(life, async () => {
          life.act = await arena.play(life.namespace, acts);
          if (life.act === undefined) life.troubles.push("this point was never reached");
        })
      ),
    ]);
    await arena.kill();
    for (const { namespace, troubles } of living) {
      troubles.push(...await checkStore(arena, namespace, reference, "after the death"));
    }
    for (const lifeMs of living.length === 0 ? [] : relapsesMs) {
      await arena.start([...new Set(living.map(({ namespace }) => groupOf(namespace)))]);
      await pause(lifeMs);
      await arena.kill();
    }
    dead = living;
  }
}

/** Waits until what was asked of the dead is done, and looks at how it was done. */
async function takeOver(
  arena: Arena,
  dead: readonly Try[],
  reference: Reference,
  { toTheEnd = false }: TrialOptions,
): Promise<void> {
  const known = dead.filter(({ act }) => act !== undefined);
  await Promise.all(known.map((life) =>
    attempt(life, async () => {
      if (life.act !== undefined) await arena.finish(life.namespace, life.act);
    })
  ));
  await lookAtAll(arena, known, reference);
  if (!toTheEnd) return;
  await Promise.all(known.map((life) =>
    attempt(life, async () => {
      if (life.act === undefined) return;
      await arena.play(life.namespace, lifeAfter(life.act));
      life.act = LIFE.at(-1);
    })
  ));
  await lookAtAll(arena, known, reference);
}

/** Adds what is wrong with each life, once it is seen that it stays so. */
async function lookAtAll(
  arena: Arena,
  lives: readonly Try[],
  reference: Reference,
): Promise<void> {
  const endMs = performance.now() + RECOVERY_MS;
  for (let unsettled = lives; unsettled.length > 0;) {
    const steps = await arena.readSteps();
    const looks = await Promise.all(unsettled.map(async (life) => {
      const troubles: string[] = [];
      await attempt({ ...life, troubles }, async () => {
        troubles.push(...await lookAt(arena, life, reference, steps));
      });
      return { life, troubles };
    }));
    const isOver = performance.now() > endMs;
    const final = looks.filter(({ troubles }) => isOver || !troubles.some(isPassing));
    for (const { life, troubles } of final) life.troubles.push(...troubles);
    unsettled = looks.filter((look) => !final.includes(look)).map(({ life }) => life);
    if (unsettled.length > 0) await pause(LOOK_MS);
  }
}

/** What is wrong with a life that was taken over, as far as it is seen now. */
async function lookAt(
  arena: Arena,
  { namespace, act }: Try,
  reference: Reference,
  steps: readonly Step[],
): Promise<string[]> {
  if (act === undefined) return [];
  const violations = await arena.judge(namespace, act, steps);
  const store = await checkStore(arena, namespace, reference, "in the end");
  const portrait = await arena.portray(namespace);
  const expected = reference.portraits.get(act.name);
  // Sieve's oracle: as if nothing had happened.
  const different = isEqualJson(portrait, expected) ? [] : [
    `I1: in the end it looks otherwise than without a death: ${JSON.stringify(portrait, null, 1)}`,
  ];
  return [...violations.map(formatViolation), ...store, ...different];
}

/** What may still come right: another run has begun, and has not ended yet. What is on record stays wrong. */
function isPassing(trouble: string): boolean {
  return trouble.startsWith("I1: ");
}

/** I6: what is on disk under its name is whole; after a run nothing of a broken write is left. */
async function checkStore(
  arena: Arena,
  namespace: string,
  { artifacts }: Reference,
  when: "after the death" | "in the end",
): Promise<string[]> {
  const troubles: string[] = [];
  for (const [name, digest] of await arena.readStore(namespace)) {
    const isLeftOver = name.endsWith(".tmp");
    const isFine = isLeftOver ? when === "after the death" : artifacts.get(name) === digest;
    if (!isFine) troubles.push(`I6: ${when} the store has ${name} of ${digest}`);
  }
  return troubles;
}

/** Lives a part of a life; what it throws is one more trouble. */
export async function attempt(
  life: Pick<Try, "troubles">,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    life.troubles.push(messageOf(error));
  }
}

/** A violation in a line. */
export function formatViolation({ invariant, at, message }: Violation): string {
  return `${invariant}: ${message}${at === "" ? "" : ` (${at})`}`;
}

/**
 * The instants worth a death: see the tests. The one before a write leaves behind what the one after the write before
 * does, but for the first write, and for those that are made several at once.
 */
export function pointsOf(
  writes: readonly string[],
  sides: readonly KillPoint["side"][],
): KillPoint[] {
  return writes.flatMap((write, index) => {
    const isOfItsOwn = index === 0 || write.startsWith("apply of ");
    return (["before", "after"] as const)
      .filter((side) => sides.includes(side) || (side === "before" && isOfItsOwn))
      .map((side) => ({ write, side }));
  });
}

/** Tries by groups of at most `most`, each of which dies together; `name` begins with a letter. */
export function groupTries(
  name: string,
  points: readonly KillPoint[],
  most: number,
): Try[][] {
  const count = Math.ceil(points.length / most);
  const groups: Try[][] = Array.from({ length: count }, () => []);
  for (const [index, point] of points.entries()) {
    // Neighbours into different groups: of the writes to one API server only so many may stand still at once.
    const group = index % count;
    groups[group]?.push({ namespace: `${name}${group}-${index}`, point, troubles: [] });
  }
  return groups;
}
