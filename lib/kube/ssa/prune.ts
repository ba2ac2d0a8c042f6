/**
 * Deletes what is no longer wanted: only what is ours, only the object that was looked at.
 *
 * @module
 */
import { fail, type Failure } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { displayName, gvkOf, type KubeObject, type ObjectRef } from "../object.ts";
import { refOfEntry } from "./inventory.ts";
import { compareRefs } from "./order.ts";
import { isExcludedFromPrune } from "./selectors.ts";
import type { InventoryEntry, ObjectChange, PruneOptions, PruneReport } from "./types.ts";

/** Definitions of our own kinds: deleting one would delete every object of the kind with it. */
const OWN_DEFINITIONS = ".toolkit.fluxcd.io";

interface Stale {
  readonly entry: InventoryEntry;
  readonly ref: ObjectRef;
}

/** What became of one entry; `pending` is asked to go but still there, held by a finalizer. */
type Fate =
  | { readonly kind: "deleted" | "skipped"; readonly uid?: string }
  | { readonly kind: "pending"; readonly news: boolean; readonly uid?: string }
  | { readonly kind: "failed"; readonly failure: Failure };

/**
 * Deletes the objects of `entries` in reverse apply order. An entry survives until its object is known to
 * be gone; one whose object carries the labels of another owner, or asks not to be deleted, is let go.
 */
export async function pruneObjects(
  cluster: Cluster,
  entries: readonly InventoryEntry[],
  options: PruneOptions,
): Promise<PruneReport> {
  const changes: ObjectChange[] = [];
  const survivors: InventoryEntry[] = [];
  const errors: string[] = [];
  const { stale, unreadable } = readEntries(entries);
  survivors.push(...unreadable);
  errors.push(...unreadable.map(({ id }) => `unable to parse stored object metadata: ${id}`));

  for (const { entry, ref } of stale) {
    const fate = options.signal.aborted ? calledOff() : await prune(cluster, ref, options);
    if (fate.kind === "failed") errors.push(`${displayName(ref)} ${fate.failure.message}`);
    if (fate.kind === "failed" || fate.kind === "pending") survivors.push(entry);
    if (fate.kind === "failed" || (fate.kind === "pending" && !fate.news)) continue;
    const action = fate.kind === "skipped" ? "skipped" : "deleted";
    changes.push({ ref, entry, action, ...(fate.uid === undefined ? {} : { uid: fate.uid }) });
  }

  // As they were on record, not as they were deleted: the next run turns the order round again.
  const kept = entries.filter((entry) => survivors.includes(entry));
  if (errors.length === 0) return { changes, survivors: kept };
  const message = `delete failed, errors: ${errors.map((error) => `${error};`).join(" ")}`;
  return { changes, survivors: kept, failure: fail("PruneFailed", message) };
}

/** The entries in reverse apply order; those whose id cannot be read stay on record. */
function readEntries(entries: readonly InventoryEntry[]) {
  const stale: Stale[] = [];
  const unreadable: InventoryEntry[] = [];
  for (const entry of entries) {
    const ref = refOfEntry(entry);
    if (ref.ok) stale.push({ entry, ref: ref.value });
    else unreadable.push(entry);
  }
  stale.sort((a, b) => compareRefs(b.ref, a.ref));
  return { stale, unreadable };
}

async function prune(cluster: Cluster, ref: ObjectRef, options: PruneOptions): Promise<Fate> {
  if (isOwnGround(ref, options)) return { kind: "skipped" };
  const live = await cluster.get(ref, { metadataOnly: true });
  // A kind that is no longer served, asked for afresh, has no objects.
  if (!live.ok) {
    return live.code === "NotFound" || live.code === "NoMatch"
      ? { kind: "deleted" }
      : failed("query failed", live);
  }
  const uid = live.value.metadata.uid;
  const known = uid === undefined ? {} : { uid };
  if (!isOwned(live.value, options) || isExcludedFromPrune(live.value)) {
    return { kind: "skipped", ...known };
  }
  if (live.value.metadata.deletionTimestamp) return { kind: "pending", news: false, ...known };

  const removed = await cluster.remove(ref, { ...known, propagation: "Background" });
  if (!removed.ok && removed.code !== "NotFound") return failed("delete failed", removed);
  const after = await cluster.get(ref, { metadataOnly: true });
  const gone = after.ok
    ? after.value.metadata.uid !== uid
    : after.code === "NotFound" || after.code === "NoMatch";
  return gone ? { kind: "deleted", ...known } : { kind: "pending", news: true, ...known };
}

/** What Sluice stands on itself. */
function isOwnGround(ref: ObjectRef, options: PruneOptions): boolean {
  const { group, kind } = gvkOf(ref);
  if (group === "" && kind === "Namespace") return ref.name === options.runtimeNamespace;
  return kind === "CustomResourceDefinition" && ref.name.endsWith(OWN_DEFINITIONS);
}

function isOwned(live: KubeObject, { ownerLabels }: PruneOptions): boolean {
  return Object.entries(ownerLabels).every(([key, value]) => live.metadata.labels?.[key] === value);
}

function failed(step: string, failure: Failure): Fate {
  return { kind: "failed", failure: fail(failure.code, `${step}: ${failure.message}`, failure) };
}

function calledOff(): Fate {
  return { kind: "failed", failure: fail("Canceled", "delete was called off") };
}
