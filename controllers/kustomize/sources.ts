/**
 * The sources that Kustomizations are built from, as watches show them.
 *
 * @module
 */
import { type Artifact, GitRepository, Kustomization, readArtifact } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { sourceRefOf } from "../../lib/delivery/mod.ts";
import {
  type Change,
  type Cluster,
  displayName,
  type GroupVersionKind,
  type Informer,
  isNewerVersion,
  type KubeObject,
  refOf,
} from "../../lib/kube/mod.ts";
import { isConditionTrue, type RunningController } from "../../lib/runtime/mod.ts";
import type { ArtifactWatch, Source } from "./context.ts";
import { type Memory, memoryKey } from "./memory.ts";

/** Told of each change of a source. */
type SourceHandler = (change: Change) => void;

/**
 * Local copies of the sources, by kind. One of a kind is kept from the first time that a Kustomization names
 * it: definitions that are not installed cost nothing and are no trouble before somebody asks for them.
 */
export class SourceWatch implements AsyncDisposable {
  readonly #open: (gvk: GroupVersionKind) => Informer;
  readonly #informers = new Map<string, Informer>();
  readonly #handlers = new Map<SourceHandler, (() => void)[]>();
  /** What was asked for beside the copies, by what the copy had then. */
  readonly #asked = new WeakMap<KubeObject, Promise<Result<KubeObject>>>();
  /** Copies that are known to be behind. */
  readonly #behind = new WeakSet<KubeObject>();

  /** Git repositories are watched from the beginning. */
  constructor(open: (gvk: GroupVersionKind) => Informer) {
    this.#open = open;
    this.ensure(GitRepository.kind);
  }

  /** The copy of a kind. */
  ensure(kind: string): Informer {
    const known = this.#informers.get(kind);
    if (known !== undefined) return known;
    const informer = this.#open(gvkOf(kind));
    this.#informers.set(kind, informer);
    for (const [handler, stops] of this.#handlers) stops.push(informer.onChange(handler));
    return informer;
  }

  /** The object as the API server has it, asked for once for all who see `known`. */
  async confirm(known: KubeObject, cluster: Pick<Cluster, "get">): Promise<Result<KubeObject>> {
    const asking = this.#asked.get(known) ?? cluster.get(refOf(known));
    this.#asked.set(known, asking);
    const asked = await asking;
    const version = asked.ok ? asked.value.metadata.resourceVersion : undefined;
    if (isNewerVersion(version, known.metadata.resourceVersion)) this.#behind.add(known);
    // Another run may get an answer.
    if (!asked.ok) this.#asked.delete(known);
    return asked;
  }

  /** Whether a copy is known to be behind: it tells of nothing new. */
  isBehind(known: KubeObject): boolean {
    return this.#behind.has(known);
  }

  /** Calls `handler` for each change, and at once for what is here. */
  onChange(handler: SourceHandler): () => void {
    const stops = [...this.#informers.values()].map((informer) => informer.onChange(handler));
    this.#handlers.set(handler, stops);
    return () => {
      this.#handlers.delete(handler);
      for (const stop of stops) stop();
    };
  }

  /** Why git repositories are not watched; other kinds may be missing. */
  get trouble(): { code: string; message: string } | undefined {
    return this.ensure(GitRepository.kind).trouble;
  }

  /** Kinds that were asked for and are not served. */
  missing(): readonly GroupVersionKind[] {
    const kinds = [...this.#informers].filter(([, { trouble }]) => trouble?.code === "NoMatch");
    return kinds.map(([kind]) => gvkOf(kind));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#handlers.clear();
    const informers = [...this.#informers.values()];
    await Promise.all(informers.map((informer) => informer[Symbol.asyncDispose]()));
  }
}

/** All kinds of sources are of one group, in one version. */
function gvkOf(kind: string): GroupVersionKind {
  return { ...GitRepository.gvk, kind };
}

/** Names the source that a raw Kustomization wants. */
export function sourceKeyOf(object: KubeObject): string {
  const decoded = Kustomization.decode(object);
  return decoded.ok ? displayName(sourceRefOf(decoded.value)) : "";
}

/**
 * A source's new revision starts the Kustomizations that are not there yet (contract/kustomize.md §1). A run
 * may have taken the revision already when the watch tells of it, from the API server or a moment before
 * its own status arrives.
 */
export function followSources(
  sources: SourceWatch,
  running: RunningController,
  memory: Memory,
): () => void {
  return sources.onChange(({ object, previous, type }) => {
    if (type === "deleted") return;
    const revision = revisionOf(object);
    if (revision === undefined || revision === (previous && revisionOf(previous))) return;
    for (const user of running.informer.byIndex("source", displayName(refOf(object)))) {
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
  sources: SourceWatch,
  kustomization: Kustomization,
  artifact: Artifact,
): ArtifactWatch {
  const source = displayName(sourceRefOf(kustomization));
  const moved = new AbortController();
  const stop = sources.onChange(({ object, type }) => {
    if (type === "deleted" || displayName(refOf(object)) !== source || sources.isBehind(object)) {
      return;
    }
    const artifactNow = readArtifact(object);
    const offered = artifactNow.ok ? artifactNow.value : undefined;
    if (offered !== undefined && !isSameArtifact(offered, artifact)) moved.abort();
  });
  return { signal: moved.signal, [Symbol.dispose]: stop };
}

/** The same files at the same place. */
export function isSameArtifact(one: Artifact, other: Artifact): boolean {
  return one.digest === other.digest && one.url === other.url;
}

function revisionOf(source: KubeObject): string | undefined {
  const artifact = readArtifact(source);
  return artifact.ok ? artifact.value?.revision : undefined;
}

function isAtRevision(object: KubeObject, revision: string): boolean {
  const decoded = Kustomization.decode(object);
  if (!decoded.ok) return false;
  const { status } = decoded.value;
  return status?.lastAttemptedRevision === revision &&
    isConditionTrue(status.conditions, "Ready");
}

async function confirmed(
  known: KubeObject,
  { status }: Kustomization,
  sources: SourceWatch,
  cluster: Pick<Cluster, "get">,
): Promise<Result<KubeObject>> {
  const last = status?.lastAttemptedRevision;
  const revision = revisionOf(known);
  if (last === undefined || revision === undefined || revision === last) return ok(known);
  const asked = await sources.confirm(known, cluster);
  // A server that does not answer is no reason to wait: it will not take anything either.
  return asked.ok || asked.code === "NotFound" ? asked : ok(known);
}

/**
 * The local copy first; what it does not have is asked for, so that a fresh object is no failure. So is what it has,
 * before a revision is taken from it that is not the last one: a copy that was made of an old list would lead back.
 */
export async function readSource(
  kustomization: Kustomization,
  sources: SourceWatch,
  cluster: Pick<Cluster, "get">,
): Promise<Result<Source>> {
  const ref = sourceRefOf(kustomization);
  const known = sources.ensure(ref.kind).get(ref.name, ref.namespace);
  const object = known === undefined
    ? await cluster.get(ref)
    : await confirmed(known, kustomization, sources, cluster);
  if (!object.ok) {
    // Flux's words for an object that its cache does not have.
    return object.code === "NotFound"
      ? fail("NotFound", `${ref.kind}.source.toolkit.fluxcd.io "${ref.name}" not found`)
      : object;
  }
  const artifact = readArtifact(object.value);
  if (!artifact.ok) return artifact;
  const version = object.value.metadata.resourceVersion;
  return ok({
    ref,
    ...(version !== undefined && { version }),
    ...(artifact.value !== undefined && { artifact: artifact.value }),
  });
}
