/**
 * Waits, by watch, until what was applied is healthy; a waiting run is parked (design D10).
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { formatDuration, ok } from "../../lib/base/mod.ts";
import { type CelLimits, COST_EXCEEDED } from "../../lib/cel/mod.ts";
import {
  displayName,
  gvkOf,
  isNewerVersion,
  type KubeObject,
  type ObjectRef,
} from "../../lib/kube/mod.ts";
import { healthOf, judgeHealth, type ObjectHealth } from "../../lib/kube/kstatus/mod.ts";
import { inventoryId } from "../../lib/kube/ssa/mod.ts";
import {
  type ConditionValue,
  type EventRecord,
  isConditionTrue,
  wait,
} from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey, type ParkedHealth } from "./memory.ts";
import {
  type Attempt,
  eventMetadata,
  failedAttempt,
  invalidExpression,
  type KustomizationOutcome,
  succeededAttempt,
} from "./outcomes.ts";
import type { Settled } from "./prune.ts";

/** Objects that carry no owner label are not in our watches: they are looked at this often. */
const FOREIGN_POLL_MS = 5_000;

/** Steps that all expressions of one look may take together, a second's work; but each at least so many. */
const MOST_STEPS = 4_000_000;
const LEAST_STEPS = 20_000;

/** The end of a run: ready at once, or parked until the objects are healthy. */
export async function checkHealth(
  attempt: Attempt,
  settled: Settled,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  const objects = objectsToCheck(attempt.kustomization, settled);
  const status = { inventory: { entries: [...settled.inventory] } };
  if (objects.length === 0) {
    const done = succeededAttempt(attempt, settled.digest, ctx, {
      conditions: { Healthy: null },
      events: [],
    });
    return { ...done, status: { ...done.status, ...status } };
  }
  const parked: ParkedHealth = {
    generation: attempt.kustomization.metadata.generation ?? 0,
    revision: attempt.revision,
    digest: settled.digest,
    objects,
    startedMs: ctx.clock.monotonicMs(),
    deadlineMs: ctx.clock.monotonicMs() + attempt.timeoutMs,
    hasChanges: settled.changes.some(({ action }) =>
      action === "created" || action === "configured"
    ),
  };
  const outcome = await judge(attempt, parked, ctx);
  return { ...outcome, status: { ...outcome.status, ...status } };
}

/** Goes on with a parked run when nothing but a watched object woke it. */
export async function resumeHealth(
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome | undefined> {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const { parked } = remembered;
  remembered.parked = undefined;
  const isSameTry = parked?.revision === attempt.revision &&
    parked.generation === attempt.kustomization.metadata.generation;
  if (!ctx.woken || parked === undefined || !isSameTry) return undefined;
  return await judge({ ...attempt, startedMs: parked.startedMs }, parked, ctx);
}

function objectsToCheck(kustomization: Kustomization, settled: Settled): ObjectRef[] {
  const { spec, metadata } = kustomization;
  const refs = spec.wait
    ? settled.changes.filter(({ action }) => action !== "skipped").map(({ ref }) => ref)
    : (spec.healthChecks ?? []).map(({ apiVersion, kind, name, namespace }) => ({
      apiVersion: apiVersion ?? "apps/v1",
      kind,
      name,
      ...(namespace && { namespace }),
    }));
  return refs.filter((ref) =>
    !(ref.kind === "Kustomization" && ref.name === metadata.name &&
      ref.namespace === metadata.namespace)
  );
}

/** Whether all of `refs` are healthy now. */
export async function areHealthy(
  attempt: Attempt,
  refs: readonly ObjectRef[],
  ctx: KustomizeContext,
): Promise<boolean> {
  const looks = await lookAt(refs, attempt, ctx);
  return judgeHealth(looks.map(({ health }) => health)).kind === "healthy";
}

async function lookAt(
  refs: readonly ObjectRef[],
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<Look[]> {
  const share = Math.floor(MOST_STEPS / Math.max(1, refs.length));
  const limits = {
    steps: Math.max(LEAST_STEPS, share),
    budget: ctx.budget(ctx.signal),
  };
  return await Promise.all(refs.map((ref) => readHealth(ref, attempt, { ...ctx, limits })));
}

async function judge(
  attempt: Attempt,
  parked: ParkedHealth,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  const looks = await lookAt(parked.objects, attempt, ctx);
  const costly = looks.find(({ health }) => health.failure?.code === COST_EXCEEDED);
  if (costly !== undefined) {
    const failure = { message: `${displayName(costly.ref)}: ${costly.health.message}` };
    return invalidExpression(attempt.kustomization, failure, eventMetadata(attempt));
  }
  const verdict = judgeHealth(looks.map(({ health }) => health));
  const elapsed = formatDuration(Math.round(ctx.clock.monotonicMs() - parked.startedMs));
  if (verdict.kind === "healthy") return passed(attempt, parked, elapsed, ctx);
  const isOver = verdict.kind === "failed" || ctx.clock.monotonicMs() >= parked.deadlineMs;
  if (isOver) return healthFailed(attempt, parked, { reason: verdict.message, elapsed }, ctx);
  ctx.memory.of(memoryKey(attempt.kustomization)).parked = parked;
  const pending = new Set(verdict.pending.map((ref) => inventoryId(ref)));
  return park(attempt, parked, looks.filter(({ ref }) => pending.has(inventoryId(ref))), ctx);
}

/** One look at an object. */
interface Look {
  readonly ref: ObjectRef;
  readonly health: ObjectHealth;
  /** The version that was judged: whatever comes after it ends the wait, even while others are read. */
  readonly seen: string | undefined;
}

/** From the watch where it has the object; others are asked for. */
async function readHealth(
  ref: ObjectRef,
  attempt: Attempt,
  ctx: KustomizeContext & { readonly limits: Partial<CelLimits> },
): Promise<Look> {
  const { applied } = ctx.memory.of(memoryKey(attempt.kustomization));
  const { desired, version } = applied.get(inventoryId(ref)) ?? {};
  const { expressions } = attempt;
  const watched = watchedObject(ref, attempt, ctx);
  // What we have just written may not have come round yet: the old state would be healthy too early.
  const isFresh = !isNewerVersion(version, watched?.metadata.resourceVersion);
  const read = watched !== undefined && isFresh
    ? ok(watched)
    : await ctx.clusterFor(attempt.kustomization).get(ref);
  const object = read.ok ? read.value : undefined;
  const { clock, limits, settings } = ctx;
  const knowsKinds = settings.isGuarded;
  const health = healthOf(ref, object, { desired, clock, expressions, limits, knowsKinds });
  return { ref, health, seen: object?.metadata.resourceVersion };
}

/**
 * Of Secrets only metadata is watched; they have no status to be healthy by, but an expression may ask for more.
 */
function watchedObject(
  ref: ObjectRef,
  { kustomization, expressions }: Attempt,
  ctx: KustomizeContext,
): KubeObject | undefined {
  // The watch has the controller's own rights: an account may look at what it has applied, and asks for others.
  const { applied } = ctx.memory.of(memoryKey(kustomization));
  if (ctx.actsForAccount(kustomization) && !applied.has(inventoryId(ref))) return undefined;
  const isSecret = ref.kind === "Secret" && ref.apiVersion === "v1";
  const isEnough = ctx.live.isFull(gvkOf(ref)) || (isSecret && expressions?.has(ref) !== true);
  return isEnough ? ctx.live.get(ref) : undefined;
}

function park(
  attempt: Attempt,
  parked: ParkedHealth,
  pending: readonly Look[],
  ctx: KustomizeContext,
): KustomizationOutcome {
  const message = `Running health checks for revision ${attempt.revision} with a timeout of ${
    formatDuration(attempt.timeoutMs)
  }`;
  const objects = pending.map(({ ref, seen }) => ({ ...ref, ...(seen !== undefined && { seen }) }));
  const isWatched = pending.every(({ ref }) => watchedObject(ref, attempt, ctx) !== undefined);
  const nextLookMs = ctx.clock.monotonicMs() + FOREIGN_POLL_MS;
  const deadlineMs = isWatched ? parked.deadlineMs : Math.min(parked.deadlineMs, nextLookMs);
  return wait("Progressing", message, { kind: "healthy", objects, deadlineMs }, {
    conditions: { Healthy: { status: "Unknown", reason: "Progressing", message } },
    status: { lastAttemptedRevision: attempt.revision },
  });
}

function passed(
  attempt: Attempt,
  parked: ParkedHealth,
  elapsed: string,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const message = `Health check passed in ${elapsed}`;
  const Healthy: ConditionValue = { status: "True", reason: "Succeeded", message };
  const { status } = attempt.kustomization;
  const isNews = !isConditionTrue(status?.conditions, "Healthy") ||
    (status?.lastAppliedRevision !== attempt.revision && parked.hasChanges);
  const events: EventRecord[] = isNews
    ? [{ type: "Normal", reason: "Progressing", message, metadata: eventMetadata(attempt) }]
    : [];
  return succeededAttempt(attempt, parked.digest, ctx, { conditions: { Healthy }, events });
}

function healthFailed(
  attempt: Attempt,
  parked: ParkedHealth,
  { reason, elapsed }: { reason: string; elapsed: string },
  ctx: KustomizeContext,
): KustomizationOutcome {
  const message = `health check failed after ${elapsed}: ${reason}`;
  return failedAttempt(attempt, "HealthCheckFailed", { message }, ctx, {
    digest: parked.digest,
    status: { lastAttemptedRevision: attempt.revision },
    conditions: { Healthy: { status: "False", reason: "HealthCheckFailed", message: reason } },
  });
}
