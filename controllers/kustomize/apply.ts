/**
 * Applies the manifests of a revision, after putting on record what it is about to own (design D11).
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { fail, type Failure, ok, type Result } from "../../lib/base/mod.ts";
import {
  asApplied,
  KUSTOMIZE_MANAGER,
  type Manifests,
  OWNER_NAME,
  OWNER_NAMESPACE,
} from "../../lib/delivery/mod.ts";
import { type Cluster, type KubeObject, type ObjectRef, refOf } from "../../lib/kube/mod.ts";
import {
  type ApplyReport,
  applyStaged,
  entryOf,
  formatChanges,
  type IgnoredPaths,
  type InventoryEntry,
  isCreateOnly,
  type ObjectChange,
  readIgnoreRules,
  sortForApply,
  type StagedApplyOptions,
  unionOf,
  waitUntilReady,
} from "../../lib/kube/ssa/mod.ts";
import { checkManifest } from "./annotations.ts";
import type { KustomizeContext } from "./context.ts";
import {
  type AppliedObject,
  appliedObject,
  goneObject,
  holdWatches,
  isKnownUnchanged,
  memoryKey,
} from "./memory.ts";
import { tellForeign, toldOf } from "./drifted.ts";
import { type Attempt, eventMetadata, failedAttempt, type Step } from "./outcomes.ts";
import { checkRecordSize } from "./record_size.ts";

/** Selects what any Kustomization applied. */
export const OWNED_SELECTOR = OWNER_NAME;

/** A CustomResourceDefinition is served within this time, mostly. */
const STAGE_POLL_MS = 100;
const STAGE_TIMEOUT_MS = 60_000;

/** What an apply leaves for the steps after it. */
export interface Applied {
  /** Digest of the manifests. */
  readonly digest: string;
  readonly changes: readonly ObjectChange[];
  /** What is owned now. */
  readonly entries: readonly InventoryEntry[];
  /** What was owned before, or may be since an earlier try. */
  readonly before: readonly InventoryEntry[];
}

/** Brings the objects to the cluster; nothing is written when the dry-run of a stage fails. */
export async function applyManifests(
  attempt: Attempt,
  manifests: Manifests,
  ctx: KustomizeContext,
): Promise<Step<Applied>> {
  const failing = (reason: string, failure: { readonly message: string }): Step<Applied> => {
    const parts = { digest: manifests.digest, status: { lastAttemptedRevision: attempt.revision } };
    return { ok: false, outcome: failedAttempt(attempt, reason, failure, ctx, parts) };
  };
  const ignored = readIgnoreRules(attempt.kustomization.spec.ignore ?? []);
  if (!ignored.ok) return failing("ReconciliationFailed", ignored);
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  remembered.informs = attempt.handling.informs;
  const read = readDesired(attempt, manifests, ignored.value);
  if (!read.ok) return failing(read.code, read);
  const desired = read.value;
  const { objects, entries, before } = desired;

  const cluster = ctx.clusterFor(attempt.kustomization);
  const report = await applyStaged(
    cluster,
    objects,
    applyOptions(attempt, manifests, desired, cluster, ctx),
  );

  const known = remembered.applied;
  remember(desired, report, attempt, ctx);
  tellForeign(attempt, known, ctx);
  const log = formatChanges(report.changes, ["created", "configured"]);
  if (report.failure !== undefined) {
    const { failure, refused } = report;
    const others = refused === undefined
      ? ""
      : `${refused} of ${objects.length} objects refused, the others applied:\n`;
    const message = `${others}${failure.message}\n${log}`;
    const reason = refused === undefined ? "ReconciliationFailed" : "PartiallyApplied";
    return failing(reason, { message });
  }
  if (log !== "") {
    const metadata = eventMetadata(attempt);
    ctx.event({ type: "Normal", reason: "Progressing", message: log, metadata });
  }
  return ok({ digest: manifests.digest, changes: report.changes, entries, before });
}

/** What is to be in the cluster, and what will be owned. */
interface Desired {
  /** As they are sent, in the order in which they are applied. */
  readonly objects: readonly KubeObject[];
  /** Where each is written, by inventory id. */
  readonly places: ReadonlyMap<string, string | undefined>;
  readonly ignoredPaths: IgnoredPaths;
  /** Of the objects. */
  readonly entries: readonly InventoryEntry[];
  /** What was owned before, or may be since an earlier try. */
  readonly before: readonly InventoryEntry[];
  /** Both: what goes on record before the first write. */
  readonly union: InventoryEntry[];
}

/** What must not even be tried is a failure; its code is the reason of `Ready`. */
function readDesired(
  { kustomization }: Attempt,
  manifests: Manifests,
  ignoredPaths: IgnoredPaths,
): Result<Desired> {
  const objects = sortForApply(manifests.objects.map((object) => asApplied(object, kustomization)));
  const places = new Map(
    manifests.objects.map((object, index) =>
      [entryOf(object).id, manifests.places[index] || undefined] as const
    ),
  );
  const wrong = findWrong(objects, places);
  if (wrong !== undefined) return wrong;
  const before = knownInventory(kustomization);
  const entries = objects.map((object) => entryOf(object));
  const union = unionOf(before, entries);
  const tooLarge = checkRecordSize(union, entries);
  if (tooLarge !== undefined) return fail("ReconciliationFailed", tooLarge.message, tooLarge);
  return ok({ objects, places, ignoredPaths, entries, before, union });
}

function applyOptions(
  attempt: Attempt,
  manifests: Manifests,
  { places, ignoredPaths, before, union }: Desired,
  cluster: Cluster,
  ctx: KustomizeContext,
): StagedApplyOptions {
  const { clock, signal, settings } = ctx;
  const { kustomization, handling, revision } = attempt;
  const remembered = ctx.memory.of(memoryKey(kustomization));
  const pace = { clock, signal, pollMs: STAGE_POLL_MS, timeoutMs: STAGE_TIMEOUT_MS };
  return {
    fieldManager: KUSTOMIZE_MANAGER,
    force: kustomization.spec.force ?? false,
    concurrency: settings.concurrentSsa,
    overrideManagers: settings.overrideManagers,
    customStageKinds: settings.customStageKinds,
    ignoredPaths,
    unchanged: (object) => isKnownUnchanged(remembered, object, ctx.live, ignoredPaths(object)),
    beforeFirstWrite: async () => {
      if (union.length === before.length && before.length > 0) return await ctx.confirm();
      await ctx.checkpoint({ inventory: { entries: union }, lastAttemptedRevision: revision });
    },
    ...(handling.informs && {
      informOf: (object: KubeObject) => ({
        last: lastApplied(object, manifests, attempt, ctx),
        told: toldOf(kustomization, refOf(object)),
      }),
    }),
    placeOf: (object) => places.get(entryOf(object).id),
    isPartial: handling.isPartial,
    waitReady: (refs) => waitUntilReady(cluster, refs, pace),
    clock,
    signal,
  };
}

/** The first manifest with an annotation of ours that cannot be read: it may have been meant to protect it. */
function findWrong(
  objects: readonly KubeObject[],
  places: ReadonlyMap<string, string | undefined>,
): Failure | undefined {
  for (const object of objects) {
    const failure = checkManifest(object);
    if (failure === undefined) continue;
    const place = places.get(entryOf(object).id);
    return place === undefined ? failure : fail(failure.code, `${failure.message} (${place})`);
  }
  return undefined;
}

/**
 * What was applied last under this name, as far as that is known: by what this process remembers, or because the
 * build on record is the same and came to its end. Objects come as they are sent.
 */
function lastApplied(
  object: KubeObject,
  { digest }: Manifests,
  { kustomization: { status, metadata } }: Attempt,
  ctx: KustomizeContext,
): KubeObject | undefined {
  const { applied } = ctx.memory.of(memoryKey({ metadata }));
  const record = applied.get(entryOf(object).id);
  if (record !== undefined) return record.desired;
  const last = status?.history?.[0];
  const isSame = last?.digest === digest &&
    last.lastReconciledStatus === "ReconciliationSucceeded" &&
    status?.observedGeneration === metadata.generation;
  return isSame ? object : undefined;
}

/** The labels that say whose an object is. */
export function ownerLabels(kustomization: Kustomization): Record<string, string> {
  const { name, namespace = "" } = kustomization.metadata;
  return labelsOf({ name, namespace });
}

/** The labels that name a Kustomization. */
export function labelsOf(
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Record<string, string> {
  return { [OWNER_NAME]: name, [OWNER_NAMESPACE]: namespace };
}

/** The Kustomization that an object's labels name. */
export function ownerOf(object: KubeObject): { namespace: string; name: string } | undefined {
  const name = object.metadata.labels?.[OWNER_NAME];
  const namespace = object.metadata.labels?.[OWNER_NAMESPACE];
  return name && namespace ? { namespace, name } : undefined;
}

/**
 * Everything this Kustomization may own. The record alone says so: what a process remembers may be older
 * than what another one, which held the lease meanwhile, has let go of.
 */
export function knownInventory(kustomization: Kustomization): readonly InventoryEntry[] {
  return kustomization.status?.inventory?.entries ?? [];
}

/** Keeps what each object looked like once it was as desired, and watches its kind from now on. */
function remember(
  { objects, ignoredPaths }: Desired,
  report: ApplyReport,
  attempt: Attempt,
  ctx: KustomizeContext,
): void {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const desired = new Map(objects.map((object) => [entryOf(object).id, object]));
  const next = new Map<string, AppliedObject>();
  const found = new Set<string>();
  // What an apply that failed did not come to is as it was.
  for (const [id, before] of report.failure === undefined ? [] : remembered.applied) {
    if (desired.has(id)) next.set(id, before);
  }
  for (const change of report.changes) {
    const object = desired.get(change.entry.id);
    const before = remembered.applied.get(change.entry.id);
    if (object === undefined) continue;
    const ignored = ignoredPaths(object);
    if (change.foreign?.isGone === true) next.set(change.entry.id, goneObject(object, ignored));
    if (change.action === "skipped") {
      if (isCreateOnly(object)) found.add(change.entry.id);
      continue;
    }
    if (change.metadata !== undefined) {
      const record = appliedObject(object, change.metadata, ignored, change.foreign);
      next.set(change.entry.id, record);
    } else if (before !== undefined) next.set(change.entry.id, before);
  }
  remembered.applied = next;
  remembered.found = found;
  remembered.missing = report.missing ?? [];
  if (report.failure === undefined) {
    const { generation } = attempt.kustomization.metadata;
    remembered.whole = { revision: attempt.revision, generation };
  }
  watchKinds(attempt, objects.map((object) => refOf(object)), ctx);
}

/** Watches the kinds of what was applied; all of each object while its health counts. */
export function watchKinds(
  attempt: Attempt,
  refs: readonly ObjectRef[],
  ctx: KustomizeContext,
): void {
  const { spec } = attempt.kustomization;
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  holdWatches(remembered, ctx.live, refs, spec.wait === true || spec.healthChecks !== undefined);
}
