/**
 * From `spec.ref` to the ref to ask for, and to the revision that is shown.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { RefSpec } from "./client.ts";

/** What to ask the server. */
export type Wanted =
  | { readonly kind: "commit"; readonly commit: string; readonly branch?: string }
  | { readonly kind: "ref"; readonly ref: string; readonly isFullName: boolean }
  | { readonly kind: "any"; readonly name: string; readonly refs: readonly string[] }
  | { readonly kind: "semver"; readonly range: string };

/** What `spec.ref` means when nothing is given; Flux guesses nothing from the remote. */
const DEFAULT_BRANCH = "master";
const MOST_REF_LENGTH = 1024;
const OBJECT_ID = /^[0-9a-f]{40}$|^[0-9a-f]{64}$/;

/**
 * Reads a `spec.ref`: commit beats name, tag, semver, branch.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseRefSpec({ branch: "main" });
 * assert.deepEqual(got.ok && got.value, { kind: "ref", ref: "refs/heads/main", isFullName: false });
 * ```
 */
export function parseRefSpec(spec: RefSpec): Result<Wanted> {
  const { branch, tag, semver, name, commit } = spec;
  if (spec.any !== undefined) return wantAny(spec.any);
  const isSet = (value: string | undefined) => value !== undefined && value !== "";
  if (commit !== undefined && isSet(commit)) {
    if (!OBJECT_ID.test(commit)) {
      return fail("InvalidRef", `spec.ref.commit ${quote(commit)} is not the full id of a commit`);
    }
    const checked = branch === undefined || branch === "" ? ok("") : checkRef(branch, "branch");
    if (!checked.ok) return checked;
    return ok({ kind: "commit", commit, ...(checked.value !== "" && { branch: checked.value }) });
  }
  if (name !== undefined && isSet(name)) return wantRef(name.replace(/\^\{\}$/, ""), "name", "");
  if (tag !== undefined && isSet(tag)) return wantRef(tag, "tag", "refs/tags/");
  if (semver !== undefined && isSet(semver)) return ok({ kind: "semver", range: semver });
  return wantRef(isSet(branch) ? branch ?? "" : DEFAULT_BRANCH, "branch", "refs/heads/");
}

function wantRef(name: string, field: string, prefix: string): Result<Wanted> {
  const checked = checkRef(name, field);
  if (!checked.ok) return checked;
  return ok({ kind: "ref", ref: prefix + name, isFullName: prefix === "" });
}

/** gitrevisions: the places where a name is looked for, a tag before a branch. */
function wantAny(name: string): Result<Wanted> {
  if (OBJECT_ID.test(name)) return ok({ kind: "commit", commit: name });
  const checked = checkRef(name, "name");
  if (!checked.ok) {
    return fail("InvalidRef", `${quote(name)} cannot be the name of a git reference`);
  }
  const refs = ["", "refs/", "refs/tags/", "refs/heads/"].map((prefix) => prefix + name);
  return ok({ kind: "any", name, refs });
}

/** git-check-ref-format: what no ref may be called. */
function checkRef(name: string, field: string): Result<string> {
  const parts = name.split("/");
  const isBad = name.length > MOST_REF_LENGTH ||
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\.$/.test(name) || name === "@" ||
    parts.some((part) => part === "" || part.startsWith(".") || part.endsWith(".lock"));
  if (!isBad) return ok(name);
  return fail(
    "InvalidRef",
    `spec.ref.${field} ${quote(name)} cannot be the name of a git reference`,
  );
}

/**
 * The revision as status shows it: what follows the second slash of the ref, or all of it when the ref was
 * given by its full name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatRevision("refs/heads/feat/x", "sha1:ab", false), "feat/x@sha1:ab");
 * assert.equal(formatRevision("refs/pull/1/head", "sha1:ab", true), "refs/pull/1/head@sha1:ab");
 * assert.equal(formatRevision("", "sha1:ab", false), "sha1:ab");
 * ```
 */
export function formatRevision(ref: string, digest: string, isFullName: boolean): string {
  if (ref === "") return digest;
  const short = isFullName ? ref : ref.split("/").slice(2).join("/");
  return short === "" ? digest : `${short}@${digest}`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 200));
}
