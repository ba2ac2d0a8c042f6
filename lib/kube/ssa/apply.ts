/**
 * Applies a set of objects in stages: of each stage all objects are tried before the first is written.
 *
 * @module
 */
import { type Failure, mapParallel } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { computeStatus } from "../kstatus/mod.ts";
import { type GroupVersionKind, gvkOf, type KubeObject, refOf } from "../object.ts";
import {
  calledOff,
  type CarriedOut,
  type CarryOutOptions,
  carryOutPlans,
  isWrite,
} from "./carry_out.ts";
import { joinFailures } from "./errors.ts";
import { entryOf } from "./inventory.ts";
import { type Stage, stagesOf } from "./order.ts";
import { type ObjectPlan, planObject } from "./plan.ts";
import { findFurtherRefused, isHopeless, joinRefused, type Refused } from "./refused.ts";
import type { Action, ApplyReport, ObjectChange, StagedApplyOptions } from "./types.ts";
import { waitUntilReady } from "./wait.ts";

const CONCURRENCY = 4;

/**
 * Brings the cluster to `objects`. Nothing of a stage is written unless all of its objects passed their
 * dry-run; the failure then names every one that did not, of later stages too. Unlike Flux, which names the
 * first.
 */
export async function applyStaged(
  cluster: Cluster,
  objects: readonly KubeObject[],
  given: StagedApplyOptions,
): Promise<ApplyReport> {
  const options = { concurrency: CONCURRENCY, ...given };
  const run: ApplyRun = { changes: [], refused: [], missing: [], isAnnounced: false };
  const stages = stagesOf(objects, options.customStageKinds);
  for (const [index, stage] of stages.entries()) {
    const planned = await planStage(cluster, stage, options);
    if (planned.hopeless !== undefined) {
      // Not the manifest is to blame.
      return await stopped(cluster, run, [planned.hopeless], {});
    }
    run.missing.push(...planned.missing);
    if (planned.refused.length > 0 && options.isPartial !== true) {
      const rest = stages.slice(index + 1).flatMap(({ objects }) => objects);
      const further = await findFurtherRefused(cluster, rest, { ...options, all: objects });
      return await stopped(cluster, run, [...planned.refused, ...further], options);
    }
    run.refused.push(...planned.refused);
    const failed = await carryOutStage(cluster, stage, planned.plans, { ...options, run });
    if (failed !== undefined) {
      return { changes: run.changes, failure: failed, missing: run.missing };
    }
  }
  if (run.refused.length === 0) return { changes: run.changes };
  const report = await stopped(cluster, run, [], options);
  return { ...report, refused: run.refused.length };
}

/** What an apply has come to so far. */
interface ApplyRun {
  readonly changes: ObjectChange[];
  readonly refused: Refused[];
  readonly missing: GroupVersionKind[];
  /** Whether it was said that there will be writes. */
  isAnnounced: boolean;
}

async function stopped(
  cluster: Cluster,
  { changes, refused, missing }: ApplyRun,
  more: readonly Refused[],
  options: Pick<StagedApplyOptions, "placeOf">,
): Promise<ApplyReport> {
  const failure = await joinRefused(cluster, [...refused, ...more], options);
  return failure === undefined ? { changes, missing } : { changes, failure, missing };
}

/** Writes what was planned, and waits for it where the next stage stands on it. */
async function carryOutStage(
  cluster: Cluster,
  stage: Stage,
  plans: readonly ObjectPlan[],
  options: CarryOutOptions & { readonly run: ApplyRun },
): Promise<Failure | undefined> {
  const { run } = options;
  if (!run.isAnnounced && plans.some(isWrite)) {
    await options.beforeFirstWrite?.();
    run.isAnnounced = true;
  }
  const { done, refused, isEnded } = await carryOutPlans(cluster, plans, options);
  run.changes.push(...done.map(changeOf));
  run.refused.push(...refused);
  if (isEnded) return await joinRefused(cluster, run.refused, options);
  const awaited = done.filter((each) => !isSettled(each)).map(({ plan }) => refOf(plan.object));
  if (!stage.waitReady || awaited.length === 0) return undefined;
  const ready = await (options.waitReady?.(awaited) ?? waitUntilReady(cluster, awaited, options));
  if (ready.ok) return undefined;
  const others = await joinRefused(cluster, run.refused, options);
  return joinFailures(others === undefined ? [ready] : [ready, others]);
}

/** What is to be done in a stage, and what cannot be done. */
interface PlannedStage {
  readonly plans: readonly ObjectPlan[];
  readonly refused: readonly Refused[];
  /** Kinds that are not served. */
  readonly missing: readonly GroupVersionKind[];
  /** Nothing can be done at all. */
  readonly hopeless?: Refused;
}

/** Plans all objects of a stage, or says what is wrong with each that fails. */
async function planStage(
  cluster: Cluster,
  stage: Stage,
  options: CarryOutOptions,
): Promise<PlannedStage> {
  let hopeless: Refused | undefined;
  const planned = await mapParallel(stage.objects, options.concurrency, async (object) => {
    if (hopeless) return hopeless.failure;
    const plan = options.signal.aborted ? calledOff() : await planObject(cluster, object, options);
    if (!plan.ok && isHopeless(plan)) hopeless = { object, failure: plan };
    return plan;
  });
  if (hopeless) return { plans: [], refused: [], missing: [], hopeless };
  const plans: ObjectPlan[] = [];
  const refused: Refused[] = [];
  for (const [index, object] of stage.objects.entries()) {
    const plan = planned[index];
    if (plan?.ok === true) plans.push(plan.value);
    else if (plan !== undefined) refused.push({ object, failure: plan });
  }
  const unserved = refused.filter(({ failure }) => failure.code === "NoMatch");
  return { plans, refused, missing: unserved.map(({ object }) => gvkOf(object)) };
}

/** What a step is called; an object that was made anew counts as created. */
const ACTIONS: Readonly<Record<ObjectPlan["step"], Action>> = {
  skip: "skipped",
  keep: "unchanged",
  create: "created",
  configure: "configured",
  recreate: "created",
};

function changeOf({ plan, after }: CarriedOut): ObjectChange {
  const { uid, resourceVersion } = after?.metadata ?? {};
  return {
    ref: refOf(plan.object),
    entry: entryOf(plan.object),
    action: ACTIONS[plan.step],
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(after === undefined ? {} : { metadata: after.metadata }),
    ...(plan.foreign === undefined ? {} : { foreign: plan.foreign }),
    ...(plan.step === "recreate" ? { recreated: true } : {}),
  };
}

/** True when there is nothing to wait for: the object is ready as it is, or was none of our business. */
function isSettled({ plan, after }: CarriedOut): boolean {
  return plan.step === "skip" || after === undefined || computeStatus(after).status === "Current";
}
