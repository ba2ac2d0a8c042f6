/**
 * Texts that are versions, in order.
 *
 * @module
 */
import { type Range, satisfies } from "./range.ts";
import { compareVersions, parseTagVersion } from "./version.ts";

/**
 * Those of `tags` that are versions in `range`, the highest first; equal ones in the order they came in.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseRange } from "./mod.ts";
 * const range = parseRange("1.x");
 * const sorted = range.ok && sortTags(["1.2.0", "main", "v1.10.0", "2.0.0"], range.value);
 * assert.deepEqual(sorted, ["v1.10.0", "1.2.0"]);
 * ```
 */
export function sortTags(tags: readonly string[], range?: Range): readonly string[] {
  return tags.flatMap((tag) => {
    const version = parseTagVersion(tag);
    const isIn = version.ok && (range === undefined || satisfies(version.value, range));
    return isIn ? [version.value] : [];
  }).sort((a, b) => compareVersions(b, a)).map(({ original }) => original);
}
