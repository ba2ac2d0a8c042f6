/**
 * Which values of a file are sealed, by the keys on the way to them.
 *
 * @module
 */
import { RE2JS } from "re2js";
import { fail, ok, type Result } from "../base/mod.ts";

/** Says of the value under `path` whether it must be sealed; `undefined` when only its look can tell. */
export type Rule = (path: readonly string[]) => boolean | undefined;

const RULES = [
  "unencrypted_suffix",
  "encrypted_suffix",
  "unencrypted_regex",
  "encrypted_regex",
  "unencrypted_comment_regex",
  "encrypted_comment_regex",
] as const;

/** What sops leaves open unless it is told otherwise. */
const USUAL_SUFFIX = "_unencrypted";

/**
 * The rule that a file was sealed by.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rule = readRule({ encrypted_regex: "^(data|stringData)$" });
 * assert.ok(rule.ok);
 * assert.deepEqual([rule.value(["data", "a"]), rule.value(["kind"])], [true, false]);
 * ```
 */
export function readRule(plain: Readonly<Record<string, unknown>>): Result<Rule> {
  const named = RULES.filter((name) => typeof plain[name] === "string" && plain[name] !== "");
  const [name = "unencrypted_suffix", another] = named;
  if (another !== undefined) {
    return fail(
      "BadMetadata",
      `the 'sops' part of the file has both ${name} and ${another}; keep one`,
    );
  }
  const text = String(plain[name] || USUAL_SUFFIX);
  switch (name) {
    case "unencrypted_suffix":
      return ok((path) => !path.some((key) => key.endsWith(text)));
    case "encrypted_suffix":
      return ok((path) => path.some((key) => key.endsWith(text)));
    case "unencrypted_regex":
    case "encrypted_regex": {
      const pattern = compile(text);
      if (pattern === undefined) {
        return fail("BadMetadata", `the 'sops' part of the file: ${name} is no regular expression`);
      }
      const isSealing = name === "encrypted_regex";
      return ok((path) => path.some((key) => pattern.matcher(key).find()) === isSealing);
    }
    // Comments decide: what is sealed shows itself.
    default:
      return ok(() => undefined);
  }
}

function compile(text: string): RE2JS | undefined {
  try {
    return RE2JS.compile(text);
  } catch {
    return undefined;
  }
}
