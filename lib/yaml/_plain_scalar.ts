/**
 * Scalars without quotes.
 *
 * @module
 */
import {
  atMarker,
  columnOf,
  isBlank,
  isBoundary,
  isBreak,
  peek,
  readBreak,
  type Reader,
  stop,
} from "./_reader.ts";

const TAB = 9;
const HASH = 35;
const COLON = 58;

/** True where a plain scalar may begin. */
export function beginsPlain(unit: number, next: number, flow: boolean): boolean {
  if (unit === 45) return !isBlankOrEnd(next);
  if (unit === 63 || unit === COLON) return !flow && !isBlankOrEnd(next);
  return !isBoundary(unit) && unit !== 0 && !isIndicator(unit);
}

function isBlankOrEnd(unit: number): boolean {
  return isBoundary(unit);
}

/** `,[]{}#&*!|>'"%@` and the back-tick. */
function isIndicator(unit: number): boolean {
  switch (unit) {
    case 44:
    case 91:
    case 93:
    case 123:
    case 125:
    case 35:
    case 38:
    case 42:
    case 33:
    case 124:
    case 62:
    case 39:
    case 34:
    case 37:
    case 64:
    case 96:
      return true;
    default:
      return false;
  }
}

/** True for the signs that end a plain scalar between brackets: the question mark too, in Go's readers. */
function endsInFlow(unit: number): boolean {
  return unit === 44 || unit === 91 || unit === 93 || unit === 123 || unit === 125 || unit === 63;
}

/**
 * Reads a plain scalar. Its further lines must stand right of column `parent`; between brackets
 * (`flow`) anywhere.
 */
export function readPlain(reader: Reader, parent: number, flow: boolean): string {
  let out = readWords(reader, flow);
  for (;;) {
    const { pos, line, lineStart } = reader;
    const gap = readGap(reader, parent, flow);
    const atEnd = reader.pos >= reader.end || peek(reader) === HASH || atMarker(reader);
    const continues = gap !== undefined && !atEnd && (flow || columnOf(reader) > parent);
    const words = continues ? readWords(reader, flow) : "";
    if (gap === undefined || words === "") {
      reader.lookedAt = reader.pos;
      reader.pos = pos;
      reader.line = line;
      reader.lineStart = lineStart;
      return out;
    }
    out += gap + words;
  }
}

/** Reads what stays on one line; blanks at its end are left. */
function readWords(reader: Reader, flow: boolean): string {
  const { text, end } = reader;
  const start = reader.pos;
  let at = start;
  let last = start;
  while (at < end) {
    const unit = text.charCodeAt(at);
    if (unit === COLON) {
      if (at + 1 >= end || isBoundary(text.charCodeAt(at + 1))) break;
    } else if (unit === HASH) {
      if (at > start && isBlank(text.charCodeAt(at - 1))) break;
    } else if (isBlank(unit)) {
      at++;
      continue;
    } else if (isBreak(unit)) {
      break;
    } else if (flow && endsInFlow(unit)) {
      break;
    }
    at++;
    last = at;
  }
  reader.pos = last;
  return text.slice(start, last);
}

/** What the line ends to the next words stand for; `undefined` when there is no line end. */
function readGap(reader: Reader, parent: number, flow: boolean): string | undefined {
  while (isBlank(peek(reader))) reader.pos++;
  if (!isBreak(peek(reader))) return undefined;
  const first = readBreak(reader);
  let more = "";
  for (;;) {
    while (isBlank(peek(reader))) {
      if (peek(reader) === TAB && !flow && columnOf(reader) <= parent) {
        stop(reader, "found a tab character that violates indentation", "indent with spaces");
      }
      reader.pos++;
    }
    if (!isBreak(peek(reader))) break;
    more += readBreak(reader);
  }
  if (first !== "\n") return first + more;
  return more === "" ? " " : more;
}
