/**
 * The sources that Kustomizations are built from, as the watch shows them.
 *
 * @module
 */
import { type Artifact, GitRepository, Kustomization } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import {
  type Cluster,
  type Informer,
  type KubeObject,
  type ObjectRef,
  refOf,
} from "../../lib/kube/mod.ts";
import type { RunningController } from "../../lib/runtime/mod.ts";
import type { ArtifactWatch, Source } from "./context.ts";
import { type Memory, memoryKey } from "./memory.ts";
import { sourceRefOf } from "./source.ts";

/** Names an object in indexes. */
export function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace ?? ""}/${name}`;
}

/** Names the source that a raw Kustomization wants. */
export function sourceKeyOf(object: KubeObject): string {
  const decoded = Kustomization.decode(object);
  return decoded.ok ? nameOf(sourceRefOf(decoded.value)) : "";
}

/**
 * A source's new revision starts the Kustomizations that are not there yet (contract/kustomize.md §1). A run
 * may have taken the revision already when the watch tells of it, from the API server or a moment before
 * its own status arrives.
 */
export function followSources(
  sources: Informer,
  running: RunningController,
  memory: Memory,
): () => void {
  return sources.onChange(({ object, previous, type }) => {
    if (type === "deleted") return;
    const revision = revisionOf(object);
    if (revision === undefined || revision === (previous && revisionOf(previous))) return;
    for (const user of running.informer.byIndex("source", nameOf(refOf(object)))) {
      const { namespace = "", name } = user.metadata;
      const taken = memory.peek(memoryKey(user))?.taken;
      if (taken === revision || isAtRevision(user, revision)) continue;
      running.enqueue(namespace, name, reasonOf(revision));
    }
  });
}

/** Why a run is asked for when a source offers `revision`. */
export function reasonOf(revision: string): string {
  return `revision ${revision}`;
}

/** Aborts once the source of `kustomization` offers something else than `artifact`. */
export function watchArtifact(
  sources: Informer,
  kustomization: Kustomization,
  artifact: Artifact,
): ArtifactWatch {
  const source = nameOf(sourceRefOf(kustomization));
  const moved = new AbortController();
  const stop = sources.onChange(({ object, type }) => {
    if (type === "deleted" || nameOf(refOf(object)) !== source) return;
    const decoded = GitRepository.decode(object);
    const offered = decoded.ok ? decoded.value.status?.artifact : undefined;
    if (offered !== undefined && !isSameArtifact(offered, artifact)) moved.abort();
  });
  return { signal: moved.signal, [Symbol.dispose]: stop };
}

/** The same files at the same place. */
export function isSameArtifact(one: Artifact, other: Artifact): boolean {
  return one.digest === other.digest && one.url === other.url;
}

function revisionOf(source: KubeObject): string | undefined {
  const decoded = GitRepository.decode(source);
  return decoded.ok ? decoded.value.status?.artifact?.revision : undefined;
}

function isAtRevision(object: KubeObject, revision: string): boolean {
  const decoded = Kustomization.decode(object);
  if (!decoded.ok) return false;
  const { status } = decoded.value;
  return status?.lastAttemptedRevision === revision &&
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

/** The local copy first; what it does not have is asked for, so that a fresh object is no failure. */
export async function readSource(
  kustomization: Kustomization,
  sources: Informer,
  cluster: Cluster,
): Promise<Result<Source>> {
  const ref = sourceRefOf(kustomization);
  const known = sources.get(ref.name, ref.namespace);
  const object = known === undefined ? await cluster.get(ref) : ok(known);
  if (!object.ok) {
    // Flux's words for an object that its cache does not have.
    return object.code === "NotFound"
      ? fail("NotFound", `${ref.kind}.source.toolkit.fluxcd.io "${ref.name}" not found`)
      : object;
  }
  const source = GitRepository.decode(object.value);
  if (!source.ok) return source;
  const artifact = source.value.status?.artifact;
  const version = object.value.metadata.resourceVersion;
  return ok({
    ref,
    ...(version !== undefined && { version }),
    ...(artifact !== undefined && { artifact }),
  });
}
