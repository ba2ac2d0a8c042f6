/**
 * Tags by ImageRepository, in memory.
 *
 * @module
 */
import { WeightedCache } from "../../lib/base/mod.ts";
import { tagListBytes } from "../../lib/oci/mod.ts";
import type { RepositoryName, ScannedTags, TagStore } from "./context.ts";

/** Of all repositories together, by estimate; the tags of one have room in it whatever a registry lists. */
const MOST_BYTES = 128 << 20;

type Kept = ScannedTags & { readonly image: string };

/** An empty store; when there is too much in it, the tags that were not asked for longest go. */
export function openTagStore(mostBytes: number = MOST_BYTES): TagStore {
  const kept = new WeightedCache<Kept>(mostBytes);
  const scanned = new Set<string>();
  // The tags of the image that the spec named before must not be taken for the new one's.
  function scanOf(repository: RepositoryName, image: string): ScannedTags | undefined {
    const found = kept.get(keyOf(repository));
    return found?.image === image ? found : undefined;
  }
  return {
    read: (repository, image) => scanOf(repository, image)?.tags,
    lastList: (repository, image) => scanOf(repository, image)?.list,
    hasLetGo: (repository) =>
      scanned.has(keyOf(repository)) && kept.get(keyOf(repository)) === undefined,
    write(repository, image, found) {
      const key = keyOf(repository);
      scanned.add(key);
      const whole = { ...found, image };
      if (bytesOf(whole) <= mostBytes) return kept.set(key, whole, bytesOf(whole));
      // Pages with long addresses: the registry sends them again.
      const bare = { tags: found.tags, image };
      kept.set(key, bare, bytesOf(bare));
    },
    remove(repository) {
      scanned.delete(keyOf(repository));
      kept.delete(keyOf(repository));
    },
  };
}

/** Tags of a list are counted with it. */
function bytesOf({ tags, list = { tags, pages: new Map(), pageSize: 0 } }: ScannedTags): number {
  return tagListBytes(list) + 8 * tags.length;
}

// Unlike Flux: by object, not by image. Two repositories of one image with different exclusions each
// keep their own tags.
function keyOf({ namespace, name }: RepositoryName): string {
  return `${namespace}/${name}`;
}
