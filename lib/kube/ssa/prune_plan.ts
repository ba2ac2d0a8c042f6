/**
 * What pruning would do, before anything is deleted: each entry is looked at once, and judged by what it is now.
 *
 * @module
 */
import { fail, type Failure, isRecord, mapParallel } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { gvkOf, type KubeObject, type ObjectRef } from "../object.ts";
import { refOfEntry } from "./inventory.ts";
import { compareRefs } from "./order.ts";
import { isExcludedFromPrune } from "./selectors.ts";
import type { InventoryEntry, PruneOptions } from "./types.ts";

/** Definitions of our own kinds: deleting one would delete every object of the kind with it. */
const OWN_DEFINITIONS = ".toolkit.fluxcd.io";
const CONCURRENCY = 4;

/** Labels by which an object says whose it is. */
export type OwnerLabels = Readonly<Record<string, string>>;

/** What is to become of an entry of the inventory. */
export type PruneVerdict =
  /** It is ours and there. */
  | { readonly kind: "delete" }
  /** There is no such object. */
  | { readonly kind: "gone" }
  /** It was asked to go before, and a finalizer holds it. */
  | { readonly kind: "leaving" }
  /** It is let go of: what Sluice or the cluster stands on, another's, or one that asks to stay. */
  | { readonly kind: "kept"; readonly why: "ground" | "foreign" | "child" | "switch" }
  /** Others want it too: it gets their labels instead of being deleted. */
  | { readonly kind: "handOver"; readonly to: OwnerLabels }
  /** A namespace with something of others in it: it stays on record until that is gone. */
  | { readonly kind: "occupied"; readonly by: string }
  /** It cannot be judged. */
  | { readonly kind: "failed"; readonly failure: Failure };

/** One entry, and what is to become of it. */
export interface PruneStep {
  readonly entry: InventoryEntry;
  readonly ref: ObjectRef;
  readonly verdict: PruneVerdict;
  /** Metadata of the object, where there is one. */
  readonly live?: KubeObject;
}

/** See the module's description. */
export interface PrunePlan {
  /** The entries as they were on record. */
  readonly entries: readonly InventoryEntry[];
  /** In reverse apply order. */
  readonly steps: readonly PruneStep[];
  /** Entries whose id cannot be read. */
  readonly unreadable: readonly InventoryEntry[];
}

/** Looks at all of `entries`; nothing is written. */
export async function planPrune(
  cluster: Cluster,
  entries: readonly InventoryEntry[],
  options: PruneOptions,
): Promise<PrunePlan> {
  const stale: { readonly entry: InventoryEntry; readonly ref: ObjectRef }[] = [];
  const unreadable: InventoryEntry[] = [];
  for (const entry of entries) {
    const ref = refOfEntry(entry);
    if (ref.ok) stale.push({ entry, ref: ref.value });
    else unreadable.push(entry);
  }
  stale.sort((a, b) => compareRefs(b.ref, a.ref));
  const steps = await mapParallel(stale, CONCURRENCY, async ({ entry, ref }) => ({
    entry,
    ref,
    ...await judgeStale(cluster, ref, entry, options),
  }));
  return { entries, steps, unreadable };
}

/** Reads the object and judges it. */
export async function judgeStale(
  cluster: Cluster,
  ref: ObjectRef,
  entry: InventoryEntry,
  options: PruneOptions,
): Promise<Pick<PruneStep, "verdict" | "live">> {
  if (options.signal.aborted) {
    return { verdict: { kind: "failed", failure: fail("Canceled", "prune was called off") } };
  }
  if (isGround(ref, options)) return { verdict: { kind: "kept", why: "ground" } };
  const read = await cluster.get(ref, { metadataOnly: true });
  if (!read.ok) {
    // A kind that is no longer served, asked for afresh, has no objects.
    const isGone = read.code === "NotFound" || read.code === "NoMatch";
    return { verdict: isGone ? { kind: "gone" } : { kind: "failed", failure: read } };
  }
  const live = read.value;
  return { live, verdict: await judgeLive(live, ref, entry, options) };
}

async function judgeLive(
  live: KubeObject,
  ref: ObjectRef,
  entry: InventoryEntry,
  options: PruneOptions,
): Promise<PruneVerdict> {
  if (!isOwned(live, options)) return { kind: "kept", why: "foreign" };
  if (isExcludedFromPrune(live)) return { kind: "kept", why: "switch" };
  if (live.metadata.deletionTimestamp !== undefined) return { kind: "leaving" };
  if (isChild(live, options)) return { kind: "kept", why: "child" };
  const to = options.claimantOf?.(entry.id);
  if (to !== undefined) return { kind: "handOver", to };
  const by = isNamespace(ref) ? await options.occupantOf?.(ref.name) : undefined;
  return by === undefined ? { kind: "delete" } : { kind: "occupied", by };
}

function isNamespace(ref: ObjectRef): boolean {
  return ref.apiVersion === "v1" && ref.kind === "Namespace";
}

/** What Sluice, or the cluster itself, stands on. */
function isGround(ref: ObjectRef, { runtimeNamespace }: PruneOptions): boolean {
  if (isNamespace(ref)) {
    return ref.name === runtimeNamespace || ref.name === "default" || ref.name.startsWith("kube-");
  }
  const { group, kind } = gvkOf(ref);
  return group === "apiextensions.k8s.io" && kind === "CustomResourceDefinition" &&
    ref.name.endsWith(OWN_DEFINITIONS);
}

function isOwned(live: KubeObject, { ownerLabels }: PruneOptions): boolean {
  return Object.entries(ownerLabels).every(([key, value]) => live.metadata.labels?.[key] === value);
}

/**
 * Whether another object answers for this one: an operator that copies an object copies our labels with it. An owner
 * that git itself names makes no difference.
 */
function isChild({ metadata }: KubeObject, { fieldManager }: PruneOptions): boolean {
  const { ownerReferences = [], managedFields = [] } = metadata;
  if (ownerReferences.length === 0) return false;
  return !managedFields.some(({ manager, operation, fieldsV1 }) =>
    manager === fieldManager && operation === "Apply" && isRecord(fieldsV1) &&
    isRecord(fieldsV1["f:metadata"]) && "f:ownerReferences" in fieldsV1["f:metadata"]
  );
}
