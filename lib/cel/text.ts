/**
 * Functions of strings: those of the standard library and of cel-go's `ext.Strings`.
 *
 * @module
 */
import { RE2JS, RE2JSException } from "re2js";
import { formatText } from "./format.ts";
import { CelError, type CelMeter } from "./meter.ts";
import { type CelValue, isList, itemsOf, listOf } from "./value.ts";

/** A method of a string. */
export type TextMethod = (
  text: string,
  args: readonly CelValue[],
  meter: CelMeter,
) => CelValue | undefined;

const LONGEST_PATTERN = 1_000;
/** Repetitions multiply the states of a pattern; RE2 refuses more than this many of one piece. */
const MOST_REPETITIONS = 1_000;

/** Methods of a string by name. */
export const TEXT_METHODS: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ["contains", simple((text, other) => text.includes(other))],
  ["startsWith", simple((text, other) => text.startsWith(other))],
  ["endsWith", simple((text, other) => text.endsWith(other))],
  ["matches", matches],
  ["charAt", charAt],
  ["indexOf", (text, args, meter) => indexOf(text, args, meter, false)],
  ["lastIndexOf", (text, args, meter) => indexOf(text, args, meter, true)],
  ["lowerAscii", changed((text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))],
  ["upperAscii", changed((text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()))],
  ["trim", changed((text) => text.trim())],
  ["reverse", changed((text) => [...text].reverse().join(""))],
  ["replace", replace],
  ["split", split],
  ["substring", substring],
  [
    "format",
    (text, [args = null], meter) =>
      isList(args) ? formatText(text, itemsOf(args), meter) : undefined,
  ],
]);

/** What has an escape of its own in a string literal. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);

/** `strings.quote(text)` */
export function quote(text: string, meter: CelMeter): string {
  meter.produce(text.length * 2);
  return `"${Array.from(text, (character) => ESCAPES.get(character) ?? character).join("")}"`;
}

/** `list.join(separator)` */
export function join(list: CelValue, separator: CelValue, meter: CelMeter): CelValue | undefined {
  if (!isList(list) || typeof separator !== "string") return undefined;
  meter.step(list.size());
  const parts: string[] = [];
  for (const item of itemsOf(list)) {
    if (typeof item !== "string") return undefined;
    meter.produce(item.length + separator.length);
    parts.push(item);
  }
  return parts.join(separator);
}

function simple(test: (text: string, other: string) => boolean): TextMethod {
  return (text, [other], meter) => {
    if (typeof other !== "string") return undefined;
    meter.read(text.length + other.length);
    return test(text, other);
  };
}

function changed(change: (text: string) => string): TextMethod {
  return (text, args, meter) => {
    if (args.length > 0) return undefined;
    meter.produce(text.length);
    return change(text);
  };
}

function matches(
  text: string,
  [pattern]: readonly CelValue[],
  meter: CelMeter,
): CelValue | undefined {
  if (typeof pattern !== "string") return undefined;
  if (pattern.length > LONGEST_PATTERN) {
    throw new CelError(`the pattern is longer than ${LONGEST_PATTERN} characters`);
  }
  const compiled = compiledOnce(pattern, meter);
  const states = compiled.programSize();
  // RE2 goes through the text once, and may be in every state at every character.
  meter.step(Math.ceil(states + text.length * states / 10));
  return compiled.matcher(text).find();
}

/** Patterns of one evaluation: a loop asks for the same one again and again. */
const patterns = new WeakMap<CelMeter, Map<string, RE2JS>>();

function compiledOnce(pattern: string, meter: CelMeter): RE2JS {
  const known = patterns.get(meter) ?? new Map<string, RE2JS>();
  patterns.set(meter, known);
  const compiled = known.get(pattern);
  if (compiled !== undefined) return compiled;
  const counts = [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)];
  const repetitions = counts.reduce(
    (product, [, least, most]) => product * Math.max(Number(least), Number(most || "0"), 1),
    1,
  );
  meter.step(pattern.length * Math.min(repetitions, MOST_REPETITIONS));
  const fresh = compile(pattern);
  known.set(pattern, fresh);
  return fresh;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new CelError(
      `"${pattern.slice(0, 60)}" is no regular expression (RE2): ${error.message}`,
    );
  }
}

function charAt(text: string, [at]: readonly CelValue[], meter: CelMeter): CelValue | undefined {
  if (typeof at !== "bigint") return undefined;
  const points = pointsOf(text, meter);
  return points[within(at, points.length)] ?? "";
}

function indexOf(
  text: string,
  [other, from]: readonly CelValue[],
  meter: CelMeter,
  isLast: boolean,
): CelValue | undefined {
  if (typeof other !== "string" || (from !== undefined && typeof from !== "bigint")) {
    return undefined;
  }
  const points = pointsOf(text, meter);
  const wanted = pointsOf(other, meter);
  const limit = points.length - wanted.length;
  if (from !== undefined && from < 0n) throw new CelError(`index out of range: ${from}`);
  if (limit < 0) return -1n;
  const start = from === undefined ? (isLast ? limit : 0) : Number(from);
  const step = isLast ? -1 : 1;
  for (let at = isLast ? Math.min(start, limit) : start; at >= 0 && at <= limit; at += step) {
    meter.read(wanted.length);
    if (wanted.every((point, index) => points[at + index] === point)) return BigInt(at);
  }
  return -1n;
}

function replace(
  text: string,
  [from, to, most]: readonly CelValue[],
  meter: CelMeter,
): CelValue | undefined {
  if (typeof from !== "string" || typeof to !== "string") return undefined;
  if (most !== undefined && typeof most !== "bigint") return undefined;
  const limit = most === undefined || most < 0n ? Infinity : Number(most);
  const parts = cut(text, from, limit === Infinity ? limit : limit + 1, meter);
  const size = parts.reduce((sum, part) => sum + part.length, 0) + (parts.length - 1) * to.length;
  meter.produce(size);
  // Go puts it at both ends too when it replaces nothing by something.
  if (from === "" && limit > 0) return replaceEmpty(text, to, limit, meter);
  return parts.join(to);
}

function replaceEmpty(text: string, to: string, limit: number, meter: CelMeter): string {
  const points = pointsOf(text, meter);
  meter.produce((points.length + 1) * to.length);
  const done = points.map((point, at) => at < limit ? to + point : point).join("");
  return points.length < limit ? done + to : done;
}

function split(
  text: string,
  [separator, most]: readonly CelValue[],
  meter: CelMeter,
): CelValue | undefined {
  if (typeof separator !== "string") return undefined;
  if (most !== undefined && typeof most !== "bigint") return undefined;
  if (most === 0n) return listOf([]);
  const limit = most === undefined || most < 0n ? Infinity : Number(most);
  return listOf(cut(text, separator, limit, meter));
}

/** At most `limit` parts; the last one is the rest. */
function cut(text: string, separator: string, limit: number, meter: CelMeter): string[] {
  meter.produce(text.length);
  const parts = separator === "" ? pointsOf(text, meter) : text.split(separator);
  meter.step(parts.length);
  if (parts.length <= limit) return parts;
  const kept = parts.slice(0, limit - 1);
  return [...kept, parts.slice(limit - 1).join(separator)];
}

function substring(
  text: string,
  [from, to]: readonly CelValue[],
  meter: CelMeter,
): CelValue | undefined {
  if (typeof from !== "bigint" || (to !== undefined && typeof to !== "bigint")) return undefined;
  const points = pointsOf(text, meter);
  const start = within(from, points.length);
  const end = to === undefined ? points.length : within(to, points.length);
  if (start > end) {
    throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  }
  return points.slice(start, end).join("");
}

function within(at: bigint, length: number): number {
  if (at < 0n || at > BigInt(length)) throw new CelError(`index out of range: ${at}`);
  return Number(at);
}

function pointsOf(text: string, meter: CelMeter): string[] {
  meter.produce(text.length);
  return [...text];
}
