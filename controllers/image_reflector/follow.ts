/**
 * Which change of an ImageRepository starts which policies.
 *
 * @module
 */
import { ImagePolicy, ImageRepository } from "../../crds/mod.ts";
import { type Informer, isNewerVersion, type KubeObject } from "../../lib/kube/mod.ts";
import type { WatchedObject } from "../../lib/runtime/mod.ts";
import { repositoryRefOf } from "./access.ts";

/** Index of policies by the repository they refer to. */
export const BY_REPOSITORY = "repository";

/** The key of a policy in that index; none for one that cannot be read. */
export function repositoryKeysOf(policy: KubeObject): readonly string[] {
  const decoded = ImagePolicy.decode(policy);
  if (!decoded.ok) return [];
  const { namespace, name } = repositoryRefOf(decoded.value);
  return [`${namespace}/${name}`];
}

/** The policies' own loop, as far as it is needed here. */
export interface PolicyLoop {
  /** All policies, with the index above. */
  readonly informer: Pick<Informer, "byIndex">;
  /** Runs one soon. */
  enqueue(namespace: string, name: string, why: string): void;
}

/**
 * Runs the policies of a repository when a scan has found other tags, or those that a policy has missed: they are used
 * while they are there. Returns how to stop.
 *
 * @param missed repositories by the key of the index, until they were scanned
 */
export function followRepositories(
  repositories: Pick<Informer, "onChange">,
  policies: PolicyLoop,
  missed: Set<string>,
): () => void {
  return repositories.onChange(({ type, object, previous }) => {
    if (type === "deleted") missed.delete(keyOf(object));
    if (type !== "updated") return;
    const { revision, scanTime } = stateOf(object) ?? {};
    const before = previous && stateOf(previous);
    if (revision === undefined) return;
    const isScanned = revision !== before?.revision || scanTime !== before?.scanTime;
    const isMissed = isScanned && missed.delete(keyOf(object));
    if (revision === before?.revision && !isMissed) return;
    for (const { metadata } of policies.informer.byIndex(BY_REPOSITORY, keyOf(object))) {
      policies.enqueue(metadata.namespace ?? "", metadata.name, `tags ${revision}`);
    }
  });
}

/** Calls `wake` when what a waiting policy lacks may have come; returns how to stop. */
export function watchRepositories(
  repositories: Pick<Informer, "onChange">,
  objects: readonly WatchedObject[],
  wake: () => void,
): () => void {
  const seen = new Map(
    objects.map((object) => [`${object.namespace ?? ""}/${object.name}`, object.seen]),
  );
  let isReplay = true;
  const stop = repositories.onChange(({ type, object, previous }) => {
    const key = keyOf(object);
    if (!seen.has(key)) return;
    // What is there already is told at once; it is news when the run that decided to wait saw less.
    const { resourceVersion } = object.metadata;
    if (isReplay && !isNewerVersion(resourceVersion, seen.get(key))) return;
    // Each retry of a failing scan changes the status; a policy that waits is not helped by that.
    const isSame = type === "updated" && previous !== undefined &&
      JSON.stringify(stateOf(object)) === JSON.stringify(stateOf(previous));
    if (!isSame) wake();
  });
  isReplay = false;
  return stop;
}

/** What of a repository a policy's answer depends on. */
interface RepositoryState {
  readonly generation: number | undefined;
  readonly revision: string | undefined;
  readonly scanTime: string | undefined;
  readonly ready: string | undefined;
}

function stateOf(object: KubeObject): RepositoryState | undefined {
  const decoded = ImageRepository.decode(object);
  if (!decoded.ok) return undefined;
  const { metadata, status } = decoded.value;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  const { revision, scanTime } = status?.lastScanResult ?? {};
  return { generation: metadata.generation, revision, scanTime, ready };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}
