/**
 * Deletes what is no longer wanted: only what is ours, only the object that was looked at, as it was then.
 *
 * @module
 */
import { fail, type Failure } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { displayName } from "../object.ts";
import {
  judgeStale,
  type OwnerLabels,
  planPrune,
  type PrunePlan,
  type PruneStep,
} from "./prune_plan.ts";
import type { ObjectChange, PruneOptions, PruneReport } from "./types.ts";

/** A busy controller may write an object a few times a second, not more. */
const MOST_TRIES = 5;

/** What became of one entry; `pending` is asked to go but still there, held by a finalizer. */
type Fate =
  | { readonly kind: "deleted" | "skipped" }
  | { readonly kind: "pending"; readonly news: boolean }
  | { readonly kind: "held" }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Deletes the objects of `entries` in reverse apply order. An entry survives until its object is known to
 * be gone; one whose object carries the labels of another owner, or asks not to be deleted, is let go.
 */
export async function pruneObjects(
  cluster: Cluster,
  entries: PrunePlan["entries"],
  options: PruneOptions,
): Promise<PruneReport> {
  return await carryOutPrune(cluster, await planPrune(cluster, entries, options), options);
}

/** Does what `plan` says, but for the entries in `held`. */
export async function carryOutPrune(
  cluster: Cluster,
  plan: PrunePlan,
  options: PruneOptions,
  held: ReadonlySet<string> = new Set(),
): Promise<PruneReport> {
  const changes: ObjectChange[] = [];
  const errors = plan.unreadable.map(({ id }) => `unable to parse stored object metadata: ${id};`);
  const settled = new Set<string>();
  // Rights that shrink in the middle of a run leave no half of a prune behind.
  const isRefused = plan.steps.some(({ verdict }) =>
    verdict.kind === "failed" && verdict.failure.code === "Forbidden"
  );
  for (const planned of plan.steps) {
    const { step, fate } = options.signal.aborted
      ? { step: planned, fate: calledOff() }
      : await carryOutFresh(cluster, planned, options, held.has(planned.entry.id) || isRefused);
    const { ref, entry, live } = step;
    if (fate.kind === "failed") errors.push(`${displayName(ref)} ${fate.failure.message};`);
    const isOver = fate.kind === "deleted" || fate.kind === "skipped";
    if (isOver) settled.add(entry.id);
    if (!isOver && !(fate.kind === "pending" && fate.news)) continue;
    const uid = live?.metadata.uid;
    const action = fate.kind === "skipped" ? "skipped" : "deleted";
    changes.push({ ref, entry, action, ...(uid === undefined ? {} : { uid }) });
  }

  // As they were on record, not as they were deleted: the next run turns the order round again.
  const survivors = plan.entries.filter(({ id }) => !settled.has(id));
  if (errors.length === 0) return { changes, survivors };
  const message = `delete failed, errors: ${errors.join(" ")}`;
  return { changes, survivors, failure: fail("PruneFailed", message) };
}

/** What was changed or claimed since it was looked at is looked at again: it may be somebody else's by now. */
async function carryOutFresh(
  cluster: Cluster,
  planned: PruneStep,
  options: PruneOptions,
  isHeld: boolean,
): Promise<{ step: PruneStep; fate: Fate }> {
  let step = planned;
  for (let attempt = 1;; attempt++) {
    const fate = await carryOut(cluster, step, options, isHeld);
    const isStale = fate.kind === "failed" && fate.failure.code === "Conflict";
    if (!isStale || attempt === MOST_TRIES) return { step, fate };
    const { ref, entry } = step;
    step = { ref, entry, ...await judgeStale(cluster, ref, entry, options) };
  }
}

async function carryOut(
  cluster: Cluster,
  step: PruneStep,
  { fieldManager, claimantOf }: PruneOptions,
  isHeld: boolean,
): Promise<Fate> {
  const { verdict } = step;
  switch (verdict.kind) {
    case "gone":
      return { kind: "deleted" };
    case "kept":
      return { kind: "skipped" };
    case "leaving":
      return { kind: "pending", news: false };
    case "occupied":
      return { kind: "held" };
    case "failed":
      return failed("query failed", verdict.failure);
    case "handOver":
      return isHeld
        ? { kind: "held" }
        : await handOver(cluster, step, { labels: verdict.to, fieldManager });
    case "delete":
      if (isHeld) return { kind: "held" };
      // Who wants an object as it finds it writes nothing: its version does not tell.
      return claimantOf?.(step.entry.id) === undefined ? await remove(cluster, step) : claimed();
  }
}

function claimed(): Fate {
  return {
    kind: "failed",
    failure: fail("Conflict", "delete failed: another one wants it by now"),
  };
}

/** Deletes the object in exactly the version that was judged. */
async function remove(cluster: Cluster, { ref, live }: PruneStep): Promise<Fate> {
  const { uid, resourceVersion } = live?.metadata ?? {};
  const removed = await cluster.remove(ref, {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    propagation: "Background",
  });
  if (!removed.ok && removed.code !== "NotFound") return failed("delete failed", removed);
  const after = await cluster.get(ref, { metadataOnly: true });
  const isGone = after.ok
    ? after.value.metadata.uid !== uid
    : after.code === "NotFound" || after.code === "NoMatch";
  return isGone ? { kind: "deleted" } : { kind: "pending", news: true };
}

async function handOver(
  cluster: Cluster,
  { ref, live }: PruneStep,
  { labels, fieldManager }: { labels: OwnerLabels; fieldManager: string },
): Promise<Fate> {
  const { resourceVersion } = live?.metadata ?? {};
  const patch = {
    metadata: { labels, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
  const handed = await cluster.patch(ref, patch, { fieldManager, type: "merge" });
  const isDone = handed.ok || handed.code === "NotFound";
  return isDone ? { kind: "skipped" } : failed("hand-over failed", handed);
}

function failed(step: string, failure: Failure): Fate {
  return { kind: "failed", failure: fail(failure.code, `${step}: ${failure.message}`, failure) };
}

function calledOff(): Fate {
  return { kind: "failed", failure: fail("Canceled", "delete was called off") };
}
