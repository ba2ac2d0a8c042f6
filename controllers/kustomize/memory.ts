/**
 * What runs learn and the next ones may rely on. All of it may be lost: then the next run asks the API
 * server again.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { sha256Hex, stringifyJson } from "../../lib/base/mod.ts";
import {
  type GroupVersionKind,
  gvkOf,
  type KubeObject,
  type LiveWatch,
  namespacedName,
  type ObjectMeta,
  type ObjectRef,
  refOf,
} from "../../lib/kube/mod.ts";
import {
  BOOKKEEPING,
  type ForeignChange,
  GONE,
  type InventoryEntry,
  inventoryId,
} from "../../lib/kube/ssa/mod.ts";

/** An object as it was when we last knew it to be as desired. */
export interface AppliedObject {
  readonly ref: ObjectRef;
  /** What we want, owner labels included. */
  readonly desired: KubeObject;
  /** JSON pointers of the parts that are left to others (`spec.ignore`). */
  readonly ignored: readonly string[];
  /** Digest of `desired` and `ignored`. */
  readonly digest: string;
  /** {@linkcode fingerprintOf} of the live object at that time. */
  fingerprint: string;
  /** What others changed of it, where that stays (`sluice.dev/drift: Inform`). */
  readonly foreign?: ForeignChange | undefined;
  /** Its version at that time: a watch that shows an older one lags behind. */
  readonly version: string | undefined;
}

/** A run that waits for health. */
export interface ParkedHealth {
  readonly generation: number;
  readonly revision: string;
  /** Digest of the manifests. */
  readonly digest: string;
  readonly objects: readonly ObjectRef[];
  /** Monotonic. */
  readonly startedMs: number;
  /** Monotonic. */
  readonly deadlineMs: number;
  /** Whether this run changed the cluster. */
  readonly hasChanges: boolean;
}

/** What is pruned once the objects that came in its place are healthy. */
export interface LaterPrune {
  readonly stale: readonly InventoryEntry[];
  /** What stays on record besides. */
  readonly kept: readonly InventoryEntry[];
  /** Digest of the manifests. */
  readonly digest: string;
  /** What was applied. */
  readonly objects: readonly ObjectRef[];
}

/** How long something has stayed that does not stay for ever. */
export interface Stay {
  /** Monotonic. */
  readonly sinceMs: number;
  /** Whether that was when those who depend on this one could begin. */
  readonly isReady: boolean;
}

/** What stays though this one no longer wants it, as others of the source do, or may, which are behind. */
export interface Moving {
  /** Inventory ids. */
  readonly ids: ReadonlySet<string>;
  /** Of those that stay for a while only, or have done so: since when. */
  readonly stays: ReadonlyMap<string, Stay>;
  /** The others, as they were read. */
  readonly takers: readonly Kustomization[];
}

/** An object that is changed back each time it is repaired. */
export interface Contest {
  readonly ref: ObjectRef;
  /** What was changed last, and by whom. */
  readonly foreign: ForeignChange;
}

/** What is remembered of one Kustomization. */
export interface Remembered {
  /** Whether the last run told of foreign changes and left them. */
  informs?: boolean;
  /** By inventory id. */
  applied: Map<string, AppliedObject>;
  parked?: ParkedHealth | undefined;
  later?: LaterPrune | undefined;
  /** Since when a prune of this revision may wait for others of the source. Monotonic. */
  siblings?: { readonly revision: string; readonly sinceMs: number } | undefined;
  /** Since when the prune of this build waits for health on the side. Monotonic. */
  deferred?: { readonly digest: string; readonly sinceMs: number } | undefined;
  /** What the last prune left to others. */
  moving?: Moving | undefined;
  /** The revision and the generation that were applied as a whole last. */
  whole?: { readonly revision: string; readonly generation: number | undefined };
  /** Inventory ids of what it wants and leaves as it found it (`ssa: IfNotPresent`). */
  found: ReadonlySet<string>;
  /** Gives back the watches of the kinds that it applied, by kind. */
  watches: ReadonlyMap<string, () => void>;
  /** What others change back each time it is repaired, by inventory id. */
  readonly contested: Map<string, Contest>;
  /** Inventory ids of pruned objects that were still there: their end has to be put on record. */
  leaving: ReadonlySet<string>;
  /** Kinds that the API server did not serve when they were to be applied. */
  missing: readonly GroupVersionKind[];
  /** The source's revision that the last run was made from, unless it failed. */
  taken?: string | undefined;
}

/** A Kustomization that failed for kinds which are not served. */
export interface MissingKinds {
  /** `namespace/name` */
  readonly key: string;
  /** What is known of it. */
  readonly remembered: Remembered;
  /** The kinds. */
  readonly missing: readonly GroupVersionKind[];
}

/** All that is remembered, by `namespace/name` of the Kustomization. */
export class Memory {
  readonly #byKey = new Map<string, Remembered>();

  /** What is known of `key`; an empty record, from now on kept, when nothing is. For its own runs. */
  of(key: string): Remembered {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const fresh: Remembered = {
      applied: new Map(),
      found: new Set(),
      watches: new Map(),
      contested: new Map(),
      leaving: new Set(),
      missing: [],
    };
    this.#byKey.set(key, fresh);
    return fresh;
  }

  /** What is known of `key`, or nothing: labels may name Kustomizations that never were. */
  peek(key: string): Remembered | undefined {
    return this.#byKey.get(key);
  }

  /** Who waits for kinds that are not served. */
  missingKinds(): readonly MissingKinds[] {
    const waiting: MissingKinds[] = [];
    for (const [key, remembered] of this.#byKey) {
      const { missing } = remembered;
      if (missing.length > 0) waiting.push({ key, remembered, missing });
    }
    return waiting;
  }

  /** Forgets a Kustomization that is gone, or that is another one by the same name. */
  forget(key: string): void {
    for (const release of this.#byKey.get(key)?.watches.values() ?? []) release();
    this.#byKey.delete(key);
  }
}

/**
 * Watches the kinds of `refs` for this Kustomization and gives back those it no longer has. The new ones
 * are taken first, so that a kind in both is never unwatched in between.
 */
export function holdWatches(
  remembered: Remembered,
  live: Pick<LiveWatch, "ensure">,
  refs: readonly ObjectRef[],
  full: boolean,
): void {
  const watches = new Map<string, () => void>();
  for (const ref of refs) {
    const id = `${ref.apiVersion}/${ref.kind}`;
    if (!watches.has(id)) watches.set(id, live.ensure(gvkOf(ref), { full }));
  }
  for (const release of remembered.watches.values()) release();
  remembered.watches = watches;
}

/** The key of an object in {@linkcode Memory}. */
export function memoryKey(object: { metadata: { namespace?: string; name: string } }): string {
  return namespacedName(object.metadata);
}

/**
 * What changes when someone changes an object, and stays when only its status does: objects without a
 * generation (ConfigMaps, Secrets) have nothing but their version to tell (design D12).
 */
export function fingerprintOf(metadata: ObjectMeta): string {
  const { uid, generation, resourceVersion, labels, annotations, deletionTimestamp } = metadata;
  if (generation === undefined) return `${uid}@${resourceVersion}`;
  const notes = sorted(annotations).filter(([name]) => !BOOKKEEPING.has(name));
  return stringifyJson([uid, generation, sorted(labels), notes, deletionTimestamp]);
}

function sorted(map: Readonly<Record<string, string>> = {}): [string, string][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A record of `desired`, found live with `metadata`. */
export function appliedObject(
  desired: KubeObject,
  metadata: ObjectMeta,
  ignored: readonly string[] = [],
  foreign: ForeignChange | undefined = undefined,
): AppliedObject {
  return {
    ...(foreign !== undefined && { foreign }),
    ref: refOf(desired),
    desired,
    ignored,
    digest: desiredDigest(desired, ignored),
    fingerprint: fingerprintOf(metadata),
    version: metadata.resourceVersion,
  };
}

/** A record of `desired`, which others deleted and nobody makes again. */
export function goneObject(desired: KubeObject, ignored: readonly string[]): AppliedObject {
  const digest = desiredDigest(desired, ignored);
  const version = undefined;
  return { ref: refOf(desired), desired, ignored, digest, fingerprint: "", version, foreign: GONE };
}

/** Names the content of a desired object, and which parts of it are left to others. */
export function desiredDigest(desired: KubeObject, ignored: readonly string[] = []): string {
  return sha256Hex(stringifyJson([desired, ignored]));
}

/** True when the live object is known to be as `desired` says, without asking anyone. */
export function isKnownUnchanged(
  remembered: Remembered,
  desired: KubeObject,
  live: Pick<LiveWatch, "get" | "trouble">,
  ignored: readonly string[] = [],
): boolean {
  const ref = refOf(desired);
  const record = remembered.applied.get(inventoryId(ref));
  // What others changed is known not to be as desired: whether that may stay is asked anew when it may not.
  if (record?.foreign !== undefined && remembered.informs !== true) return false;
  // A watch that does not run shows what was, perhaps hours ago: then the API server is asked.
  const seen = live.trouble(gvkOf(ref)) === undefined ? live.get(ref) : undefined;
  return record !== undefined && seen !== undefined &&
    record.fingerprint === fingerprintOf(seen.metadata) &&
    record.digest === desiredDigest(desired, ignored);
}
