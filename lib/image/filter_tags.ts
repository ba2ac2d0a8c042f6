/**
 * Keeps the tags that count, and the part of them that is compared.
 *
 * @module
 */
import { RE2JS, RE2JSException } from "re2js";
import {
  type Budget,
  expandGroups,
  fail,
  type Groups,
  inTurns,
  ok,
  type Result,
} from "../base/mod.ts";

/** Which tags count, and which part of them. */
export interface TagFilter {
  /** Regular expression (RE2) that a tag must match somewhere. */
  readonly pattern?: string | undefined;
  /** What to compare instead of the tag: a template with groups of the pattern, `$1`, `${name}`. */
  readonly extract?: string | undefined;
}

const LONGEST_PATTERN = 1_000;

/**
 * What is compared, in ascending order, and the tag it comes from; of tags that come to the same, the last.
 * Both expressions and lists can be long: others have their turn meanwhile. Failure codes: `InvalidPolicy`, `Timeout`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const filter = { pattern: "^v(.*)-alpine$", extract: "$1" };
 * const kept = await filterTags(filter, ["v1-alpine", "v2"], defaultBudget());
 * assert.deepEqual(kept, { ok: true, value: new Map([["1", "v1-alpine"]]) });
 * ```
 */
export async function filterTags(
  { pattern = "", extract = "" }: TagFilter,
  tags: readonly string[],
  budget: Budget,
): Promise<Result<ReadonlyMap<string, string>>> {
  const compiled = compile(pattern);
  if (!compiled.ok) return compiled;
  const names = compiled.value.namedGroups();
  const kept: [string, string][] = [];
  const isDone = await inTurns(tags, (tag) => {
    const matcher = compiled.value.matcher(tag);
    if (!matcher.find()) return;
    const groups: Groups = {
      count: matcher.groupCount(),
      names,
      get: (index) => matcher.group(index) ?? "",
    };
    kept.push([extract === "" ? tag : expandGroups(extract, groups), tag]);
  }, budget);
  if (!isDone) return fail("Timeout", "context deadline exceeded");
  // Unlike Flux: its order changes from run to run, and with it who wins among equals.
  const found = new Map(kept);
  return ok(new Map([...found.keys()].sort().map((text) => [text, found.get(text) ?? text])));
}

function compile(pattern: string): Result<RE2JS> {
  if (pattern.length > LONGEST_PATTERN) {
    return fail(
      "InvalidPolicy",
      `regular expression pattern is longer than ${LONGEST_PATTERN} characters`,
    );
  }
  try {
    return ok(RE2JS.compile(pattern));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return fail(
      "InvalidPolicy",
      `invalid regular expression pattern '${pattern}': ${error.message}`,
      error,
    );
  }
}
