/**
 * Ranges of versions: `>=1.2 <2 || ^3`, `1.2 - 1.4`, `1.x`.
 *
 * @module
 */
import { fail, type Failure, ok, quoteLikeGo, type Result } from "../base/mod.ts";
import { type Comparator, matchesComparator, type Operator } from "./_comparator.ts";
import { parseVersion, type Version } from "./version.ts";

/** A range of versions. */
export interface Range {
  /** A version is in the range when one of these groups takes it; a group, when all of its parts do. */
  readonly groups: readonly (readonly Comparator[])[];
  /** As it was written. */
  readonly original: string;
}

/** A version with wildcards; the bar is in there for no reason but that Flux's library has it. */
const PATTERN =
  /v?([0-9|xX*]+)(?:\.([0-9|xX*]+))?(?:\.([0-9|xX*]+))?(-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/y;
const OPERATOR = /!=|>=|=>|<=|=<|~>|[=><~^]/y;
/** Go's `\s`, which is narrower than JavaScript's. */
const BLANKS = /[\t\n\f\r ]*/y;
const BLANK = "[\\t\\n\\f\\r ]+";
const HYPHEN = new RegExp(`${BLANK}-${BLANK}`, "y");

const OPERATORS: Readonly<Record<string, Operator>> = {
  "": "=",
  "=": "=",
  "!=": "!=",
  ">": ">",
  "<": "<",
  ">=": ">=",
  "=>": ">=",
  "<=": "<=",
  "=<": "<=",
  "~": "~",
  "~>": "~",
  "^": "^",
};
const MOST_GROUPS = 32;
const LONGEST = 4096;

/**
 * Parses a range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseRange(">=1.0 <2.0 || ^3").ok, true);
 * const bad = parseRange("latest");
 * assert.equal(!bad.ok && bad.message, 'improper constraint: "latest"');
 * ```
 */
export function parseRange(text: string): Result<Range> {
  if (text.length > LONGEST) {
    return invalid(`constraint is too long (max ${LONGEST} characters)`);
  }
  const parts = text.split("||");
  if (parts.length > MOST_GROUPS) {
    return invalid(`too many constraint groups (max ${MOST_GROUPS})`);
  }
  const groups: Comparator[][] = [];
  for (const part of parts) {
    const group = parseGroup(part);
    if (!group.ok) return group;
    groups.push(group.value);
  }
  return ok({ groups, original: text });
}

/**
 * Whether `version` is in `range`. A pre-release is only where its group names one.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseVersion } from "./mod.ts";
 * const range = parseRange("1.x");
 * const version = parseVersion("1.4.0");
 * assert.equal(range.ok && version.ok && satisfies(version.value, range.value), true);
 * ```
 */
export function satisfies(version: Version, range: Range): boolean {
  return range.groups.some((group) => {
    const takesPrereleases = group.some(({ version: { prerelease } }) => prerelease !== "");
    return (version.prerelease === "" || takesPrereleases) &&
      group.every((comparator) => matchesComparator(version, comparator));
  });
}

/** Comparators with blanks or a comma between them. */
function parseGroup(text: string): Result<Comparator[]> {
  const improper = invalid(`improper constraint: ${quoteLikeGo(text)}`);
  const scanner = new Scanner(text);
  const found: { operator: Operator; pattern: RegExpExecArray }[] = [];
  for (;;) {
    scanner.match(BLANKS);
    const sign = scanner.match(OPERATOR)?.[0] ?? "";
    scanner.match(BLANKS);
    const pattern = scanner.match(PATTERN);
    if (pattern === null) return improper;
    const end = sign === "" && scanner.match(HYPHEN) !== null ? scanner.match(PATTERN) : undefined;
    if (end === null) return improper;
    if (end === undefined) {
      found.push({ operator: OPERATORS[sign] ?? "=", pattern });
    } else {
      found.push({ operator: ">=", pattern }, { operator: "<=", pattern: end });
    }
    const hasBlanks = scanner.match(BLANKS)?.[0] !== "";
    if (scanner.isAtEnd) break;
    if (!scanner.take(",") && !hasBlanks) return improper;
  }
  const group: Comparator[] = [];
  for (const { operator, pattern } of found) {
    const comparator = comparatorOf(operator, pattern);
    if (!comparator.ok) return comparator;
    group.push(comparator.value);
  }
  return ok(group);
}

function comparatorOf(operator: Operator, pattern: RegExpExecArray): Result<Comparator> {
  const numbers = pattern.slice(1, 4);
  const open = numbers.findIndex((number) => number === undefined || /^[xX*]$/.test(number));
  const known = open < 0 ? numbers : numbers.slice(0, open);
  const padded = [...known, "0", "0", "0"].slice(0, 3).join(".");
  const version = parseVersion(`${padded}${pattern[4] ?? ""}`);
  if (!version.ok) return invalid("constraint parser error");
  const opens = ["major", "minor", "patch"] as const;
  return ok({ operator, version: version.value, open: opens[open] });
}

function invalid(message: string): Failure {
  return fail("InvalidRange", message);
}

/** A place in a text. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** What the sticky expression finds here. */
  match(expression: RegExp): RegExpExecArray | null {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text);
    if (found !== null) this.#at = expression.lastIndex;
    return found;
  }

  take(char: string): boolean {
    const isHere = this.#text.startsWith(char, this.#at);
    if (isHere) this.#at += char.length;
    return isHere;
  }
}
