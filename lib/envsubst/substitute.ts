/**
 * Fills variables into a text.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { parseTemplate } from "./parse.ts";
import { type Expansion, type Operation, type Part, SubstitutionError } from "./template.ts";
import { trimMatch } from "./trim.ts";

/** How a text is filled in. */
export interface SubstituteOptions {
  /** A variable that is not set is a failure, unless there is a default. */
  readonly strict: boolean;
  /** Most characters that all replaced texts together may have; 64 Mi unless named. */
  readonly maxLength?: number;
}

const MAX_LENGTH = 64 << 20;
/** Most characters of a value times those of a pattern. */
const MOST_TRIM_WORK = 50_000_000;

/**
 * Fills `variables` into `text`: `${name}` and the shell-like forms of contract/kustomize.md §5.
 * The failure's message is the bare reason; codes are `InvalidTemplate`, `NotSet` and `TooLarge`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const variables = new Map([["region", "eu"]]);
 * const got = substitute("${region}-${zone:=a} $${kept}", variables, { strict: true });
 * assert.deepEqual(got, { ok: true, value: "eu-a ${kept}" });
 * ```
 */
export function substitute(
  text: string,
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions,
): Result<string> {
  if (!text.includes("$")) return ok(text);
  const run: Run = {
    variables,
    strict: options.strict,
    left: options.maxLength ?? MAX_LENGTH,
    maxLength: options.maxLength ?? MAX_LENGTH,
  };
  try {
    return ok(join(parseTemplate(text), run));
  } catch (thrown) {
    if (thrown instanceof SubstitutionError) return fail(thrown.code, thrown.message);
    throw thrown;
  }
}

interface Run {
  readonly variables: ReadonlyMap<string, string>;
  readonly strict: boolean;
  readonly maxLength: number;
  left: number;
}

function join(parts: readonly Part[], run: Run): string {
  const texts = parts.map((part) => typeof part === "string" ? part : expand(part, run));
  return texts.join("");
}

function expand({ name, operation }: Expansion, run: Run): string {
  const text = operation.kind === "default"
    ? defaulted(name, join(operation.text, run), run)
    : transform(operation, name, run);
  spend(text.length, run);
  return text;
}

/** The text counts for nothing set and for nothing in it alike, whatever sign is in front of it. */
function defaulted(name: string, text: string, run: Run): string {
  return run.variables.get(name) || text;
}

function valueOf(name: string, run: Run): string {
  const value = run.variables.get(name);
  if (value === undefined && run.strict) {
    throw new SubstitutionError("NotSet", `variable not set (strict mode): "${name}"`);
  }
  return value ?? "";
}

function transform(
  operation: Exclude<Operation, { kind: "default" }>,
  name: string,
  run: Run,
): string {
  const value = valueOf(name, run);
  switch (operation.kind) {
    case "value":
      return value;
    case "length":
      return String(new TextEncoder().encode(value).length);
    case "case":
      return changeCase(value, operation);
    case "slice":
      return slice(
        value,
        join(operation.start, run),
        operation.length && join(operation.length, run),
      );
    case "trim":
      return trim(value, join(operation.pattern, run), operation);
    case "replace":
      return replace(value, operation, run);
  }
}

/** Character by character: what has no single counterpart stays, as in Go. */
function changeCase(value: string, { upper, all }: { upper: boolean; all: boolean }): string {
  const [first = ""] = value;
  const changed = Array.from(all ? value : first, (char) => {
    const other = upper ? char.toUpperCase() : char.toLowerCase();
    return [...other].length === 1 ? other : char;
  }).join("");
  return all ? changed : changed + value.slice(first.length);
}

/** Positions count bytes, below zero from the end; what is no number leaves the value as it is. */
function slice(value: string, start: string, length: string | undefined): string {
  const at = parseInteger(start);
  const count = length === undefined ? Infinity : parseInteger(length);
  if (at === undefined || count === undefined) return value;
  const bytes = new TextEncoder().encode(value);
  const from = Math.max(0, at < 0 ? bytes.length + at : at);
  const to = count < 0 ? bytes.length + count : from + count;
  const cut = bytes.subarray(from, Math.max(from, to));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(cut);
  } catch {
    throw new SubstitutionError("InvalidTemplate", `a position inside a character: ${start}`);
  }
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}

function trim(
  value: string,
  pattern: string,
  options: { end: "prefix" | "suffix"; longest: boolean },
): string {
  if (value.length * pattern.length > MOST_TRIM_WORK) {
    throw new SubstitutionError("TooLarge", "the pattern is too long for so long a value");
  }
  return trimMatch(value, pattern, options);
}

function replace(
  value: string,
  operation: Extract<Operation, { kind: "replace" }>,
  run: Run,
): string {
  const old = join(operation.old, run);
  const text = operation.new === undefined ? "" : join(operation.new, run);
  switch (operation.where) {
    case "first":
      return value.replace(old, () => text);
    case "all":
      return replaceAll(value, old, text, run);
    case "prefix":
      // At an end, both texts are needed: with nothing written the value stays.
      return operation.new !== undefined && value.startsWith(old)
        ? text + value.slice(old.length)
        : value;
    case "suffix":
      return operation.new !== undefined && value.endsWith(old)
        ? value.slice(0, value.length - old.length) + text
        : value;
  }
}

function replaceAll(value: string, old: string, text: string, run: Run): string {
  const pieces = value.split(old);
  // Counted before it is made: a short text may ask for a very long one.
  if (value.length + pieces.length * text.length > run.left) throw tooLong(run);
  return pieces.join(text);
}

function spend(length: number, run: Run): void {
  run.left -= length;
  if (run.left < 0) throw tooLong(run);
}

function tooLong(run: Run): SubstitutionError {
  return new SubstitutionError("TooLarge", `the values have more than ${run.maxLength} characters`);
}
