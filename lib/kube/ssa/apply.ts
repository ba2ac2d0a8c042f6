/**
 * Applies a set of objects in stages: of each stage all objects are tried before the first is written.
 *
 * @module
 */
import { fail, type Failure, mapParallel, ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { computeStatus } from "../kstatus/mod.ts";
import { type GroupVersionKind, gvkOf, type KubeObject, type ObjectRef, refOf } from "../object.ts";
import { joinFailures, writeFailure } from "./errors.ts";
import { entryOf } from "./inventory.ts";
import { type Stage, stagesOf } from "./order.ts";
import { type ObjectPlan, planObject } from "./plan.ts";
import type { Action, ApplyReport, ObjectChange, StagedApplyOptions } from "./types.ts";
import { waitUntilGone, waitUntilReady } from "./wait.ts";

const CONCURRENCY = 4;
/** A busy controller may write an object a few times a second, not more. */
const MOST_TRIES = 5;
/** Answers after which asking for the other objects of a stage is no use. */
const HOPELESS = new Set(["Unreachable", "Unauthorized", "Canceled"]);

/**
 * Brings the cluster to `objects`. Nothing of a stage is written unless all of its objects passed their
 * dry-run; the failure then names every one that did not. Unlike Flux, which names the first.
 */
export async function applyStaged(
  cluster: Cluster,
  objects: readonly KubeObject[],
  options: StagedApplyOptions,
): Promise<ApplyReport> {
  const changes: ObjectChange[] = [];
  let announced = false;
  for (const stage of stagesOf(objects, options.customStageKinds)) {
    const plans = await planStage(cluster, stage, options);
    if (!plans.ok) return { changes, failure: plans, missing: plans.missing };

    if (!announced && plans.value.some(writes)) {
      await options.beforeFirstWrite?.();
      announced = true;
    }
    const awaited: ObjectRef[] = [];
    for (const plan of plans.value) {
      const done = await carryOutFresh(cluster, plan, options);
      if (!done.ok) return { changes, failure: done };
      changes.push(changeOf(done.value.plan, done.value.after));
      if (!isSettled(done.value.plan, done.value.after)) awaited.push(refOf(plan.object));
    }

    if (!stage.waitReady || awaited.length === 0) continue;
    const ready = await (options.waitReady?.(awaited) ?? waitUntilReady(cluster, awaited, options));
    if (!ready.ok) return { changes, failure: ready };
  }
  return { changes };
}

function writes({ step }: ObjectPlan): boolean {
  return step !== "keep" && step !== "skip";
}

/** What is wrong with a stage, and which of its kinds are not served. */
interface StageFailure extends Failure {
  readonly missing: readonly GroupVersionKind[];
}

/** Plans all objects of a stage, or says what is wrong with each that fails. */
async function planStage(
  cluster: Cluster,
  stage: Stage,
  options: StagedApplyOptions,
): Promise<{ readonly ok: true; readonly value: ObjectPlan[] } | StageFailure> {
  let hopeless: Failure | undefined;
  const plans = await mapParallel(
    stage.objects,
    options.concurrency ?? CONCURRENCY,
    async (object) => {
      if (hopeless) return hopeless;
      const plan = options.signal.aborted
        ? calledOff()
        : await planObject(cluster, object, options);
      if (!plan.ok && HOPELESS.has(plan.code)) hopeless = plan;
      return plan;
    },
  );
  if (hopeless) return { ...hopeless, missing: [] };
  const failure = joinFailures(plans.filter((plan) => !plan.ok));
  if (failure === undefined) return ok(plans.flatMap((plan) => plan.ok ? [plan.value] : []));
  const missing = stage.objects.filter((_, index) => {
    const plan = plans[index];
    return plan?.ok === false && plan.code === "NoMatch";
  });
  return { ...failure, missing: missing.map((object) => gvkOf(object)) };
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
  if (step === "recreate") {
    const gone = await removeFirst(cluster, plan, options);
    if (!gone.ok) return gone;
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

async function removeFirst(
  cluster: Cluster,
  { object, live }: ObjectPlan,
  options: StagedApplyOptions,
): Promise<Result<void>> {
  const step = "immutable field detected, failed to delete object, error";
  const uid = live?.metadata.uid;
  const removed = await cluster.remove(refOf(object), {
    propagation: "Background",
    ...(uid === undefined ? {} : { uid }),
  });
  if (!removed.ok && removed.code !== "NotFound") return writeFailure(object, step, removed);
  const gone = await waitUntilGone(cluster, refOf(object), uid, options);
  return gone.ok ? gone : writeFailure(object, step, gone);
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
