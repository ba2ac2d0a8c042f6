/**
 * Tags by ImageRepository, in memory.
 *
 * @module
 */
import type { RepositoryName, TagStore } from "./context.ts";

/** An empty store. */
export function openTagStore(): TagStore {
  const kept = new Map<string, { image: string; tags: readonly string[] }>();
  return {
    read(repository, image) {
      const scanned = kept.get(keyOf(repository));
      // The tags of the image that the spec named before must not be taken for the new one's.
      return scanned?.image === image ? scanned.tags : undefined;
    },
    write: (repository, image, tags) => void kept.set(keyOf(repository), { image, tags }),
    remove: (repository) => void kept.delete(keyOf(repository)),
  };
}

// Unlike Flux: by object, not by image. Two repositories of one image with different exclusions each
// keep their own tags.
function keyOf({ namespace, name }: RepositoryName): string {
  return `${namespace}/${name}`;
}
