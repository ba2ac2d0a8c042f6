/**
 * What is kept for the runs to come: trees of artifacts, and builds.
 *
 * @module
 */
import { fetchArtifact } from "../../lib/artifact/mod.ts";
import { type Clock, ok, WeightedCache } from "../../lib/base/mod.ts";
import {
  type BuiltWithRemotes,
  type Manifests,
  type SharedTree,
  shareTree,
} from "../../lib/delivery/mod.ts";
import type { HttpClient } from "../../lib/http/mod.ts";
import type { BuildCache, KustomizeParts } from "./context.ts";

/** Builds and trees that are kept; what was not asked for the longest goes. */
const MOST_BUILD_BYTES = 128 << 20;
const MOST_TREE_BYTES = 128 << 20;
/** What an entry of a tree takes besides its content. */
const ENTRY_BYTES = 300;

/** Trees by digest: the same artifact serves many Kustomizations and many runs. */
export function cacheTrees(
  http: HttpClient,
  clock: Clock,
  retries: number,
): KustomizeParts["fetchArtifact"] {
  const trees = new WeightedCache<SharedTree>(MOST_TREE_BYTES);
  return async (artifact, budget) => {
    const kept = trees.get(artifact.digest);
    if (kept !== undefined) return ok(kept);
    const fetched = await fetchArtifact(http, artifact, budget, { retries });
    if (!fetched.ok) return fetched;
    // Once for all builds of it, in whatever thread; the archive is let go of.
    const tree = await shareTree(fetched.value, clock);
    trees.set(artifact.digest, tree, tree.memory.byteLength + tree.size * ENTRY_BYTES);
    return ok(tree);
  };
}

/** Builds by what went into them. */
export function openBuildCache(): BuildCache {
  const builds = new WeightedCache<BuiltWithRemotes<Manifests>>(MOST_BUILD_BYTES);
  return {
    get: (key) => builds.get(key),
    set: (key, built) => builds.set(key, built, built.value.sizeBytes),
  };
}
