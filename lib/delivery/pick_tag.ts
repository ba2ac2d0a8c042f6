/**
 * `spec.ref.semver`: the tags that a range of versions picks.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { compareVersions, parseRange, parseTagVersion, sortTags } from "../semver/mod.ts";

/**
 * The highest of `tags` in `range`, by name; several where versions differ in their build metadata only. Of
 * those Flux takes the one with the latest commit, which the git client finds.
 */
export function pickTags(tags: readonly string[], range: string): Result<readonly string[]> {
  const parsed = parseRange(range);
  if (!parsed.ok) return fail("InvalidRange", `semver parse error: ${parsed.message}`);
  const [highest, ...rest] = sortTags(tags, parsed.value);
  if (highest === undefined) return fail("NoMatch", `no match found for semver: ${range}`);
  const equals = rest.filter((tag) => isEqualVersion(tag, highest));
  return ok([highest, ...equals].toSorted());
}

function isEqualVersion(a: string, b: string): boolean {
  const [x, y] = [parseTagVersion(a), parseTagVersion(b)];
  return x.ok && y.ok && compareVersions(x.value, y.value) === 0;
}
