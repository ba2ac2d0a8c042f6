/**
 * Chooses the latest tag by the rules of an ImagePolicy.
 *
 * @module
 */
import { type Budget, fail, inTurns, ok, parseNumber, type Result } from "../base/mod.ts";
import {
  compareVersions,
  parseRange,
  parseTagVersion,
  satisfies,
  type Version,
} from "../semver/mod.ts";
import { filterTags, type TagFilter } from "./filter_tags.ts";

/** How tags are compared: exactly one of these. */
export interface TagOrder {
  /** As versions; the highest in the range is the latest. */
  readonly semver?: { readonly range: string } | undefined;
  /** As texts; `asc`, which is the default, takes the last. */
  readonly alphabetical?: { readonly order?: string | undefined } | undefined;
  /** As numbers; `asc`, which is the default, takes the greatest. */
  readonly numerical?: { readonly order?: string | undefined } | undefined;
}

/** What an ImagePolicy says about tags. */
export interface TagPolicy {
  /** How tags are compared. */
  readonly policy: TagOrder;
  /** Which tags count. */
  readonly filterTags?: TagFilter | undefined;
}

/** Picks from what counts; the list is never empty. */
type Chooser = (candidates: readonly string[], budget: Budget) => Promise<Result<string>>;

/**
 * The latest of `tags`. Failure codes: `InvalidPolicy` when no list of tags could ever do, `NoMatch` when
 * this one does not, `Timeout`. Messages are Flux's.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "../base/mod.ts";
 * const tags = ["main-1", "main-10", "main-9", "1.0.0"];
 * const spec = {
 *   policy: { numerical: { order: "asc" } },
 *   filterTags: { pattern: "^main-(?P<n>[0-9]+)$", extract: "$n" },
 * };
 * const chosen = await chooseTag(spec, tags, defaultBudget());
 * assert.deepEqual(chosen, { ok: true, value: "main-10" });
 * ```
 */
export async function chooseTag(
  spec: TagPolicy,
  tags: readonly string[],
  budget: Budget,
): Promise<Result<string>> {
  const choose = chooserOf(spec.policy);
  if (!choose.ok) return fail("InvalidPolicy", `invalid policy: ${choose.message}`);
  if (spec.filterTags === undefined) return await chooseFrom(tags, choose.value, budget);
  const filtered = await filterTags(spec.filterTags, tags, budget);
  if (!filtered.ok) return fail(filtered.code, `failed to filter tags: ${filtered.message}`);
  const chosen = await chooseFrom([...filtered.value.keys()], choose.value, budget);
  return chosen.ok ? ok(filtered.value.get(chosen.value) ?? chosen.value) : chosen;
}

async function chooseFrom(
  candidates: readonly string[],
  choose: Chooser,
  budget: Budget,
): Promise<Result<string>> {
  return candidates.length === 0
    ? fail("NoMatch", "version list argument cannot be empty")
    : await choose(candidates, budget);
}

function chooserOf({ semver, alphabetical, numerical }: TagOrder): Result<Chooser> {
  if (semver !== undefined) return semverChooser(semver.range);
  if (alphabetical !== undefined) return orderedChooser(alphabetical.order, chooseText);
  if (numerical !== undefined) return orderedChooser(numerical.order, chooseNumber);
  return fail("InvalidPolicy", "given ImagePolicyChoice object is invalid");
}

function semverChooser(text: string): Result<Chooser> {
  const range = parseRange(text);
  if (!range.ok) return range;
  return ok(async (candidates, budget) => {
    // Of equal versions the first. To sort a long list would keep everybody else waiting.
    let highest: Version | undefined;
    const isDone = await inTurns(candidates, (tag) => {
      const version = parseTagVersion(tag);
      if (!version.ok || !satisfies(version.value, range.value)) return;
      if (highest === undefined || compareVersions(version.value, highest) > 0) {
        highest = version.value;
      }
    }, budget);
    if (!isDone) return fail("Timeout", "context deadline exceeded");
    return highest === undefined
      ? fail("NoMatch", "unable to determine latest version from provided list")
      : ok(highest.original);
  });
}

function orderedChooser(
  order: string | undefined,
  choose: (candidates: readonly string[], ascending: boolean) => Result<string>,
): Result<Chooser> {
  const wanted = (order || "asc").toUpperCase();
  if (wanted !== "ASC" && wanted !== "DESC") {
    return fail(
      "InvalidPolicy",
      `invalid order argument provided: '${wanted}', must be one of: ASC, DESC`,
    );
  }
  return ok((candidates) => Promise.resolve(choose(candidates, wanted === "ASC")));
}

function chooseText(candidates: readonly string[], ascending: boolean): Result<string> {
  return ok(candidates.reduce((best, text) => (text > best) === ascending ? text : best));
}

/** Of equal numbers the later candidate wins; what is no number spoils the list. */
function chooseNumber(candidates: readonly string[], ascending: boolean): Result<string> {
  let best: { text: string; number: number } | undefined;
  for (const text of candidates) {
    const number = parseNumber(text);
    if (number === undefined) {
      return fail("NoMatch", `failed to parse invalid numeric value '${text}'`);
    }
    const isWorse = best !== undefined &&
      (ascending ? number < best.number : number > best.number);
    if (!isWorse) best = { text, number };
  }
  return ok(best?.text ?? "");
}
