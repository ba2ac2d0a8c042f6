/**
 * Scalars behind `|` and `>`.
 *
 * @module
 */
import {
  columnOf,
  isBlank,
  isBreak,
  peek,
  readBreak,
  type Reader,
  skipBlanks,
  stop,
} from "./_reader.ts";

const HASH = 35;
const PLUS = 43;
const MINUS = 45;
const GREATER = 62;

interface Header {
  folded: boolean;
  chomp: "clip" | "strip" | "keep";
  /** The indentation that the header names; 0 when the text decides. */
  indent: number;
}

/** Reads a block scalar whose collection stands at column `parent` (-1 at the root). */
export function readBlockScalar(reader: Reader, parent: number): string {
  const header = readHeader(reader);
  const given = header.indent === 0 ? 0 : Math.max(parent, 0) + header.indent;
  const start = skipEmptyLines(reader, given, parent);
  const { text, breaks } = readLines(reader, start.indent, start.breaks, header.folded);
  const lastBreak = breaks.length === 0 ? "" : breaks.slice(0, 1);
  switch (header.chomp) {
    case "strip":
      return text;
    case "clip":
      return text + (text === "" ? "" : lastBreak);
    case "keep":
      return text + breaks;
  }
}

function readHeader(reader: Reader): Header {
  const header: Header = { folded: peek(reader) === GREATER, chomp: "clip", indent: 0 };
  reader.pos++;
  for (let i = 0; i < 2; i++) {
    const unit = peek(reader);
    if (unit === PLUS || unit === MINUS) {
      if (header.chomp !== "clip") break;
      header.chomp = unit === PLUS ? "keep" : "strip";
    } else if (unit >= 48 && unit <= 57) {
      if (header.indent !== 0) break;
      header.indent = unit - 48;
      if (header.indent === 0) {
        stop(reader, "found an indentation indicator equal to 0", "name 1 to 9 spaces");
      }
    } else {
      break;
    }
    reader.pos++;
  }
  endHeader(reader);
  return header;
}

function endHeader(reader: Reader): void {
  skipBlanks(reader);
  if (peek(reader) === HASH) { while (!isBoundaryLine(reader)) reader.pos++; }
  if (reader.pos >= reader.end) return;
  if (!isBreak(peek(reader))) {
    stop(
      reader,
      "did not find expected comment or line break",
      "begin the text of a block on the line after | or >",
    );
  }
  readBreak(reader);
}

function isBoundaryLine(reader: Reader): boolean {
  return reader.pos >= reader.end || isBreak(peek(reader));
}

/** Steps over the empty lines before the text; finds its indentation unless it is `given`. */
function skipEmptyLines(
  reader: Reader,
  given: number,
  parent: number,
): { indent: number; breaks: string } {
  let widest = 0;
  let breaks = "";
  for (;;) {
    while (peek(reader) === 32 && (given === 0 || columnOf(reader) < given)) reader.pos++;
    widest = Math.max(widest, columnOf(reader));
    if (peek(reader) === 9 && (given === 0 || columnOf(reader) < given)) {
      stop(
        reader,
        "found a tab character where an indentation space is expected",
        "indent with spaces",
      );
    }
    if (!isBreak(peek(reader))) break;
    breaks += readBreak(reader);
  }
  return { indent: given === 0 ? Math.max(widest, parent + 1, 1) : given, breaks };
}

/** Reads the lines at `indent`; `breaks` are line ends not yet written, at the end those left over. */
function readLines(
  reader: Reader,
  indent: number,
  emptyLines: string,
  folded: boolean,
): { text: string; breaks: string } {
  let text = "";
  let lineEnd = "";
  let breaks = emptyLines;
  let afterBlank = false;
  while (columnOf(reader) === indent && reader.pos < reader.end) {
    const beginsBlank = isBlank(peek(reader));
    if (folded && lineEnd === "\n" && !afterBlank && !beginsBlank) {
      text += breaks === "" ? " " : breaks;
    } else {
      text += lineEnd + breaks;
    }
    afterBlank = beginsBlank;
    text += readLine(reader);
    lineEnd = reader.pos < reader.end ? readBreak(reader) : "";
    breaks = readEmptyLines(reader, indent);
  }
  return { text, breaks: lineEnd + breaks };
}

function readLine(reader: Reader): string {
  const { text, end } = reader;
  const start = reader.pos;
  while (reader.pos < end && !isBreak(text.charCodeAt(reader.pos))) reader.pos++;
  return text.slice(start, reader.pos);
}

function readEmptyLines(reader: Reader, indent: number): string {
  let breaks = "";
  for (;;) {
    while (peek(reader) === 32 && columnOf(reader) < indent) reader.pos++;
    if (peek(reader) === 9 && columnOf(reader) < indent) {
      stop(
        reader,
        "found a tab character where an indentation space is expected",
        "indent with spaces",
      );
    }
    if (!isBreak(peek(reader))) return breaks;
    breaks += readBreak(reader);
  }
}
