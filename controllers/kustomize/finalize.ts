/**
 * What happens to the applied objects when their Kustomization is deleted (contract/kustomize.md §9).
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { fail, type Failure, maskSecrets } from "../../lib/base/mod.ts";
import { displayName } from "../../lib/kube/mod.ts";
import {
  carryOutPrune,
  type InventoryEntry,
  planPrune,
  type PruneReport,
  refOfEntry,
} from "../../lib/kube/ssa/mod.ts";
import {
  type EventRecord,
  findCondition,
  ready,
  retry,
  wait,
  warning,
} from "../../lib/runtime/mod.ts";
import { type Handling, NO_HANDLING, readHandling } from "./annotations.ts";
import { knownInventory } from "./apply.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey } from "./memory.ts";
import {
  type Attempt,
  eventMetadata,
  finishedEvent,
  invalidAnnotation,
  isReadyNews,
  type KustomizationOutcome,
  retryDelayMs,
  startAttempt,
  timeoutMs,
} from "./outcomes.ts";
import { pruneLog, pruneOptions, tellOthers } from "./prune.ts";
import { findHold, type Hold } from "./prune_guard.ts";

const TERMINATION_POLL_MS = 1_000;

/** Deletes what the Kustomization applied, as `deletionPolicy` says; `ready` lets the object go. */
export async function finalizeKustomization(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  // What an old copy does not have on record would be left behind.
  await ctx.confirm();
  if (kustomization.spec.suspend) return released(kustomization, ctx, []);
  const handling = readHandling(kustomization);
  const attempt = startFinalAttempt(kustomization, handling.ok ? handling.value : NO_HANDLING, ctx);
  const entries = knownInventory(kustomization);
  if (!deletesObjects(kustomization) || entries.length === 0) {
    return released(kustomization, ctx, [finishedEvent(attempt, ctx)]);
  }
  if (ctx.targetFailure !== undefined) return unreachable(attempt, ctx.targetFailure);
  if (!await ctx.hasAccount(kustomization)) {
    return released(kustomization, ctx, [orphaned(attempt), finishedEvent(attempt, ctx)]);
  }
  // What nobody can read may have been meant to hold exactly this.
  if (!handling.ok) return invalidAnnotation(handling);
  const cluster = ctx.clusterFor(kustomization);
  const options = pruneOptions(kustomization, ctx);
  const plan = await planPrune(cluster, entries, options);
  const hold = findHold(plan, {
    kustomization,
    handling: handling.value,
    isGuarded: ctx.settings.isGuarded,
    recorded: entries.length,
  });
  tellOthers(attempt, plan, ctx);
  const report = await carryOutPrune(cluster, plan, options, hold?.ids);
  if (report.failure !== undefined) return pruneFailed(attempt, report);
  if (hold !== undefined) return held(attempt, report, hold);
  const remembered = ctx.memory.of(memoryKey(kustomization));
  const log = pruneLog(report, remembered.leaving);
  const events = log === "" ? [] : [finalEvent(attempt, "Normal", log)];
  if (isAwaited(kustomization, report, ctx)) {
    remembered.leaving = new Set(report.survivors.map(({ id }) => id));
    return terminating(report.survivors, events);
  }
  return released(kustomization, ctx, [...events, finishedEvent(attempt, ctx)]);
}

function deletesObjects({ spec }: Kustomization): boolean {
  switch (spec.deletionPolicy ?? "MirrorPrune") {
    case "Orphan":
      return false;
    case "Delete":
    case "WaitForTermination":
      return true;
    default:
      return spec.prune;
  }
}

/** Whether there is something to wait for; only `WaitForTermination` does, and not beyond the timeout. */
function isAwaited(
  kustomization: Kustomization,
  { survivors }: PruneReport,
  { clock }: KustomizeContext,
): boolean {
  if (kustomization.spec.deletionPolicy !== "WaitForTermination") return false;
  const since = Date.parse(kustomization.metadata.deletionTimestamp ?? "");
  return survivors.length > 0 && clock.now() <= since + timeoutMs(kustomization);
}

/** Only what is left stays on record: the rest is not asked for again. */
function terminating(
  left: readonly InventoryEntry[],
  events: readonly EventRecord[],
): KustomizationOutcome {
  const until = { kind: "time", delayMs: TERMINATION_POLL_MS } as const;
  const what = left.length === 1 ? "1 deleted object" : `${left.length} deleted objects`;
  return wait("Progressing", `Waiting for ${what} to be gone`, until, {
    status: { inventory: { entries: [...left] } },
    events,
  });
}

/** Deleting needs no source: the inventory alone says what is ours. */
function startFinalAttempt(
  kustomization: Kustomization,
  handling: Handling,
  ctx: KustomizeContext,
): Attempt {
  const { status } = kustomization;
  const revision = status?.lastAppliedRevision ?? status?.lastAttemptedRevision ?? "";
  const artifact = { digest: "", path: "", url: "", revision, lastUpdateTime: "" };
  return startAttempt(kustomization, { artifact, handling }, ctx);
}

/** Flux gives these events the last reason of `Ready`, whatever it was about (errata 10). */
function finalEvent(attempt: Attempt, type: "Normal" | "Warning", message: string): EventRecord {
  const last = findCondition(attempt.kustomization.status?.conditions, "Ready");
  const reason = last?.reason ?? "ReconciliationSucceeded";
  return { type, reason, message, metadata: eventMetadata(attempt) };
}

function orphaned(attempt: Attempt): EventRecord {
  const names = knownInventory(attempt.kustomization)
    .map((entry) => refOfEntry(entry))
    .flatMap((ref) => (ref.ok ? [displayName(ref.value)] : []));
  return finalEvent(attempt, "Warning", `unable to prune objects: \n${names.join("\n")}`);
}

function pruneFailed(
  attempt: Attempt,
  { failure, survivors }: Pick<PruneReport, "failure" | "survivors">,
): KustomizationOutcome {
  const reason = maskSecrets(failure?.message ?? "", attempt.secrets);
  const message = `pruning for deleted resource failed: ${reason}`;
  return retry("PruneFailed", { message }, {
    status: { inventory: { entries: [...survivors] } },
    events: [warning("PruneFailed", { message }, eventMetadata(attempt))],
    afterMs: retryDelayMs(attempt.kustomization),
  });
}

/** What was applied in another cluster is not forgotten: the Secret may come back, or somebody says `Orphan`. */
function unreachable(attempt: Attempt, { message }: Failure): KustomizationOutcome {
  const why = `${message}; restore what spec.kubeConfig names, ` +
    "or set spec.deletionPolicy to Orphan to leave the objects where they are";
  const survivors = knownInventory(attempt.kustomization);
  return pruneFailed(attempt, { failure: fail("Unreachable", why), survivors });
}

/** Holds the object, too, until a person has agreed to what its deletion takes along. */
function held(
  attempt: Attempt,
  report: PruneReport,
  { message: why }: Pick<Hold, "message">,
): KustomizationOutcome {
  const message = `${why} To keep them: set spec.deletionPolicy to Orphan`;
  const isNews = isReadyNews(attempt.kustomization, "PruneHeld", message);
  return retry("PruneHeld", { message }, {
    status: { inventory: { entries: [...report.survivors] } },
    events: isNews ? [warning("PruneHeld", { message }, eventMetadata(attempt))] : [],
    afterMs: retryDelayMs(attempt.kustomization),
  });
}

function released(
  kustomization: Kustomization,
  ctx: KustomizeContext,
  events: readonly EventRecord[],
): KustomizationOutcome {
  ctx.memory.forget(memoryKey(kustomization));
  return ready("ReconciliationSucceeded", "the object is released", { events });
}
