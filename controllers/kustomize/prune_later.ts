/**
 * Deletes what was to outlive the health check (`sluice.dev/prune-order`, names made of a hash).
 *
 * @module
 */
import { carryOutPrune, planPrune } from "../../lib/kube/ssa/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { areHealthy } from "./health.ts";
import { type LaterPrune, memoryKey } from "./memory.ts";
import type { Attempt, KustomizationOutcome } from "./outcomes.ts";
import { awaitEnd, pruneFailed, pruneOptions, tellOthers, tellPruned } from "./prune.ts";

/** Without a health check nothing waits for the new objects: they are looked at this often, on the side. */
const HEALTH_POLL_MS = 10_000;

/** The end of a run; what is not deleted yet stays on record, so that any later run deletes it. */
export async function pruneLater(
  attempt: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const { later } = remembered;
  if (later === undefined || outcome.kind === "wait") return outcome;
  remembered.later = undefined;
  if (outcome.kind !== "ready") return outcome;
  const isJudged = outcome.conditions?.Healthy?.status === "True";
  if (!isJudged && !await areHealthy(attempt, later.objects, ctx)) {
    return isWorthAnotherLook(attempt, later, ctx)
      ? { ...outcome, afterMs: HEALTH_POLL_MS }
      : outcome;
  }
  remembered.deferred = undefined;
  const cluster = ctx.clusterFor(attempt.kustomization);
  const options = pruneOptions(attempt.kustomization, ctx);
  const plan = await planPrune(cluster, later.stale, options);
  await ctx.confirm();
  tellOthers(attempt, plan, ctx);
  const report = await carryOutPrune(cluster, plan, options);
  tellPruned(attempt, report, ctx);
  const leaving = later.kept.filter(({ id }) => remembered.leaving.has(id));
  awaitEnd(attempt, later.kept, [...leaving, ...report.survivors], ctx);
  const inventory = [...later.kept, ...report.survivors];
  return report.failure === undefined
    ? { ...outcome, status: { ...outcome.status, inventory: { entries: inventory } } }
    : pruneFailed(attempt, later.digest, { ...report, inventory }, ctx);
}

/** Within the timeout of a health check; what takes longer is seen at the interval. */
function isWorthAnotherLook(
  attempt: Attempt,
  { digest }: LaterPrune,
  ctx: KustomizeContext,
): boolean {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const nowMs = ctx.clock.monotonicMs();
  if (remembered.deferred?.digest !== digest) remembered.deferred = { digest, sinceMs: nowMs };
  return nowMs - remembered.deferred.sinceMs < attempt.timeoutMs;
}
