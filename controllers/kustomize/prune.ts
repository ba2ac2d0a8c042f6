/**
 * Deletes what an earlier revision applied and this one no longer has.
 *
 * @module
 */
import {
  differenceOf,
  formatChanges,
  type InventoryEntry,
  pruneObjects,
  type PruneReport,
  refOfEntry,
} from "../../lib/kube/ssa/mod.ts";
import type { Applied } from "./apply.ts";
import { ownerLabels, watchKinds } from "./apply.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey } from "./memory.ts";
import { type Attempt, eventMetadata, failedAttempt, type Step } from "./outcomes.ts";

/** What is left to do after pruning. */
export interface Settled extends Applied {
  /** What goes into `status.inventory`. */
  readonly inventory: readonly InventoryEntry[];
}

/** Only after a complete build and apply: a failed one never deletes (design D11). */
export async function pruneStale(
  attempt: Attempt,
  applied: Applied,
  ctx: KustomizeContext,
): Promise<Step<Settled>> {
  const stale = differenceOf(applied.before, applied.entries);
  const report = attempt.kustomization.spec.prune && stale.length > 0
    ? await prune(attempt, stale, ctx)
    : undefined;

  const survivors = report?.survivors ?? [];
  awaitEnd(attempt, applied, survivors, ctx);
  const inventory = [...applied.entries, ...survivors];
  if (report?.failure !== undefined) {
    const status = { inventory: { entries: inventory }, lastAttemptedRevision: attempt.revision };
    const parts = { digest: applied.digest, status };
    return {
      ok: false,
      outcome: failedAttempt(attempt, "PruneFailed", report.failure, ctx, parts),
    };
  }
  return { ok: true, value: { ...applied, inventory } };
}

/** What a finalizer holds stays on record; the watch tells when it is gone, and the next run says so. */
function awaitEnd(
  attempt: Attempt,
  applied: Applied,
  survivors: readonly InventoryEntry[],
  ctx: KustomizeContext,
): void {
  ctx.memory.of(memoryKey(attempt.kustomization)).leaving = new Set(survivors.map(({ id }) => id));
  if (survivors.length === 0) return;
  const refs = [...applied.entries, ...survivors].map((entry) => refOfEntry(entry));
  watchKinds(attempt, refs.flatMap((ref) => (ref.ok ? [ref.value] : [])), ctx);
}

async function prune(
  attempt: Attempt,
  stale: readonly InventoryEntry[],
  ctx: KustomizeContext,
): Promise<PruneReport> {
  const report = await pruneObjects(ctx.clusterFor(attempt.kustomization), stale, {
    ownerLabels: ownerLabels(attempt.kustomization),
    runtimeNamespace: ctx.settings.runtimeNamespace,
    signal: ctx.signal,
  });
  const log = pruneLog(report, ctx.memory.of(memoryKey(attempt.kustomization)).leaving);
  if (log !== "") {
    ctx.event({
      type: "Normal",
      reason: "Progressing",
      message: log,
      metadata: eventMetadata(attempt),
    });
  }
  return report;
}

/** One line for each object: deleted or skipped (errata 17); said once of those that take their time. */
export function pruneLog(report: PruneReport, leaving: ReadonlySet<string>): string {
  const news = report.changes.filter(({ entry }) => !leaving.has(entry.id));
  return formatChanges(news, ["deleted", "skipped"]);
}
