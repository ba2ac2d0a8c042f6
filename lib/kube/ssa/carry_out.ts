/**
 * Does what was planned for the objects of a stage: kind after kind, several objects of one kind at once.
 *
 * @module
 */
import { fail, type Failure, mapParallel, ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { gvkOf, type KubeObject, refOf } from "../object.ts";
import { writeFailure } from "./errors.ts";
import { type ObjectPlan, planObject } from "./plan.ts";
import { recreate } from "./recreate.ts";
import { isHopeless, type Refused } from "./refused.ts";
import type { StagedApplyOptions } from "./types.ts";

/** A busy controller may write an object a few times a second, not more. */
const MOST_TRIES = 5;

/** A plan that was carried out. */
export interface CarriedOut {
  /** Another one than at first, when somebody wrote the object in between. */
  readonly plan: ObjectPlan;
  /** The object as it is afterwards, where it is known. */
  readonly after: KubeObject | undefined;
}

/** What became of plans; both lists are in apply order. */
export interface StageOutcome {
  readonly done: readonly CarriedOut[];
  readonly refused: readonly Refused[];
  /** True where a refusal was the end: what had not begun by then was left. */
  readonly isEnded: boolean;
}

/** How plans are carried out. */
export type CarryOutOptions = StagedApplyOptions & { readonly concurrency: number };

/**
 * Carries out `plans`, which are in apply order: a kind begins when the one before it is done. A failure ends it, unless
 * the apply is partial and the next object may do better; what is under way by then comes to its end and is told.
 */
export async function carryOutPlans(
  cluster: Cluster,
  plans: readonly ObjectPlan[],
  options: CarryOutOptions,
): Promise<StageOutcome> {
  const done: CarriedOut[] = [];
  const refused: Refused[] = [];
  for (const together of groupByKind(plans)) {
    const outcome = await carryOutTogether(cluster, together, options);
    done.push(...outcome.done);
    refused.push(...outcome.refused);
    if (outcome.isEnded) return { done, refused, isEnded: true };
  }
  return { done, refused, isEnded: false };
}

/** Neighbours of one kind do not stand on each other; of two kinds the second may stand on the first. */
function groupByKind(plans: readonly ObjectPlan[]): ObjectPlan[][] {
  const groups: ObjectPlan[][] = [];
  let kind = "";
  for (const plan of plans) {
    const { group, kind: name } = gvkOf(plan.object);
    if (groups.length === 0 || kind !== `${group}/${name}`) groups.push([]);
    kind = `${group}/${name}`;
    groups.at(-1)?.push(plan);
  }
  return groups;
}

async function carryOutTogether(
  cluster: Cluster,
  plans: readonly ObjectPlan[],
  options: CarryOutOptions,
): Promise<StageOutcome> {
  let isEnded = false;
  const results = await mapParallel(plans, options.concurrency, async (plan) => {
    if (isEnded) return undefined;
    const result = await carryOutFresh(cluster, plan, options);
    if (!result.ok && (options.isPartial !== true || isHopeless(result))) isEnded = true;
    return result;
  });
  const done: CarriedOut[] = [];
  const refused: Refused[] = [];
  for (const [index, { object }] of plans.entries()) {
    const result = results[index];
    if (result?.ok === true) done.push(result.value);
    else if (result !== undefined) refused.push({ object, failure: result });
  }
  return { done, refused: withOneHopeless(refused), isEnded };
}

/** A server that is gone refuses all that is under way alike: how much that was says nothing. */
function withOneHopeless(refused: readonly Refused[]): Refused[] {
  const first = refused.find(({ failure }) => isHopeless(failure));
  return refused.filter((each) => each === first || !isHopeless(each.failure));
}

/**
 * Does what the plan says; when somebody else wrote the object in between, plans it anew on what they made
 * of it. The failure of the last try is the answer when they never stop.
 */
async function carryOutFresh(
  cluster: Cluster,
  first: ObjectPlan,
  options: StagedApplyOptions,
): Promise<Result<CarriedOut>> {
  let plan = first;
  for (let attempt = 1;; attempt++) {
    const written = await carryOut(cluster, plan, options);
    if (written.ok) return ok({ plan, after: written.value });
    if (written.code !== "Conflict" || attempt === MOST_TRIES) return written;
    const again = await planObject(cluster, plan.object, options);
    if (!again.ok) return again;
    plan = again.value;
  }
}

/** Does what the plan says; gives the object as it is afterwards, where it is known. */
async function carryOut(
  cluster: Cluster,
  plan: ObjectPlan,
  options: StagedApplyOptions,
): Promise<Result<KubeObject | undefined>> {
  const { object, live, step } = plan;
  if (!isWrite(plan)) return ok(live);
  if (options.signal.aborted) return calledOff();
  if (step === "recreate" && live !== undefined) {
    return await recreate(cluster, { object, live }, options);
  }
  const { fieldManager } = options;
  if (plan.cleanup.length > 0) {
    const cleaned = await cluster.patch(refOf(object), plan.cleanup, {
      fieldManager,
      type: "json",
    });
    if (!cleaned.ok) {
      return writeFailure(object, "metadata.managedFields cleanup failed, error", cleaned);
    }
  }
  const applied = await cluster.apply(object, { fieldManager, force: true });
  return applied.ok ? applied : writeFailure(object, "apply failed", applied);
}

/** Whether a plan changes anything. */
export function isWrite({ step }: ObjectPlan): boolean {
  return step !== "keep" && step !== "skip";
}

/** Why nothing more is done of a run whose signal has come. */
export function calledOff(): Failure {
  return fail("Canceled", "Apply was called off");
}
