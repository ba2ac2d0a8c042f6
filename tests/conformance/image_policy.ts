/**
 * Conformance of `lib/image` with the rows recorded from Flux's image reflector.
 *
 * @module
 */
import { defaultBudget, type Failure, isEqualJson } from "../../lib/base/mod.ts";
import { chooseTag, filterTags, type TagOrder } from "../../lib/image/mod.ts";
import { formatVersion, parseRange, parseTagVersion, sortTags } from "../../lib/semver/mod.ts";

interface FilterInput {
  readonly pattern: string;
  readonly extract: string;
  readonly tags: readonly string[];
}

type Input =
  | { readonly op: "latest"; readonly policy: TagOrder; readonly tags: readonly string[] }
  | ({ readonly op: "filterTags" } & FilterInput)
  | ({ readonly op: "filterAndLatest"; readonly policy: TagOrder } & FilterInput)
  | { readonly op: "parseVersion"; readonly version: string }
  | { readonly op: "sortVersions"; readonly range: string; readonly versions: readonly string[] };

interface Row {
  readonly input: Input;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Why the row fails, or nothing. */
export async function runRow(row: unknown): Promise<string | undefined> {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const got = await answer(input);
  return isEqualJson(got, expect)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(expect)}`;
}

async function answer(input: Input): Promise<Record<string, unknown>> {
  switch (input.op) {
    case "latest":
      return latest(await chooseTag({ policy: input.policy }, input.tags, defaultBudget()));
    case "filterAndLatest":
      return latest(
        await chooseTag(
          { policy: input.policy, filterTags: input },
          input.tags,
          defaultBudget(),
        ),
      );
    case "filterTags": {
      const kept = await filterTags(input, input.tags, defaultBudget());
      if (!kept.ok) return { error: kept.message };
      return {
        extracted: [...kept.value.keys()],
        extractedToOriginal: Object.fromEntries(kept.value),
      };
    }
    case "parseVersion": {
      const version = parseTagVersion(input.version);
      if (!version.ok) return { error: version.message, valid: false };
      const { original } = version.value;
      return { canonical: formatVersion(version.value), original, valid: true };
    }
    case "sortVersions": {
      const range = input.range === "" ? undefined : parseRange(input.range);
      if (range?.ok === false) return { error: range.message };
      return { sorted: [...sortTags(input.versions, range?.value)] };
    }
  }
}

/** The rows have the policy's own words; what is put in front of them is the controller's. */
function latest(chosen: { ok: true; value: string } | Failure): Record<string, unknown> {
  if (chosen.ok) return { latest: chosen.value };
  return chosen.code === "InvalidPolicy"
    ? { policyError: chosen.message.replace("invalid policy: ", "") }
    : { error: chosen.message };
}
