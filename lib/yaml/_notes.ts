/**
 * Comments that hold a JSON object: kustomize takes them for the schema of the node they stand at, image
 * automation for the policy of a value.
 *
 * All other comments mean nothing to anybody and are dropped.
 *
 * @module
 */
import type { YamlNode } from "./node.ts";
import { isBreak, peek, type Reader } from "./_reader.ts";

const HASH = 35;

/** Finds a text that may have such a comment; all others are spared the search. */
const ANY = /#[ \t]*\{/;

/** True when `text` may hold an object in a comment. */
export function mayHaveNotes(text: string): boolean {
  return ANY.test(text);
}

/** Keeps the comment that begins at the reader, if it holds an object, at `node`. */
export function noteBehind(reader: Reader, node: YamlNode): void {
  const comment = commentHere(reader);
  if (comment !== undefined) keep(node, comment);
}

/** The comment that begins at the reader. */
export function commentHere(reader: Reader): string | undefined {
  if (!reader.hasNotes || peek(reader) !== HASH) return undefined;
  return lineFrom(reader, reader.pos);
}

/** What stands between a scalar in brackets and its comment: a comma may, and a blank or a comma has to. */
const BEFORE_NOTE = /[ \t]*(?:,[ \t]*)?(?<=[ \t,])(?=#)/y;
/** What stands between the sign of a block and its comment. */
const HEADER = /[|>][-+0-9]*[ \t]+(?=#)/y;

/** Keeps the comment behind a scalar between brackets, or behind the comma that follows it. */
export function noteInFlow(reader: Reader, node: YamlNode): void {
  noteAfter(reader, node, node.at?.end, BEFORE_NOTE);
}

/** Keeps the comment behind the sign at `start` that begins a block. */
export function noteAtBlock(reader: Reader, node: YamlNode, start: number): void {
  noteAfter(reader, node, start, HEADER);
}

/** Looks no further than it must: a file of JSON may be one line. */
function noteAfter(
  reader: Reader,
  node: YamlNode,
  start: number | undefined,
  pattern: RegExp,
): void {
  if (!reader.hasNotes || reader.mode !== "source" || start === undefined) return;
  pattern.lastIndex = start;
  if (pattern.test(reader.text)) keep(node, lineFrom(reader, pattern.lastIndex));
}

function lineFrom({ text, end }: Reader, start: number): string {
  let at = start;
  while (at < end && !isBreak(text.charCodeAt(at))) at++;
  return text.slice(start, at);
}

/** Keeps the comment above what begins at `start`, when nothing stands before that on its line. */
export function noteAbove(reader: Reader, node: YamlNode, start: number, column: number): void {
  if (!reader.hasNotes || node.comment !== undefined) return;
  const lineStart = start - column;
  if (reader.text.slice(lineStart, start).trim() !== "") return;
  const lines = linesAbove(reader.text, lineStart, column);
  const [only] = lines;
  // Several comments are one together, and that is no object.
  if (only !== undefined && lines.length === 1) keep(node, only);
}

/**
 * The comment lines above, from the last to the first. Those close below other content and with an empty line
 * behind them belong to that content.
 */
function linesAbove(text: string, lineStart: number, column: number): readonly string[] {
  const lines: string[] = [];
  let sure = 0;
  let hasGap = false;
  for (let end = lineStart; end > 0;) {
    const start = end < 2 ? 0 : text.lastIndexOf("\n", end - 2) + 1;
    const line = text.slice(start, end).trim();
    if (line === "") {
      sure = lines.length;
      hasGap = true;
    } else if (line.startsWith("#") && text.indexOf("#", start) - start <= column) {
      lines.push(line);
    } else break;
    end = start;
  }
  return hasGap ? lines.slice(0, sure) : lines;
}

/** Keeps `comment` at `node`, if it holds an object. */
export function keep(node: YamlNode, comment: string): void {
  const text = comment.replace(/^#+/, "").trim();
  if (text.startsWith("{")) node.comment = text;
}
