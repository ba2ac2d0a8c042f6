/**
 * Revisions as status and events show them: `main@sha1:hex`, and `main/hex` of Flux before 2.0.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";

/** What a revision consists of. */
export interface RevisionParts {
  /** Branch, tag or full name; empty for a commit alone. */
  readonly name: string;
  /** What stands for the commit, without its algorithm. */
  readonly hash: string;
}

/** How Flux calls an algorithm that it does not know by the length of a hash. */
const UNKNOWN = "<unknown>";
const SHA1_DIGITS = 40;

/**
 * Takes a revision apart.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(splitRevision("feat/x@sha1:ab"), { name: "feat/x", hash: "ab" });
 * assert.deepEqual(splitRevision("feat/x/ab"), { name: "feat/x", hash: "ab" });
 * ```
 */
export function splitRevision(revision: string): RevisionParts {
  const [at, slash] = [revision.lastIndexOf("@"), revision.lastIndexOf("/")];
  const colon = revision.lastIndexOf(":");
  const name = revision.slice(0, Math.max(0, at >= 0 ? at : slash));
  const hash = revision.slice((colon >= 0 ? colon : slash) + 1);
  // The old form named a commit without a branch so; in the new one it is a name like others.
  return { name: at < 0 && name === "HEAD" ? "" : name, hash };
}

/** The algorithm that made a hash, judged by its length. */
export function hashAlgorithm(hash: string): string {
  return hash.length === SHA1_DIGITS ? "sha1" : UNKNOWN;
}

/** `sha1:hex`; nothing stays nothing. */
export function hashDigest(hash: string): string {
  return hash === "" ? "" : `${hashAlgorithm(hash)}:${hash}`;
}

/** A revision of either form in the new one. */
export function modernRevision(revision: string): string {
  if (revision.includes(":")) return revision;
  const { name, hash } = splitRevision(revision);
  return name === "" ? hashDigest(hash) : `${name}@${hashDigest(hash)}`;
}

/**
 * The commit that a revision names, for those who tell a forge about it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const commit = "a1afe267b54f38b46b487f6e938a6fd508278c07";
 * assert.deepEqual(commitOfRevision(`main@sha1:${commit}`), { ok: true, value: commit });
 * assert.equal(commitOfRevision("main").ok, false);
 * ```
 */
export function commitOfRevision(revision: string): Result<string> {
  const { hash } = splitRevision(modernRevision(revision));
  if (hashAlgorithm(hash) === "sha1") return ok(hash);
  return fail("InvalidRevision", `failed to extract commit hash from '${revision}' revision`);
}
