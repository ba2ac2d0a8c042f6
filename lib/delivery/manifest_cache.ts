/**
 * What builds of Kustomizations leave behind for later ones: the engine's cache, and the objects beside it.
 *
 * @module
 */
import type { Result } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { type BuildCache, type BuiltResource, openBuildCache } from "../kustomize/mod.ts";
import type { MapNode } from "../yaml/mod.ts";

/** A resource with its variables filled in. */
export interface Substituted {
  /** All that was filled in, as one text. */
  readonly key: string;
  /** The resource. */
  readonly node: MapNode;
  /** Its document. */
  readonly text: string;
  /** The object that it stands for, once it was asked for. */
  object?: Result<KubeObject>;
}

/** Memory of builds, for one caller at a time. */
export interface ManifestCache {
  /** What the engine keeps. */
  readonly builds: BuildCache;
  /** The latest that became of a resource; it goes when the engine lets go of the resource. */
  readonly substituted: WeakMap<BuiltResource, Substituted>;
}

/** Objects take about as much as the states of the resources that they come from. */
const ENGINE_SHARE = 0.5;

/**
 * A cache of at most about so many bytes; see `openBuildCache`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, treeOf } from "../base/mod.ts";
 * import { buildManifests } from "./mod.ts";
 * const cache = openManifestCache(64 << 20);
 * const tree = treeOf({ "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" });
 * const [first, second] = [1, 2].map(() => buildManifests(tree, {}, { budget: defaultBudget(), cache }));
 * assert.ok(first?.ok && second?.ok);
 * assert.equal(first.value.objects[0], second.value.objects[0]);
 * ```
 */
export function openManifestCache(limitBytes: number): ManifestCache {
  return {
    builds: openBuildCache(Math.floor(limitBytes * ENGINE_SHARE)),
    substituted: new WeakMap(),
  };
}
