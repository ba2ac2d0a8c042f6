/**
 * One part of a range: an operator and a version whose end may be left open.
 *
 * @module
 */
import { comparePrereleases, compareVersions, type Version } from "./version.ts";

/** How a version is compared. */
export type Operator = "=" | "!=" | ">" | "<" | ">=" | "<=" | "~" | "^";

/** One part of a range. */
export interface Comparator {
  /** How. */
  readonly operator: Operator;
  /** With zeros for what was left open. */
  readonly version: Version;
  /** The first number that was left open: `minor` in `1`, `1.x` and `1.*`; none in `1.2.3`. */
  readonly open: "major" | "minor" | "patch" | undefined;
}

/** Whether the comparator takes `version`; what to do with pre-releases the caller has decided. */
export function matchesComparator(version: Version, comparator: Comparator): boolean {
  const { version: bound, open } = comparator;
  switch (comparator.operator) {
    case "=":
      return open === undefined
        ? compareVersions(version, bound) === 0
        : isNear(version, comparator);
    case "!=":
      return isOther(version, comparator);
    case ">":
      return isAbove(version, comparator);
    case "<":
      return compareVersions(version, bound) < 0;
    case ">=":
      return compareVersions(version, bound) >= 0;
    case "<=":
      return isNotAbove(version, comparator);
    case "~":
      return isNear(version, comparator);
    case "^":
      return isCompatible(version, comparator);
  }
}

/** `~1.2.3`: the same minor version from there on; `~1`: the same major version. */
function isNear(version: Version, { version: bound, open }: Comparator): boolean {
  if (compareVersions(version, bound) < 0) return false;
  // `*`, and for Flux's library `~0.0.0` as well, which is written as the same thing there.
  if (isZero(bound) && open !== "minor" && open !== "patch") return true;
  return version.major === bound.major && (open === "minor" || version.minor === bound.minor);
}

function isZero({ major, minor, patch }: Version): boolean {
  return major === 0n && minor === 0n && patch === 0n;
}

/** `^1.2.3`: nothing that changes the first number that is not zero; `^*` takes 0.0.0 alone. */
function isCompatible(version: Version, { version: bound, open }: Comparator): boolean {
  if (compareVersions(version, bound) < 0 || version.major !== bound.major) return false;
  if (bound.major > 0n || open === "minor") return true;
  if (version.minor !== bound.minor) return false;
  return bound.minor > 0n || open === "patch" || version.patch === bound.patch;
}

/** `>1` begins with 2.0.0, `>1.2` with 1.3.0. */
function isAbove(version: Version, { version: bound, open }: Comparator): boolean {
  if (open !== undefined && version.major !== bound.major) return version.major > bound.major;
  if (open === "minor") return false;
  if (open === "patch") return version.minor > bound.minor;
  return compareVersions(version, bound) > 0;
}

/** `<=1` ends before 2.0.0, `<=1.2` before 1.3.0; `<=*` reads as `<=0.0`. */
function isNotAbove(version: Version, { version: bound, open }: Comparator): boolean {
  if (open === undefined) return compareVersions(version, bound) <= 0;
  if (version.major !== bound.major) return version.major < bound.major;
  return open === "minor" || version.minor <= bound.minor;
}

/** `!=1` leaves out all of 1; `!=1.2-rc` of 1.2 only what is called `rc`. */
function isOther(version: Version, { version: bound, open }: Comparator): boolean {
  if (open === "minor") return version.major !== bound.major;
  if (open !== "patch") return compareVersions(version, bound) !== 0;
  return version.major !== bound.major || version.minor !== bound.minor ||
    comparePrereleases(version.prerelease, bound.prerelease) !== 0;
}
