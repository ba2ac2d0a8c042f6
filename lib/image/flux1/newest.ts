/**
 * Which of the tags that a pattern takes is the newest.
 *
 * @module
 */
import { compareVersions, parseVersion, type Version } from "../../semver/mod.ts";
import type { TagPattern } from "./tag_pattern.ts";

/** A tag, and when its image was made. */
export interface DatedTag {
  /** The tag. */
  readonly tag: string;
  /** Milliseconds since 1970; nothing where it is not known. */
  readonly createdMs?: number | undefined;
}

/**
 * The tags that `pattern` takes, the newest first: by version for `semver:`, by date for all others. `latest` counts
 * only where it is asked for by name: what it stands for changes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseTagPattern } from "./tag_pattern.ts";
 * const tags = [{ tag: "1.9.0" }, { tag: "1.10.0" }, { tag: "latest" }];
 * assert.deepEqual(newestTags(tags, parseTagPattern("semver:1.x")).map(({ tag }) => tag), ["1.10.0", "1.9.0"]);
 * ```
 */
export function newestTags(tags: readonly DatedTag[], pattern: TagPattern): readonly DatedTag[] {
  const kept = tags.filter(({ tag }) =>
    pattern.matches(tag) && (tag !== "latest" || pattern.text === "glob:latest")
  );
  return pattern.ordersByDate ? orderByDate(kept) : orderByVersion(kept);
}

/** The newest date first, those without one last; of equal dates the tags in their order. */
export function orderByDate(tags: readonly DatedTag[]): readonly DatedTag[] {
  return tags.toSorted((a, b) =>
    (b.createdMs ?? -Infinity) === (a.createdMs ?? -Infinity)
      ? compareTags(a.tag, b.tag)
      : (b.createdMs ?? -Infinity) - (a.createdMs ?? -Infinity)
  );
}

/** The highest version first, what is none last; of equal versions the longer spelling. */
export function orderByVersion(tags: readonly DatedTag[]): readonly DatedTag[] {
  const versions = new Map<string, Version>();
  for (const { tag } of tags) {
    const version = parseVersion(tag);
    if (version.ok) versions.set(tag, version.value);
  }
  return tags.toSorted(({ tag: a }, { tag: b }) => {
    const [one, other] = [versions.get(a), versions.get(b)];
    if (one === undefined && other === undefined) return compareTags(a, b);
    if (one === undefined) return 1;
    if (other === undefined) return -1;
    return compareVersions(other, one) || compareTags(b, a);
  });
}

function compareTags(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
