/**
 * Versions: `1.2.3-rc.1+build`, also `v1.2`.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";

/** A version. */
export interface Version {
  /** Up to 64 bits each: people put dates there. */
  readonly major: bigint;
  /** As `major`. */
  readonly minor: bigint;
  /** As `major`. */
  readonly patch: bigint;
  /** What follows the first hyphen; empty for a release. */
  readonly prerelease: string;
  /** What follows the plus sign; counts for nothing. */
  readonly metadata: string;
  /** As it was written. */
  readonly original: string;
}

const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const VERSION = new RegExp(
  `^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?(?:-(${IDENTIFIERS}))?(?:\\+(${IDENTIFIERS}))?$`,
);
const STRICT_START = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+]|$)/;
const LONGEST = 256;
const MOST_NUMBER = 2n ** 64n - 1n;

/**
 * Parses a version; a leading `v` and leading zeros are allowed, minor and patch may be missing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parsed = parseVersion("v1.2-rc.1");
 * assert.equal(parsed.ok && formatVersion(parsed.value), "1.2.0-rc.1");
 * assert.equal(parseVersion("latest").ok, false);
 * ```
 */
export function parseVersion(text: string): Result<Version> {
  const match = text.length <= LONGEST ? VERSION.exec(text) : null;
  if (match === null) return fail("InvalidVersion", "invalid semantic version");
  const [, major = "0", minor = "0", patch = "0", prerelease = "", metadata = ""] = match;
  const tooLarge = [major, minor, patch].find((digits) => BigInt(digits) > MOST_NUMBER);
  if (tooLarge !== undefined) {
    // Go's words, which Flux hands on.
    const reason = `strconv.ParseUint: parsing "${tooLarge}": value out of range`;
    return fail("InvalidVersion", `error parsing version segment: ${reason}`);
  }
  if (prerelease.split(".").some((identifier) => /^0\d+$/.test(identifier))) {
    return fail("InvalidVersion", "version segment starts with 0");
  }
  return ok({
    major: BigInt(major),
    minor: BigInt(minor),
    patch: BigInt(patch),
    prerelease,
    metadata,
    original: text,
  });
}

/**
 * Parses a version that is written exactly as the specification has it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseStrictVersion("1.2.3").ok, true);
 * assert.equal(parseStrictVersion("v1.2.3").ok, false);
 * ```
 */
export function parseStrictVersion(text: string): Result<Version> {
  return STRICT_START.test(text)
    ? parseVersion(text)
    : fail("InvalidVersion", "invalid semantic version");
}

/**
 * Parses a tag of git, an image or a chart: only what has two dots counts as a version, so that a tag
 * like `1` or `20260101-main` never wins.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseTagVersion("v1.2.3").ok, true);
 * assert.equal(parseTagVersion("1.2").ok, false);
 * ```
 */
export function parseTagVersion(tag: string): Result<Version> {
  return tag.split(".", 3).length === 3
    ? parseVersion(tag)
    : fail("InvalidVersion", "invalid semantic version");
}

/**
 * The version as the specification writes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const parsed = parseVersion("v01.2+x");
 * assert.equal(parsed.ok && formatVersion(parsed.value), "1.2.0+x");
 * ```
 */
export function formatVersion(version: Version): string {
  const { major, minor, patch, prerelease, metadata } = version;
  const pre = prerelease === "" ? "" : `-${prerelease}`;
  return `${major}.${minor}.${patch}${pre}${metadata === "" ? "" : `+${metadata}`}`;
}

/**
 * Below zero when `a` comes before `b`, above zero when after; metadata counts for nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [a, b] = [parseVersion("1.0.0-rc.9"), parseVersion("1.0.0-rc.10")];
 * assert.equal(a.ok && b.ok && compareVersions(a.value, b.value), -1);
 * ```
 */
export function compareVersions(a: Version, b: Version): number {
  return order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease);
}

/** Semantic Versioning 2.0.0 §11.3 and §11.4. */
export function comparePrereleases(a: string, b: string): number {
  // A release comes after all that led to it.
  if (a === "" || b === "") return order(a === "" ? 1 : 0, b === "" ? 1 : 0);
  const left = a.split(".");
  const right = b.split(".");
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const compared = compareIdentifiers(left[index], right[index]);
    if (compared !== 0) return compared;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) {
    return order(a === undefined ? 0 : 1, b === undefined ? 0 : 1);
  }
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined && right !== undefined) return order(left, right);
  if (left === undefined && right === undefined) return order(a, b);
  return left === undefined ? 1 : -1;
}

/** What 64 bits do not hold is compared as text. */
function numberOf(identifier: string): bigint | undefined {
  const number = /^\d+$/.test(identifier) ? BigInt(identifier) : undefined;
  return number !== undefined && number <= MOST_NUMBER ? number : undefined;
}

function order<T extends bigint | number | string>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
