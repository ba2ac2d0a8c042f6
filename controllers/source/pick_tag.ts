/**
 * `spec.ref.semver`: the tag that a range of versions picks.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { compareVersions, parseRange, parseTagVersion, sortTags } from "../../lib/semver/mod.ts";

/**
 * The highest of `tags` in `range`. Versions that differ in their build only are equal; of those the
 * greatest name is taken. Unlike Flux, which asks for the time of their commits first.
 */
export function pickTag(tags: readonly string[], range: string): Result<string> {
  const parsed = parseRange(range);
  if (!parsed.ok) return fail("InvalidRange", `semver parse error: ${parsed.message}`);
  const [highest, ...rest] = sortTags(tags, parsed.value);
  if (highest === undefined) return fail("NoMatch", `no match found for semver: ${range}`);
  const equals = rest.filter((tag) => isEqualVersion(tag, highest));
  return ok([highest, ...equals].toSorted().at(-1) ?? highest);
}

function isEqualVersion(a: string, b: string): boolean {
  const [x, y] = [parseTagVersion(a), parseTagVersion(b)];
  return x.ok && y.ok && compareVersions(x.value, y.value) === 0;
}
