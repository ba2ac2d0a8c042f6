/**
 * The text under a YAML parser: where it stands, what it may still spend, how it fails.
 *
 * @module
 */
import { type Budget, BudgetSpent, isTimeUp } from "../base/mod.ts";
import type { Position, YamlNode } from "./node.ts";
import type { YamlMode } from "./resolve.ts";

/** A parser at work on one document stream, or on one part of it. */
export interface Reader {
  readonly text: string;
  readonly file: string;
  readonly mode: YamlMode;
  readonly budget: Budget;
  /** True when the text may have comments that hold JSON objects. */
  readonly hasNotes: boolean;
  /** Where this part ends. */
  end: number;
  /** Offset of the next character. */
  pos: number;
  /** Line of the next character, from 1. */
  line: number;
  /** Offset of the first character of that line. */
  lineStart: number;
  /** How far a plain scalar looked for more words: tabs before it have been taken for blanks. */
  lookedAt: number;
  /** How many collections are open. */
  depth: number;
  /** How many nodes have been made, copies by aliases included. */
  nodes: number;
  /** How many of them are copies, and how many characters those hold. */
  copies: number;
  copiedChars: number;
  /** Nodes by anchor; `null` while the node is being read. */
  anchors: Map<string, YamlNode | null>;
  /** What a tag's handle stands for, after `%TAG`. */
  tagHandles: Map<string, string>;
}

/** Go's reader stops at about as many nodes that only aliases made. */
const MOST_COPIES = 400_000;

/** The end of the text, as a character. */
export const END = -1;

const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const HASH = 35;

/** What is wrong with the text; never leaves the folder. */
export class YamlProblem extends Error {
  /** Says what is wrong on which line, and how to mend it. */
  constructor(readonly line: number, readonly problem: string, readonly remedy: string) {
    super(problem);
  }
}

/** Stops at the line the reader is on. */
export function stop(reader: Reader, problem: string, remedy: string, line = reader.line): never {
  throw new YamlProblem(line, problem, remedy);
}

/** The character `ahead` of the next one; {@linkcode END} past the end. */
export function peek(reader: Reader, ahead = 0): number {
  const at = reader.pos + ahead;
  return at < reader.end ? reader.text.charCodeAt(at) : END;
}

/** Column of the next character, from 0. */
export function columnOf(reader: Reader): number {
  return reader.pos - reader.lineStart;
}

/** YAML 1.1's line breaks. */
export function isBreak(unit: number): boolean {
  return unit === LINE_FEED || unit === CARRIAGE_RETURN || unit === 0x85 || unit === 0x2028 ||
    unit === 0x2029;
}

/** Space or tab. */
export function isBlank(unit: number): boolean {
  return unit === SPACE || unit === TAB;
}

/** True where a token must end. */
export function isBoundary(unit: number): boolean {
  return unit <= SPACE ? unit !== 0 : isBreak(unit);
}

/** Steps over one line break and gives the text it stands for. */
export function readBreak(reader: Reader): string {
  const unit = peek(reader);
  reader.pos += unit === CARRIAGE_RETURN && peek(reader, 1) === LINE_FEED ? 2 : 1;
  reader.line++;
  reader.lineStart = reader.pos;
  return unit === 0x2028 || unit === 0x2029 ? String.fromCharCode(unit) : "\n";
}

/** Steps over spaces and tabs. */
export function skipBlanks(reader: Reader): void {
  while (isBlank(peek(reader))) reader.pos++;
}

/**
 * Steps over blanks, comments and line ends to the next token. A tab counts as a blank where `tabs` says
 * so, and in a block never where a line begins.
 */
export function skipToToken(reader: Reader, tabs: boolean, flow = false): void {
  const { text, end } = reader;
  let tabsHere = tabs;
  while (reader.pos < end) {
    const unit = text.charCodeAt(reader.pos);
    if (unit === SPACE || (unit === TAB && (tabsHere || reader.pos < reader.lookedAt))) {
      reader.pos++;
    } else if (unit === HASH) {
      skipComment(reader);
    } else if (isBreak(unit)) {
      readBreak(reader);
      tabsHere = flow;
    } else {
      return;
    }
  }
}

function skipComment(reader: Reader): void {
  while (reader.pos < reader.end && !isBreak(reader.text.charCodeAt(reader.pos))) reader.pos++;
}

/** True at `---` or `...` alone at the start of a line. */
export function atMarker(reader: Reader, sign: "-" | "." | undefined = undefined): boolean {
  if (reader.pos !== reader.lineStart) return false;
  const unit = peek(reader);
  if (unit !== 45 && unit !== 46) return false;
  if (sign !== undefined && sign.charCodeAt(0) !== unit) return false;
  return peek(reader, 1) === unit && peek(reader, 2) === unit && isBoundary(peek(reader, 3));
}

/** True where no more of the document follows. */
export function atDocumentEnd(reader: Reader): boolean {
  return reader.pos >= reader.end || atMarker(reader);
}

/** Marks where a node begins. */
export function markOf(reader: Reader): Mark {
  return { line: reader.line, column: reader.pos - reader.lineStart + 1, start: reader.pos };
}

/** Where a node begins. */
export type Mark = Omit<Position, "end">;

/** The place of a node from `mark` to here. */
export function placeFrom(reader: Reader, mark: Mark): Position {
  return { line: mark.line, column: mark.column, start: mark.start, end: reader.pos };
}

/** Counts one node more; ends the parse when the budget is spent. */
export function countNode(reader: Reader): void {
  reader.nodes++;
  if (reader.nodes > reader.budget.entries) {
    throw new BudgetSpent("entries", `More than ${reader.budget.entries} nodes`);
  }
  if ((reader.nodes & 0xfff) === 0 && isTimeUp(reader.budget)) {
    throw new BudgetSpent("time", "Time is up");
  }
}

/** Counts a copy that an alias makes of `chars` characters. */
export function countCopy(reader: Reader, chars: number): void {
  countNode(reader);
  reader.copies++;
  reader.copiedChars += chars;
  if (reader.copies > MOST_COPIES || reader.copiedChars > reader.budget.bytes) {
    throw new BudgetSpent("entries", "Aliases stand for too much text");
  }
}

/** Goes one collection deeper; {@linkcode leave} goes back. */
export function enter(reader: Reader): void {
  reader.depth++;
  if (reader.depth > reader.budget.depth) {
    throw new BudgetSpent("depth", `Nested deeper than ${reader.budget.depth} levels`);
  }
}

/** Ends what {@linkcode enter} began. */
export function leave(reader: Reader): void {
  reader.depth--;
}
