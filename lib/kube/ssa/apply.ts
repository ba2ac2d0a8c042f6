/**
 * Applies a set of objects in stages: of each stage all objects are tried before the first is written.
 *
 * @module
 */
import { fail, type Failure, isRecord, mapParallel, ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { computeStatus } from "../kstatus/mod.ts";
import { type GroupVersionKind, gvkOf, type KubeObject, type ObjectRef, refOf } from "../object.ts";
import { joinFailures, writeFailure } from "./errors.ts";
import { entryOf } from "./inventory.ts";
import { type Stage, stagesOf } from "./order.ts";
import { type ObjectPlan, planObject } from "./plan.ts";
import { recreate } from "./recreate.ts";
import { findFurtherRefused, joinRefused, type Refused } from "./refused.ts";
import type { Action, ApplyReport, ObjectChange, StagedApplyOptions } from "./types.ts";
import { waitUntilReady } from "./wait.ts";

const CONCURRENCY = 4;
/** A busy controller may write an object a few times a second, not more. */
const MOST_TRIES = 5;
/** Answers after which asking for the other objects of a stage is no use. */
const HOPELESS = new Set(["Unreachable", "Unauthorized", "Canceled"]);

/**
 * Brings the cluster to `objects`. Nothing of a stage is written unless all of its objects passed their
 * dry-run; the failure then names every one that did not, of later stages too. Unlike Flux, which names the
 * first.
 */
export async function applyStaged(
  cluster: Cluster,
  objects: readonly KubeObject[],
  options: StagedApplyOptions,
): Promise<ApplyReport> {
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
      const concurrency = options.concurrency ?? CONCURRENCY;
      const how = { ...options, concurrency, all: objects };
      const further = await findFurtherRefused(cluster, rest, how);
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

/** Writes what was planned; a failure ends the apply, unless it is partial and the next object may do better. */
async function carryOutStage(
  cluster: Cluster,
  stage: Stage,
  plans: readonly ObjectPlan[],
  options: StagedApplyOptions & { readonly run: ApplyRun },
): Promise<Failure | undefined> {
  const { run } = options;
  if (!run.isAnnounced && plans.some(writes)) {
    await options.beforeFirstWrite?.();
    run.isAnnounced = true;
  }
  const awaited: ObjectRef[] = [];
  for (const plan of plans) {
    const done = await carryOutFresh(cluster, plan, options);
    if (!done.ok) {
      const refused = { object: plan.object, failure: done };
      if (options.isPartial !== true || isHopeless(done)) {
        return await joinRefused(cluster, [...run.refused, refused], options);
      }
      run.refused.push(refused);
      continue;
    }
    run.changes.push(changeOf(done.value.plan, done.value.after));
    if (!isSettled(done.value.plan, done.value.after)) awaited.push(refOf(plan.object));
  }
  if (!stage.waitReady || awaited.length === 0) return undefined;
  const ready = await (options.waitReady?.(awaited) ?? waitUntilReady(cluster, awaited, options));
  if (ready.ok) return undefined;
  const others = await joinRefused(cluster, run.refused, options);
  return joinFailures(others === undefined ? [ready] : [ready, others]);
}

/** A server that gives no answer in time says nothing about the object; one that says so itself does. */
function isHopeless(failure: Failure): boolean {
  const isSilent = failure.code === "Timeout" && !wasAnswered(failure.cause);
  return isSilent || HOPELESS.has(failure.code);
}

function wasAnswered(cause: unknown): boolean {
  return isRecord(cause) && (typeof cause.httpStatus === "number" || wasAnswered(cause.cause));
}

function writes({ step }: ObjectPlan): boolean {
  return step !== "keep" && step !== "skip";
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
  options: StagedApplyOptions,
): Promise<PlannedStage> {
  let hopeless: Refused | undefined;
  const planned = await mapParallel(
    stage.objects,
    options.concurrency ?? CONCURRENCY,
    async (object) => {
      if (hopeless) return hopeless.failure;
      const plan = options.signal.aborted
        ? calledOff()
        : await planObject(cluster, object, options);
      if (!plan.ok && isHopeless(plan)) hopeless = { object, failure: plan };
      return plan;
    },
  );
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

/**
 * Does what the plan says; when somebody else wrote the object in between, plans it anew on what they made
 * of it. The failure of the last try is the answer when they never stop.
 */
async function carryOutFresh(
  cluster: Cluster,
  first: ObjectPlan,
  options: StagedApplyOptions,
): Promise<Result<{ plan: ObjectPlan; after: KubeObject | undefined }>> {
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
  if (!writes(plan)) return ok(live);
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

/** What a step is called; an object that was made anew counts as created. */
const ACTIONS: Readonly<Record<ObjectPlan["step"], Action>> = {
  skip: "skipped",
  keep: "unchanged",
  create: "created",
  configure: "configured",
  recreate: "created",
};

function changeOf(plan: ObjectPlan, after: KubeObject | undefined): ObjectChange {
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
function isSettled(plan: ObjectPlan, after: KubeObject | undefined): boolean {
  return plan.step === "skip" || after === undefined || computeStatus(after).status === "Current";
}

function calledOff(): Failure {
  return fail("Canceled", "Apply was called off");
}
