/**
 * How a string is written: which quotes it needs, and where its lines are folded.
 *
 * @module
 */
import { readsAsOther } from "./resolve.ts";

/** Where a scalar is written. */
export interface Place {
  /** Column of its first character. */
  readonly column: number;
  /** Column of the lines it is continued on. */
  readonly indent: number;
  /** A key on one line is not folded. */
  readonly key?: boolean;
  /** Columns between a block and what it belongs to, for a block whose own lines do not tell. */
  readonly step?: number;
}

/** Past this column the next space becomes a line end. */
const BEST_WIDTH = 80;

/** Most UTF-8 bytes of a key that stands in front of its colon. */
const LONGEST_SIMPLE_KEY = 128;

const PLAIN = 1;
const SINGLE = 2;
const BLOCK = 4;
const MULTILINE = 8;

const LINE_SEPARATOR = 0x2028;
const PARAGRAPH_SEPARATOR = 0x2029;
const BYTE_ORDER_MARK = 0xfeff;

/** True for a key that can stand in front of its colon, on one line. */
export function isSimpleKey(key: string): boolean {
  const text = foldNextLines(key);
  if ((analyse(text) & MULTILINE) !== 0) return false;
  if (text.length * 3 <= LONGEST_SIMPLE_KEY) return true;
  return new TextEncoder().encode(text).length <= LONGEST_SIMPLE_KEY;
}

/** True for a text that a block can hold. */
export function allowsBlock(text: string): boolean {
  return (analyse(text) & BLOCK) !== 0;
}

/** Writes `text` in the style that Go's emitter chooses. */
export function writeString(text: string, place: Place): string {
  const value = foldNextLines(text);
  const allowed = analyse(value);
  if (value.includes("\n")) {
    const block = (allowed & BLOCK) !== 0 && place.key !== true;
    return block ? writeLiteral(value, place) : writeDouble(value, place);
  }
  if (readsAsOther(value)) return writeDouble(value, place);
  if ((allowed & PLAIN) !== 0) return foldSpaces(value, place);
  return (allowed & SINGLE) !== 0 ? writeSingle(value, place) : writeDouble(value, place);
}

/**
 * Writes `text` on one line and in the quotes of `style`, as far as those can hold it. Between brackets a plain text
 * has fewer signs than in a block.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(writeOnLine("a b", "plain"), "a b");
 * assert.equal(writeOnLine("true", "plain"), '"true"');
 * assert.equal(writeOnLine("true", "single"), "'true'");
 * ```
 */
export function writeOnLine(
  text: string,
  style: "plain" | "single" | "double",
  where: "anywhere" | "block" = "anywhere",
): string {
  const place = { column: 0, indent: 0, key: true };
  const allowed = analyse(text);
  const single = (allowed & SINGLE) !== 0 && (allowed & MULTILINE) === 0;
  if (style === "single" && single) return writeSingle(text, place);
  const plain = single && text !== "" && (where === "block" || !/[,[\]{}?]/.test(text));
  return style === "plain" && plain ? writeString(text, place) : writeDouble(text, place);
}

/** Go reads its own JSON as YAML, where a next-line character (U+0085) is a line break to be folded. */
function foldNextLines(text: string): string {
  if (!text.includes("\u0085")) return text;
  return text.replace(/ *\u0085[ \u0085]*/g, (run) => {
    const breaks = run.split("\u0085").length - 1;
    return breaks === 1 ? " " : "\n".repeat(breaks - 1);
  });
}

/** Which styles can hold `value`, as flags. */
function analyse(value: string): number {
  if (value === "") return PLAIN | SINGLE;
  let special = false;
  let breaks = false;
  let breakSpace = false;
  let spaceBreak = false;
  let indicator = value.startsWith("---") || value.startsWith("...") || beginsLikeSyntax(value);
  let previous = 32;
  let previousKind = 0; // 1 after a space, 2 after a line break
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit === 32) {
      if (previousKind === 2) breakSpace = true;
      previousKind = 1;
    } else if (isBreak(unit)) {
      breaks = true;
      if (previousKind === 1) spaceBreak = true;
      previousKind = 2;
      if (!isPrintable(unit)) special = true;
    } else {
      previousKind = 0;
      if (unit === 58) indicator ||= i > 0 && isBlankAt(value, i + 1);
      else if (unit === 35) indicator ||= isBlankOrBreak(previous);
      else if ((unit > 126 || unit < 32) && !isPrintable(unit)) special = true;
    }
    previous = unit;
  }
  const first = value.charCodeAt(0);
  const last = value.charCodeAt(value.length - 1);
  const edges = first === 32 || last === 32 || breaks;
  const broken = spaceBreak || special;
  return (edges || breakSpace || broken || indicator ? 0 : PLAIN) |
    (breakSpace || broken ? 0 : SINGLE) |
    (last === 32 || broken ? 0 : BLOCK) |
    (breaks ? MULTILINE : 0);
}

/** True when the first character would begin something else than a plain scalar. */
function beginsLikeSyntax(value: string): boolean {
  const first = value.charAt(0);
  if (first === "-" || first === "?" || first === ":") return isBlankAt(value, 1);
  return "#,[]{}&*!|>'\"%@`".includes(first);
}

function isBlankAt(value: string, at: number): boolean {
  const unit = value.charCodeAt(at);
  return at >= value.length || unit === 32 || unit === 9;
}

function isBlankOrBreak(unit: number): boolean {
  return unit === 32 || unit === 9 || unit === 0 || isBreak(unit);
}

function isBreak(unit: number): boolean {
  return unit === 10 || unit === 13 || unit === 0x85 || unit === LINE_SEPARATOR ||
    unit === PARAGRAPH_SEPARATOR;
}

/** Go's emitter writes what lies beyond U+FFFF as an escape, so halves of pairs count as unprintable. */
function isPrintable(unit: number): boolean {
  if (unit < 0x7f) return unit >= 0x20 || unit === 10;
  if (unit < 0xa0) return false;
  return unit < 0xd800 || (unit >= 0xe000 && unit <= 0xfffd && unit !== BYTE_ORDER_MARK);
}

/** Plain text; a single space past the best width becomes a line end. */
function foldSpaces(value: string, place: Place): string {
  if (place.key === true || place.column + value.length <= BEST_WIDTH) return value;
  const lineEnd = `\n${" ".repeat(place.indent)}`;
  let out = "";
  let column = place.column;
  for (let i = 0; i < value.length; i++) {
    const folds = value[i] === " " && column > BEST_WIDTH && value[i - 1] !== " " &&
      value[i + 1] !== " " && i > 0 && i < value.length - 1;
    out += folds ? lineEnd : value[i];
    column = folds ? place.indent : column + 1;
  }
  return out;
}

function writeSingle(value: string, place: Place): string {
  const pad = " ".repeat(place.indent);
  const folding = { ...place, column: place.column + 1 };
  const lines = value.split(/(?<=[\u2028\u2029])(?![\u2028\u2029]|$)/);
  if (lines.length === 1) return `'${foldQuoted(value, folding)}'`;
  const rest = lines.slice(1).map((line) => foldQuoted(line, { ...place, column: place.indent }));
  return `'${[foldQuoted(lines[0] ?? "", folding), ...rest].join(pad)}'`;
}

function foldQuoted(value: string, place: Place): string {
  return value.includes("'") ? foldDoubled(value, place) : foldSpaces(value, place);
}

/** As {@linkcode foldSpaces}, with every quote written twice. */
function foldDoubled(value: string, place: Place): string {
  const lineEnd = `\n${" ".repeat(place.indent)}`;
  let out = "";
  let column = place.column;
  for (let i = 0; i < value.length; i++) {
    const folds = place.key !== true && value[i] === " " && column > BEST_WIDTH &&
      value[i - 1] !== " " && value[i + 1] !== " " && i > 0 && i < value.length - 1;
    const text = value[i] === "'" ? "''" : value[i] ?? "";
    out += folds ? lineEnd : text;
    column = folds ? place.indent : column + text.length;
  }
  return out;
}

const ESCAPES = new Map<number, string>([
  [0, "0"],
  [7, "a"],
  [8, "b"],
  [9, "t"],
  [10, "n"],
  [11, "v"],
  [12, "f"],
  [13, "r"],
  [27, "e"],
  [34, '"'],
  [92, "\\"],
  [0x85, "N"],
  [0xa0, "_"],
  [LINE_SEPARATOR, "L"],
  [PARAGRAPH_SEPARATOR, "P"],
]);

function writeDouble(value: string, place: Place): string {
  // Go looks for a byte order mark at the start of the text, whatever character it is at.
  const escapeAll = value.charCodeAt(0) === BYTE_ORDER_MARK;
  const lineEnd = `\n${" ".repeat(place.indent)}`;
  let out = '"';
  let column = place.column + 1;
  let spaces = false;
  for (let i = 0; i < value.length; i++) {
    const point = value.codePointAt(i) ?? 0;
    if (escapeAll || needsEscape(point)) {
      const text = escape(point);
      out += text;
      column += text.length;
      spaces = false;
      if (point > 0xffff) i++;
    } else if (
      point === 32 && !spaces && place.key !== true && column > BEST_WIDTH && i > 0 &&
      i < value.length - 1
    ) {
      out += value[i + 1] === " " ? `${lineEnd}\\` : lineEnd;
      column = place.indent + (value[i + 1] === " " ? 1 : 0);
      spaces = true;
    } else {
      out += value[i];
      column++;
      spaces = point === 32;
    }
  }
  return `${out}"`;
}

function needsEscape(point: number): boolean {
  if (point === 34 || point === 92) return true;
  return point > 0xffff || !isPrintable(point) || isBreak(point);
}

function escape(point: number): string {
  const short = ESCAPES.get(point);
  if (short !== undefined) return `\\${short}`;
  const digits = point.toString(16).toUpperCase();
  if (point <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  return point <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\U${digits.padStart(8, "0")}`;
}

/** A `|` block: the header says how it begins and ends, the lines are the text's own. */
function writeLiteral(value: string, { indent, step = 2 }: Place): string {
  const pad = " ".repeat(indent);
  const first = value.charCodeAt(0);
  const hint = first === 32 || isBreak(first) ? String(step) : "";
  const last = value.charCodeAt(value.length - 1);
  const ending = !isBreak(last)
    ? "-"
    : value.length === 1 || isBreak(value.charCodeAt(value.length - 2))
    ? "+"
    : "";
  const lines = value.replace(/(^|[\n\u2028\u2029])(?=[^\n\u2028\u2029])/g, `$1${pad}`);
  return `|${hint}${ending}\n${lines}`;
}
