/**
 * Which tags a workload wants, as Flux v1 wrote it: `semver:~1`, `glob:main-*`, `regexp:^v`.
 *
 * @module
 */
import { RE2JS, RE2JSException } from "re2js";
import { ok, type Result } from "../../base/mod.ts";
import { parseRange, parseVersion, satisfies } from "../../semver/mod.ts";

/** Tells tags apart. */
export interface TagPattern {
  /** How it tells them. */
  readonly type: "glob" | "semver" | "regexp";
  /** With its prefix, `regex:` spelled `regexp:`. */
  readonly text: string;
  /** Whether it can be read; one that cannot takes every tag, or every version. */
  readonly isValid: boolean;
  /** Whether the newest of its tags is the one built last, not the highest version. */
  readonly ordersByDate: boolean;
  /** Whether it takes a tag. */
  matches(tag: string): boolean;
}

/** What a container has that names no pattern. */
const ANY = "glob:*";
const LONGEST = 1_000;

/**
 * Reads a pattern; a text without a prefix is a glob, of which `*` is the only wildcard.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseTagPattern("main-*").matches("main-1"), true);
 * assert.equal(parseTagPattern("semver:~1").matches("2.0.0"), false);
 * ```
 */
export function parseTagPattern(text: string): TagPattern {
  const [, prefix = "glob", rest = text] = /^(semver|regexp|regex|glob):(.*)$/s.exec(text) ?? [];
  if (prefix === "semver") return semverPattern(rest);
  return prefix === "glob" ? globPattern(rest) : regexpPattern(rest);
}

/** The pattern of a container, of the policies of its workload. */
export function tagPatternOf(policies: ReadonlyMap<string, string>, container: string): TagPattern {
  return parseTagPattern(policies.get(`tag.${container}`) ?? ANY);
}

function semverPattern(text: string): TagPattern {
  const range = parseRange(text);
  return {
    type: "semver",
    text: `semver:${text}`,
    isValid: range.ok,
    ordersByDate: false,
    matches: (tag) => {
      const version = parseVersion(tag);
      return version.ok && (!range.ok || satisfies(version.value, range.value));
    },
  };
}

function globPattern(text: string): TagPattern {
  const parts = text.split("*");
  return {
    type: "glob",
    text: `glob:${text}`,
    isValid: true,
    ordersByDate: true,
    matches: (tag) => matchesParts(tag, parts),
  };
}

/** The parts between stars have to follow each other, the outer ones at the ends. */
function matchesParts(tag: string, parts: readonly string[]): boolean {
  const [first = "", ...others] = parts;
  const last = others.pop();
  if (last === undefined) return tag === first;
  if (!tag.startsWith(first) || !tag.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = tag.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= tag.length - last.length;
}

function regexpPattern(text: string): TagPattern {
  const compiled = compile(text);
  return {
    type: "regexp",
    text: `regexp:${text}`,
    isValid: compiled.ok,
    ordersByDate: true,
    matches: (tag) => !compiled.ok || compiled.value.matcher(tag).find(),
  };
}

function compile(text: string): Result<RE2JS> {
  const bad = { ok: false, code: "InvalidPattern", message: "no regular expression" } as const;
  if (text.length > LONGEST) return bad;
  try {
    return ok(RE2JS.compile(text));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return { ...bad, message: error.message };
  }
}
