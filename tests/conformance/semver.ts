/**
 * Conformance of `lib/semver` with the rows recorded from the library that Flux uses.
 *
 * @module
 */
import { isEqualJson, isRecord } from "../../lib/base/mod.ts";
import {
  compareVersions,
  formatVersion,
  parseRange,
  parseStrictVersion,
  parseTagVersion,
  parseVersion,
  satisfies,
} from "../../lib/semver/mod.ts";

type Input =
  | { readonly kind: "constraint-check"; readonly constraint: string; readonly version: string }
  | { readonly kind: "version-parse"; readonly version: string }
  | { readonly kind: "compare"; readonly a: string; readonly b: string };

interface Row {
  readonly input: Input;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** Why the row fails, or nothing. */
export function runRow(row: unknown): string | undefined {
  // The file's own README gives rows this shape.
  const { input, expect } = row as Row;
  const got = answer(input);
  // What npm's library gives is there for comparison only.
  const { nodeSemver: _, ...want } = isRecord(expect) ? expect : {};
  return isEqualJson(got, want)
    ? undefined
    : `got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`;
}

function answer(input: Input): Record<string, unknown> {
  switch (input.kind) {
    case "constraint-check":
      return checkConstraint(input.constraint, input.version);
    case "version-parse":
      return describeVersion(input.version);
    case "compare": {
      const a = parseVersion(input.a);
      const b = parseVersion(input.b);
      return { compare: a.ok && b.ok ? compareVersions(a.value, b.value) : undefined };
    }
  }
}

function checkConstraint(constraint: string, text: string): Record<string, unknown> {
  const fluxVersionValid = parseTagVersion(text).ok;
  const range = parseRange(constraint);
  if (!range.ok) return { constraintError: range.message, fluxVersionValid };
  const version = parseVersion(text);
  if (!version.ok) return { versionError: version.message, fluxVersionValid };
  return { match: satisfies(version.value, range.value), fluxVersionValid };
}

function describeVersion(text: string): Record<string, unknown> {
  const valid = {
    fluxVersionValid: parseTagVersion(text).ok,
    strictValid: parseStrictVersion(text).ok,
  };
  const version = parseVersion(text);
  if (!version.ok) return { ...valid, error: version.message };
  const { major, minor, patch, prerelease, metadata } = version.value;
  // The numbers were recorded as doubles.
  const [x, y, z] = [major, minor, patch].map((number) => String(Number(number)));
  return {
    ...valid,
    canonical: formatVersion(version.value),
    major: x,
    minor: y,
    patch: z,
    prerelease,
    metadata,
  };
}
