/**
 * Deletes what an earlier revision applied and this one no longer has.
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import { KUSTOMIZE_MANAGER } from "../../lib/delivery/mod.ts";
import { displayName } from "../../lib/kube/mod.ts";
import {
  carryOutPrune,
  differenceOf,
  formatChanges,
  type InventoryEntry,
  planPrune,
  type PruneOptions,
  type PrunePlan,
  type PruneReport,
  refOfEntry,
} from "../../lib/kube/ssa/mod.ts";
import { type Applied, labelsOf, ownerLabels, ownerOf, watchKinds } from "./apply.ts";
import { OWNERSHIP_CONFLICT } from "./conflicts.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey } from "./memory.ts";
import {
  type Attempt,
  eventMetadata,
  failedAttempt,
  isReadyNews,
  type KustomizationOutcome,
  type Step,
} from "./outcomes.ts";
import { findMoving } from "./moves.ts";
import { findHold } from "./prune_guard.ts";
import { awaitSiblings } from "./siblings.ts";

/** What is left to do after pruning. */
export interface Settled extends Applied {
  /** What goes into `status.inventory`. */
  readonly inventory: readonly InventoryEntry[];
}

const KUSTOMIZATION = { apiVersion: Kustomization.apiVersion, kind: "Kustomization" };
/** Kinds that kustomize names by the hash of their content, and how such names end. */
const HASHED = /_[^_]*-[bcdfghkmt2456789]{10}__(ConfigMap|Secret)$/;

/** Only after a complete build and apply: a failed one never deletes (design D11). */
export async function pruneStale(
  attempt: Attempt,
  applied: Applied,
  ctx: KustomizeContext,
): Promise<Step<Settled>> {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  remembered.later = undefined;
  const stale = differenceOf(applied.before, applied.entries);
  if (!attempt.kustomization.spec.prune || stale.length === 0) {
    remembered.moving = undefined;
    awaitEnd(attempt, applied.entries, [], ctx);
    return { ok: true, value: { ...applied, inventory: applied.entries } };
  }
  const waiting = awaitSiblings(attempt, applied, ctx);
  if (waiting !== undefined) return { ok: false, outcome: waiting };
  const cluster = ctx.clusterFor(attempt.kustomization);
  const options = pruneOptions(attempt.kustomization, ctx);
  const all = await planPrune(cluster, stale, options);
  const moving = await findMoving(attempt, all, ctx);
  const plan = withoutEntries(all, moving);
  const hold = findHold(plan, {
    kustomization: attempt.kustomization,
    handling: attempt.handling,
    isGuarded: ctx.settings.isGuarded,
    recorded: applied.before.length,
    isEmptied: applied.entries.length === 0,
  });
  const later = plan.entries.filter((entry) =>
    goesLater(entry, attempt) && hold?.ids.has(entry.id) !== true
  );
  tellOthers(attempt, plan, ctx);
  const notNow = new Set([...hold?.ids ?? [], ...later.map(({ id }) => id)]);

  await ctx.confirm();
  const report = await carryOutPrune(cluster, plan, options, notNow);
  tellPruned(attempt, report, ctx);
  const stays = stale.filter(({ id }) => moving.has(id));
  const inventory = [...applied.entries, ...stays, ...report.survivors];
  const leaving = report.survivors.filter(({ id }) => !notNow.has(id));
  awaitEnd(attempt, applied.entries, leaving, ctx);
  if (report.failure !== undefined) {
    return {
      ok: false,
      outcome: pruneFailed(attempt, applied.digest, { ...report, inventory }, ctx),
    };
  }
  if (hold !== undefined) {
    return { ok: false, outcome: held(attempt, applied, { ...hold, inventory }, ctx) };
  }
  if (later.length > 0) {
    const objects = applied.changes.filter(({ action }) => action !== "skipped");
    const isLater = new Set(later.map(({ id }) => id));
    remembered.later = {
      stale: later,
      kept: inventory.filter(({ id }) => !isLater.has(id)),
      digest: applied.digest,
      objects: objects.map(({ ref }) => ref),
    };
  }
  return { ok: true, value: { ...applied, inventory } };
}

function withoutEntries(
  { entries, steps, ...rest }: PrunePlan,
  ids: ReadonlySet<string>,
): PrunePlan {
  return {
    ...rest,
    entries: entries.filter(({ id }) => !ids.has(id)),
    steps: steps.filter(({ entry }) => !ids.has(entry.id)),
  };
}

/**
 * Whoever gets an object writes its own version; whoever had it besides us has it alone now. A namespace that stays for
 * what is in it is named.
 */
export function tellOthers(attempt: Attempt, { steps }: PrunePlan, ctx: KustomizeContext): void {
  const { leaving } = ctx.memory.of(memoryKey(attempt.kustomization));
  const metadata = eventMetadata(attempt);
  for (const { entry, ref, verdict, live } of steps) {
    if (verdict.kind === "handOver") {
      const claimant = ctx.claims.claimantOf(attempt.kustomization, entry.id);
      if (claimant !== undefined) ctx.wake(claimant, `${displayName(ref)} is handed over`);
    }
    if (verdict.kind === "kept" && verdict.why === "foreign") {
      const owner = live && ownerOf(live);
      const known = owner && ctx.knownKustomization({ ...KUSTOMIZATION, ...owner });
      const isTold = known?.status?.conditions?.some(({ type }) => type === OWNERSHIP_CONFLICT);
      if (owner !== undefined && isTold) ctx.wake(owner, `${displayName(ref)} is let go of`);
    }
    if (verdict.kind === "occupied" && !leaving.has(entry.id)) {
      const message = `${
        displayName(ref)
      } is not deleted before what is in it has gone: ${verdict.by}`;
      ctx.event({ type: "Warning", reason: "PruneHeld", message, metadata });
    }
  }
}

/** Whether an object outlives the health check: pods of an old rollout still read its old ConfigMap. */
function goesLater({ id }: InventoryEntry, { handling }: Attempt): boolean {
  return handling.prunesAfterHealth || HASHED.test(id);
}

/** Whose objects may be deleted, and which of them not. */
export function pruneOptions(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): PruneOptions {
  const { settings, signal, claims } = ctx;
  return {
    claimantOf(id) {
      const claimant = claims.claimantOf(kustomization, id);
      return claimant && labelsOf(claimant);
    },
    occupantOf: (namespace) => claims.occupantOf(kustomization, namespace),
    ownerLabels: ownerLabels(kustomization),
    runtimeNamespace: settings.runtimeNamespace,
    fieldManager: KUSTOMIZE_MANAGER,
    signal,
  };
}

/** What a finalizer holds stays on record; the watch tells when it is gone, and the next run says so. */
export function awaitEnd(
  attempt: Attempt,
  entries: readonly InventoryEntry[],
  survivors: readonly InventoryEntry[],
  ctx: KustomizeContext,
): void {
  ctx.memory.of(memoryKey(attempt.kustomization)).leaving = new Set(survivors.map(({ id }) => id));
  if (survivors.length === 0) return;
  const refs = [...entries, ...survivors].map((entry) => refOfEntry(entry));
  watchKinds(attempt, refs.flatMap((ref) => (ref.ok ? [ref.value] : [])), ctx);
}

/** Says what was deleted or let go of. */
export function tellPruned(attempt: Attempt, report: PruneReport, ctx: KustomizeContext): void {
  const message = pruneLog(report, ctx.memory.of(memoryKey(attempt.kustomization)).leaving);
  if (message === "") return;
  const metadata = eventMetadata(attempt);
  ctx.event({ type: "Normal", reason: "Progressing", message, metadata });
}

/** A prune that did not come to its end: what may still be there stays on record. */
export function pruneFailed(
  attempt: Attempt,
  digest: string,
  { failure, inventory }: PruneReport & { readonly inventory: readonly InventoryEntry[] },
  ctx: KustomizeContext,
): KustomizationOutcome {
  const status = {
    inventory: { entries: [...inventory] },
    lastAttemptedRevision: attempt.revision,
  };
  return failedAttempt(attempt, "PruneFailed", failure ?? { message: "" }, ctx, { digest, status });
}

/** A prune that waits for a person; they are told once. */
function held(
  attempt: Attempt,
  { digest }: Applied,
  { message, inventory }: { message: string; inventory: readonly InventoryEntry[] },
  ctx: KustomizeContext,
): KustomizationOutcome {
  const status = {
    inventory: { entries: [...inventory] },
    lastAttemptedRevision: attempt.revision,
  };
  const failed = failedAttempt(attempt, "PruneHeld", { message }, ctx, { digest, status });
  const isNews = isReadyNews(attempt.kustomization, "PruneHeld", message);
  return isNews ? failed : { ...failed, events: [] };
}

/** One line for each object: deleted or skipped (errata 17); said once of those that take their time. */
export function pruneLog(report: PruneReport, leaving: ReadonlySet<string>): string {
  const news = report.changes.filter(({ entry }) => !leaving.has(entry.id));
  return formatChanges(news, ["deleted", "skipped"]);
}
