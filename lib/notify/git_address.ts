/**
 * Where a forge keeps a repository: its API is asked by host and by the repository's path.
 *
 * @module
 */
import { parseGitAddress, repositoryPath } from "../git/mod.ts";

/** A repository of a forge. */
export interface ForgePlace {
  /** `https://github.com`: what answers on ssh has its API on https. */
  readonly host: string;
  /** `owner/name`, or deeper. */
  readonly id: string;
}

/**
 * The forge and the repository that `spec.address` of a Provider names. What is no URL comes out under
 * `file://`, which no forge answers to.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const want = { host: "https://gitlab.com", id: "team/app" };
 * assert.deepEqual(parseForgeAddress("git@gitlab.com:team/app.git"), want);
 * ```
 */
export function parseForgeAddress(address: string): ForgePlace {
  const parsed = parseGitAddress(address);
  const scheme = parsed.scheme === "ssh" ? "https" : parsed.scheme;
  return { host: `${scheme}://${parsed.host}`, id: repositoryPath(parsed) };
}
