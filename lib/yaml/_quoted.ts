/**
 * Scalars in quotes.
 *
 * @module
 */
import {
  atMarker,
  END,
  isBlank,
  isBreak,
  peek,
  readBreak,
  type Reader,
  skipBlanks,
  stop,
} from "./_reader.ts";

const DOUBLE = 34;
const SINGLE = 39;
const BACKSLASH = 92;

const SHORT_ESCAPES = new Map<string, string>([
  ["0", "\0"],
  ["a", "\x07"],
  ["b", "\b"],
  ["t", "\t"],
  ["\t", "\t"],
  ["n", "\n"],
  ["v", "\v"],
  ["f", "\f"],
  ["r", "\r"],
  ["e", "\x1b"],
  [" ", " "],
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["N", "\u0085"],
  ["_", "\u00a0"],
  ["L", "\u2028"],
  ["P", "\u2029"],
]);

const HEX_ESCAPES = new Map([["x", 2], ["u", 4], ["U", 8]]);

/** Reads a quoted scalar; the reader stands on its first quote. */
export function readQuoted(reader: Reader): string {
  const quote = peek(reader);
  const opened = reader.line;
  reader.pos++;
  let out = "";
  for (;;) {
    out += readRun(reader, quote);
    const unit = peek(reader);
    if (unit === END || atMarker(reader)) stopOpen(reader, opened);
    if (unit === quote) {
      reader.pos++;
      if (quote === DOUBLE || peek(reader) !== SINGLE) return out;
      reader.pos++;
      out += "'";
    } else if (unit === BACKSLASH && quote === DOUBLE) {
      out += readEscape(reader);
    } else {
      out += foldLines(reader, opened);
    }
  }
}

/** Takes the characters that stand for themselves, up to a quote, an escape or a line end. */
function readRun(reader: Reader, quote: number): string {
  const { text, end } = reader;
  const start = reader.pos;
  let at = start;
  while (at < end) {
    const unit = text.charCodeAt(at);
    if (unit === quote || (unit === BACKSLASH && quote === DOUBLE) || isBreak(unit)) break;
    at++;
  }
  // Blanks before a line end belong to the fold.
  let kept = at;
  if (at < end && isBreak(text.charCodeAt(at))) {
    while (kept > start && isBlank(text.charCodeAt(kept - 1))) kept--;
  }
  reader.pos = at;
  return text.slice(start, kept);
}

/** One line end reads as a space, more as all but the first. */
function foldLines(reader: Reader, opened: number): string {
  const first = readBreak(reader);
  let more = "";
  for (;;) {
    if (atMarker(reader)) stopOpen(reader, opened);
    skipBlanks(reader);
    if (!isBreak(peek(reader))) break;
    more += readBreak(reader);
  }
  if (first !== "\n") return first + more;
  return more === "" ? " " : more;
}

function readEscape(reader: Reader): string {
  const char = reader.text.charAt(reader.pos + 1);
  if (reader.pos + 1 < reader.end && isBreak(char.charCodeAt(0))) {
    reader.pos++;
    readBreak(reader);
    let more = "";
    for (;;) {
      skipBlanks(reader);
      if (!isBreak(peek(reader))) return more;
      more += readBreak(reader);
    }
  }
  const short = SHORT_ESCAPES.get(char);
  if (short !== undefined) {
    reader.pos += 2;
    return short;
  }
  const length = HEX_ESCAPES.get(char);
  if (length === undefined) {
    stop(
      reader,
      "found unknown escape character",
      "write a backslash as \\\\, or use single quotes",
    );
  }
  return readHex(reader, length);
}

function readHex(reader: Reader, length: number): string {
  const digits = reader.text.slice(reader.pos + 2, Math.min(reader.pos + 2 + length, reader.end));
  if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) {
    stop(
      reader,
      "did not find expected hexdecimal number",
      `write ${length} hexadecimal digits after the escape`,
    );
  }
  const point = Number.parseInt(digits, 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    stop(
      reader,
      "found invalid Unicode character escape code",
      "write the character itself, or \\U with its eight digits",
    );
  }
  reader.pos += 2 + length;
  return String.fromCodePoint(point);
}

function stopOpen(reader: Reader, opened: number): never {
  const problem = reader.pos >= reader.end
    ? "found unexpected end of stream"
    : "found unexpected document indicator";
  stop(reader, problem, `close the quote that line ${opened} opens`);
}
