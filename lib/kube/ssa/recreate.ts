/**
 * Makes an object anew whose immutable fields changed: only what will surely be accepted, and never what holds data
 * unless the object itself says so.
 *
 * @module
 */
import { fail, type Failure, isRecord, ok, type Result } from "../../base/mod.ts";
import type { Cluster } from "../cluster.ts";
import { gvkOf, type KubeObject, refOf } from "../object.ts";
import { dryRunFailure, writeFailure } from "./errors.ts";
import { mayRecreate } from "./selectors.ts";
import { type WaitOptions, waitUntilGone } from "./wait.ts";

/** Deleting one of these deletes what nobody can make anew. */
const PRECIOUS: ReadonlySet<string> = new Set([
  "/PersistentVolumeClaim",
  "/PersistentVolume",
  "/Namespace",
  "apiextensions.k8s.io/CustomResourceDefinition",
]);
/** The name says what is in them: they cannot be tried under another one. */
const BOUND_TO_NAME: ReadonlySet<string> = new Set([
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
]);
/** They do work when they are made: the old one must not do it again. */
const WORKS_ONCE: ReadonlySet<string> = new Set(["/Pod", "batch/Job"]);
/** What only the old object stands in the way of: its address, its place in a quota, its host. */
const FREED_BY_DELETE = /already (?:allocated|exists|defined|in use)|exceeded quota/i;
const FORCE = "kustomize.toolkit.fluxcd.io/force: Enabled";

/**
 * Why `object` may not be made anew although its update failed with `refused`, or nothing. The server is asked by a
 * dry-run whether it would take the new object at all: what it would refuse must not cost the old one.
 */
export async function refuseRecreate(
  cluster: Cluster,
  { object, live }: { readonly object: KubeObject; readonly live: KubeObject },
  refused: Failure,
  { fieldManager }: { readonly fieldManager: string },
): Promise<Failure | undefined> {
  if (isPrecious(live) && !mayRecreate(object, live)) {
    const message =
      `${refused.message}; spec.force does not delete a ${object.kind} that holds data, ` +
      `the annotation ${FORCE} on the object itself would`;
    return dryRunFailure(object, fail(refused.code, message, refused));
  }
  if (BOUND_TO_NAME.has(kindOf(object))) return undefined;
  const tried = await cluster.create(underOtherName(object), { fieldManager, dryRun: true });
  if (tried.ok || tried.code === "AlreadyExists" || FREED_BY_DELETE.test(tried.message)) {
    return undefined;
  }
  const message =
    `${refused.message}; it is not made anew, as that would be refused, too: ${tried.message}`;
  return dryRunFailure(object, fail(refused.code, message, refused));
}

function kindOf(object: KubeObject): string {
  return `${gvkOf(object).group}/${object.kind}`;
}

function isPrecious(live: KubeObject): boolean {
  const { spec } = live;
  const hasVolumes = isRecord(spec) && Array.isArray(spec.volumeClaimTemplates) &&
    spec.volumeClaimTemplates.length > 0;
  return PRECIOUS.has(kindOf(live)) || (kindOf(live) === "apps/StatefulSet" && hasVolumes);
}

/** Under its own name the server would only say that it exists. Another one of the same length keeps all limits. */
function underOtherName(object: KubeObject): KubeObject {
  const { name } = object.metadata;
  const metadata = {
    ...object.metadata,
    name: name.slice(0, -1) + (name.endsWith("x") ? "y" : "x"),
  };
  return { ...object, metadata };
}

/** Deletes `live` and applies `object`; when that fails all the same, what was there is put back. */
export async function recreate(
  cluster: Cluster,
  { object, live }: { readonly object: KubeObject; readonly live: KubeObject },
  options: WaitOptions & { readonly fieldManager: string },
): Promise<Result<KubeObject>> {
  const gone = await removeFirst(cluster, object, live, options);
  if (!gone.ok) return gone;
  const { fieldManager } = options;
  const applied = await cluster.apply(object, { fieldManager, force: true });
  if (applied.ok) return applied;
  const what = await putBack(cluster, live, fieldManager);
  return writeFailure(
    object,
    "apply failed",
    fail(applied.code, `${applied.message}; ${what}`, applied),
  );
}

async function removeFirst(
  cluster: Cluster,
  object: KubeObject,
  { metadata: { uid } }: KubeObject,
  options: WaitOptions,
): Promise<Result<void>> {
  const step = "immutable field detected, failed to delete object, error";
  const removed = await cluster.remove(refOf(object), {
    propagation: "Background",
    ...(uid === undefined ? {} : { uid }),
  });
  if (!removed.ok && removed.code !== "NotFound") return writeFailure(object, step, removed);
  const gone = await waitUntilGone(cluster, refOf(object), uid, options);
  return gone.ok ? ok(undefined) : writeFailure(object, step, gone);
}

/** Says what became of the old object. */
async function putBack(cluster: Cluster, live: KubeObject, fieldManager: string): Promise<string> {
  if (WORKS_ONCE.has(kindOf(live))) return "the old one is gone, and is not run again";
  const { name, namespace, labels, annotations, finalizers, ownerReferences } = live.metadata;
  const metadata = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(labels !== undefined && { labels }),
    ...(annotations !== undefined && { annotations }),
    ...(finalizers !== undefined && { finalizers }),
    ...(ownerReferences !== undefined && { ownerReferences }),
  };
  const { status: _, ...rest } = live;
  const back = await cluster.create({ ...rest, metadata }, { fieldManager });
  return back.ok
    ? "what was there is put back"
    : `what was there cannot be put back: ${back.message}`;
}
