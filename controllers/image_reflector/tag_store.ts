/**
 * Tags by ImageRepository, in memory.
 *
 * @module
 */
import type { RepositoryName, ScannedTags, TagStore } from "./context.ts";

/** An empty store. */
export function openTagStore(): TagStore {
  const kept = new Map<string, ScannedTags & { readonly image: string }>();
  // The tags of the image that the spec named before must not be taken for the new one's.
  function scanOf(repository: RepositoryName, image: string): ScannedTags | undefined {
    const scanned = kept.get(keyOf(repository));
    return scanned?.image === image ? scanned : undefined;
  }
  return {
    read: (repository, image) => scanOf(repository, image)?.tags,
    lastList: (repository, image) => scanOf(repository, image)?.list,
    write: (repository, image, scanned) => void kept.set(keyOf(repository), { ...scanned, image }),
    remove: (repository) => void kept.delete(keyOf(repository)),
  };
}

// Unlike Flux: by object, not by image. Two repositories of one image with different exclusions each
// keep their own tags.
function keyOf({ namespace, name }: RepositoryName): string {
  return `${namespace}/${name}`;
}
