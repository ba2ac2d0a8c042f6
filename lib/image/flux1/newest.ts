/**
 * Which of the tags that a pattern takes is the newest.
 *
 * @module
 */
import { type Budget, fail, inTurns, ok, type Result } from "../../base/mod.ts";
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
  const kept = tags.filter(({ tag }) => takes(pattern, tag));
  return pattern.ordersByDate ? orderByDate(kept) : orderByVersion(kept);
}

function takes(pattern: TagPattern, tag: string): boolean {
  return (tag !== "latest" || pattern.text === "glob:latest") && pattern.matches(tag);
}

/**
 * The same tags of a long list, in its order; others have their turn meanwhile. Fails with `Timeout`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../../base/mod.ts";
 * import { parseTagPattern } from "./tag_pattern.ts";
 * const kept = await fittingTags(["b1", "latest", "b2"], parseTagPattern("glob:*"), defaultBudget());
 * assert.deepEqual(kept, { ok: true, value: ["b1", "b2"] });
 * ```
 */
export async function fittingTags(
  tags: readonly string[],
  pattern: TagPattern,
  budget: Budget,
): Promise<Result<readonly string[]>> {
  const kept: string[] = [];
  const isDone = await inTurns(tags, (tag) => void (takes(pattern, tag) && kept.push(tag)), budget);
  return isDone ? ok(kept) : fail("Timeout", "context deadline exceeded");
}

/**
 * The first of {@linkcode orderByVersion} of a long list, which is not sorted for that; nothing of one without a
 * version. Others have their turn meanwhile; fails with `Timeout`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../../base/mod.ts";
 * const highest = await highestVersion(["1.9.0", "1.10.0", "main"], defaultBudget());
 * assert.deepEqual(highest, { ok: true, value: "1.10.0" });
 * ```
 */
export async function highestVersion(
  tags: readonly string[],
  budget: Budget,
): Promise<Result<string | undefined>> {
  let best: Version | undefined;
  const isDone = await inTurns(tags, (tag) => {
    const version = parseVersion(tag);
    if (!version.ok) return;
    if (best === undefined || compareSpelled(version.value, best) > 0) best = version.value;
  }, budget);
  return isDone ? ok(best?.original) : fail("Timeout", "context deadline exceeded");
}

function compareSpelled(a: Version, b: Version): number {
  return compareVersions(a, b) || compareTags(a.original, b.original);
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
    return compareSpelled(other, one);
  });
}

function compareTags(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
