/**
 * Collections by indentation.
 *
 * @module
 */
import { readBlockScalar } from "./_block_scalar.ts";
import { atBlockColon, emptyNode, readInline, scalar } from "./_flow.ts";
import { addEntry, closeMap } from "./_mapping.ts";
import type { MapNode, SeqNode, YamlNode } from "./node.ts";
import { commentHere, keep, noteAbove, noteAtBlock, noteBehind } from "./_notes.ts";
import { bindAnchor, type Properties, readProperties, tagScalar } from "./_properties.ts";
import {
  atDocumentEnd,
  columnOf,
  countNode,
  END,
  enter,
  isBoundary,
  isBreak,
  leave,
  type Mark,
  markOf,
  peek,
  type Reader,
  skipBlanks,
  skipToToken,
  stop,
} from "./_reader.ts";
import { canBeBlock, refold } from "./_refold.ts";

const HASH = 35;
const DASH = 45;
const STAR = 42;
const QUESTION = 63;
const PIPE = 124;
const GREATER = 62;

/** Keys end their line's first 1024 characters, or are none. */
const LONGEST_KEY = 1024;

/**
 * Reads a node inside the collection at column `parent` (-1 at the root). `fresh` says that a mapping or
 * sequence may begin here: the node is the first of its line, or stands behind `-` or `?`. `dashes` says
 * that a sequence may stand at column `parent` itself, as under the key of a mapping.
 */
export function readBlockNode(
  reader: Reader,
  parent: number,
  fresh: boolean,
  dashes = false,
): YamlNode {
  const mark = markOf(reader);
  const properties = readProperties(reader);
  if (properties === undefined) return readContent(reader, parent, fresh, mark, undefined);
  skipBlanks(reader);
  if (!atLineEnd(reader)) return readContent(reader, parent, fresh, mark, properties);
  const { pos } = reader;
  skipToToken(reader, true);
  const column = columnOf(reader);
  const dash = dashes && atSign(reader, DASH);
  const block = peek(reader) === PIPE || peek(reader) === GREATER;
  if (atDocumentEnd(reader) || column < parent || (column === parent && !dash && !block)) {
    return emptyNode({ ...reader, pos }, properties);
  }
  const node = column === parent && dash
    ? readBlockSeq(reader, markOf(reader), true)
    : readBelowProperties(reader, parent, properties);
  bindAnchor(reader, properties, node);
  return node;
}

/** Reads the content on a line below `outer`, which may begin with properties again: of its first key, or more of its own. */
function readBelowProperties(reader: Reader, parent: number, outer: Properties): YamlNode {
  const mark = markOf(reader);
  const inner = readProperties(reader);
  if (inner === undefined) return readContent(reader, parent, true, mark, outer);
  skipBlanks(reader);
  const node = readContent(reader, parent, true, mark, inner);
  if (node.kind === "map" && node.at?.start === mark.start) return node;
  const twice = outer.tag !== undefined ? inner.tag : inner.anchor;
  if (twice !== undefined) {
    stop(reader, "did not find expected node content", "leave one & and one ! before a value");
  }
  retag(reader, node, outer);
  return node;
}

/** Gives a scalar the tag of the line above. */
function retag(reader: Reader, node: YamlNode, { tag }: Properties): void {
  if (node.kind !== "scalar" || tag === undefined) return;
  node.tag = tagScalar(reader, node.value, node.style ?? "plain", tag);
}

/** True at `sign` alone: `-` or `?` with a blank behind it. */
function atSign(reader: Reader, sign: number): boolean {
  return peek(reader) === sign && isBoundary(peek(reader, 1));
}

function atLineEnd(reader: Reader): boolean {
  const unit = peek(reader);
  return unit === END || unit === HASH || isBreak(unit);
}

/** Reads a node behind its properties; `mark` is where they, or else it, began. */
function readContent(
  reader: Reader,
  parent: number,
  fresh: boolean,
  mark: Mark,
  properties: Properties | undefined,
): YamlNode {
  const unit = peek(reader);
  const first = fresh && reader.pos === mark.start;
  if (atSign(reader, DASH)) {
    if (first) return readBlockSeq(reader, mark);
    stop(
      reader,
      "block sequence entries are not allowed in this context",
      "begin the list on a line of its own",
    );
  }
  if (atSign(reader, QUESTION)) {
    if (first) return readBlockMap(reader, mark, undefined);
    stop(reader, "mapping keys are not allowed in this context", "quote the value");
  }
  if (unit === PIPE || unit === GREATER) {
    const style = unit === PIPE ? "literal" : "folded";
    const sign = markOf(reader);
    const text = readBlockScalar(reader, parent);
    if (reader.mode === "lenient") return scalar(reader, mark, text, style, properties);
    if (reader.mode === "source") {
      const node = scalar(reader, sign, text, style, properties);
      noteAtBlock(reader, node, sign.start);
      return node;
    }
    if (text.startsWith("\t") && canBeBlock(text)) {
      // Printed again without a number behind the sign, the tab would be the indentation.
      stop(
        reader,
        "found a tab character where an indentation space is expected",
        "begin the text without a tab, or write it in double quotes with \\t",
        mark.line,
      );
    }
    return scalar(reader, mark, unit === GREATER ? refold(text) : text, style, properties);
  }
  return readInlineOrMap(reader, parent, fresh, mark, properties);
}

/** An inline node is the first key of a mapping when a colon follows on its line. */
function readInlineOrMap(
  reader: Reader,
  parent: number,
  fresh: boolean,
  mark: Mark,
  properties: Properties | undefined,
): YamlNode {
  const { line } = reader;
  const alias = peek(reader) === STAR;
  // Properties on another line than the content are the mapping's, not its first key's.
  const ofMap = properties !== undefined && reader.pos === mark.start;
  const node = properties !== undefined && !ofMap && atBlockColon(reader)
    ? emptyNode(reader, properties)
    : readInline(reader, parent, ofMap ? undefined : properties, false);
  skipBlanks(reader);
  if (atBlockColon(reader)) {
    if (!fresh || reader.line !== line || reader.pos - mark.start > LONGEST_KEY) {
      stop(
        reader,
        "mapping values are not allowed in this context",
        "indent it under its key, or quote a text that has a colon in it",
      );
    }
    return readBlockMap(reader, mark, node);
  }
  if (!atLineEnd(reader)) {
    stop(reader, "did not find expected key", "quote the whole value, or begin a new line");
  }
  noteBehind(reader, node);
  if (!ofMap) return node;
  if (alias) stop(reader, "did not find expected node content", "take the & or ! before it away");
  retag(reader, node, properties);
  return node;
}

/** Reads a mapping at the column of `mark`; `first` is its first key when that was read already. */
function readBlockMap(reader: Reader, mark: Mark, first: YamlNode | undefined): MapNode {
  const node: MapNode = { kind: "map", entries: [] };
  const column = mark.column - 1;
  countNode(reader);
  enter(reader);
  let key = first;
  let end = reader.pos;
  for (;;) {
    const asked = key === undefined && atSign(reader, QUESTION);
    const start = key === undefined ? reader.pos : mark.start;
    if (asked) key = readAskedKey(reader, column);
    else key ??= readKey(reader, column);
    const value = asked ? readAskedValue(reader, column) : readValue(reader, column, key);
    noteAbove(reader, key, start, column);
    addEntry(reader, node, key, value);
    end = value.at?.end ?? reader.pos;
    key = undefined;
    if (!readNext(reader, column)) break;
  }
  leave(reader);
  node.at = { line: mark.line, column: mark.column, start: mark.start, end };
  closeMap(reader, node);
  return node;
}

/** Goes to the next entry of the collection at `column`; false when there is none. */
function readNext(reader: Reader, column: number): boolean {
  skipToToken(reader, false);
  if (atDocumentEnd(reader)) return false;
  const here = columnOf(reader);
  if (here > column || peek(reader) === 9) {
    stop(
      reader,
      peek(reader) === 9
        ? "found character that cannot start any token"
        : "did not find expected key",
      "indent with spaces, as far as the lines above",
    );
  }
  return here === column;
}

/** Reads a key and the blanks before its colon. */
function readKey(reader: Reader, column: number): YamlNode {
  if (atSign(reader, DASH)) {
    stop(reader, "did not find expected key", "indent the list, or put it under a key of its own");
  }
  const { line, pos } = reader;
  const properties = readProperties(reader);
  if (properties !== undefined) skipBlanks(reader);
  const node = properties !== undefined && atBlockColon(reader)
    ? emptyNode(reader, properties)
    : readInline(reader, column, properties, false);
  skipBlanks(reader);
  if (!atBlockColon(reader) || reader.line !== line || reader.pos - pos > LONGEST_KEY) {
    stop(
      reader,
      "could not find expected ':'",
      "write key: value, or indent the line if it belongs to the one above",
    );
  }
  return node;
}

/** Reads the key behind `?`. */
function readAskedKey(reader: Reader, column: number): YamlNode {
  reader.pos++;
  return readNested(reader, column, false);
}

/** Reads the value of a key behind `?`: the colon has a line of its own, or there is none. */
function readAskedValue(reader: Reader, column: number): YamlNode {
  const { pos, line, lineStart } = reader;
  skipToToken(reader, false);
  if (!atDocumentEnd(reader) && columnOf(reader) === column && atBlockColon(reader)) {
    reader.pos++;
    return readNested(reader, column, true);
  }
  reader.pos = pos;
  reader.line = line;
  reader.lineStart = lineStart;
  return emptyNode(reader);
}

/** Reads what follows `key:`; the reader stands on the colon. */
function readValue(reader: Reader, column: number, key: YamlNode): YamlNode {
  reader.pos++;
  skipBlanks(reader);
  noteBehind(reader, key);
  if (!atLineEnd(reader)) return readBlockNode(reader, column, false, true);
  return readBelow(reader, column, true);
}

/** Reads what follows `-`, `?` or the colon of an asked key: on the same line or below. */
function readNested(reader: Reader, column: number, dashes: boolean): YamlNode {
  while (peek(reader) === 32) reader.pos++;
  if (!atLineEnd(reader)) return readBlockNode(reader, column, true);
  return readBelow(reader, column, dashes);
}

/** Reads the node on the lines below, or an empty one when they belong to others. */
function readBelow(reader: Reader, column: number, dashes: boolean): YamlNode {
  const here = { ...reader };
  skipToToken(reader, false);
  if (!atDocumentEnd(reader)) {
    const at = columnOf(reader);
    const sign = peek(reader);
    const block = at === column && (sign === PIPE || sign === GREATER);
    if (at > column || block) return readBlockNode(reader, column, true, dashes);
    if (at === column && dashes && atSign(reader, DASH)) {
      return readBlockSeq(reader, markOf(reader), true);
    }
  }
  const node = emptyNode(here);
  reader.nodes = here.nodes;
  return node;
}

/** Reads what follows `-`. In what is written a comment between the two belongs to the item. */
function readItem(reader: Reader, column: number): YamlNode {
  while (peek(reader) === 32) reader.pos++;
  const comment = reader.mode === "source" ? commentHere(reader) : undefined;
  const item = readNested(reader, column, false);
  if (comment !== undefined && item.kind === "scalar" && item.comment === undefined) {
    keep(item, comment);
  }
  return item;
}

/** Reads a sequence at the column of `mark`; `shared` when a mapping stands at the same column. */
function readBlockSeq(reader: Reader, mark: Mark, shared = false): SeqNode {
  const node: SeqNode = { kind: "seq", items: [] };
  const column = mark.column - 1;
  countNode(reader);
  enter(reader);
  let end = reader.pos;
  for (;;) {
    const start = reader.pos;
    reader.pos++;
    const item = readItem(reader, column);
    if (item.kind !== "scalar" || reader.mode === "source") noteAbove(reader, item, start, column);
    node.items.push(item);
    end = item.at?.end ?? reader.pos;
    if (!readNext(reader, column)) break;
    if (atSign(reader, DASH)) continue;
    if (shared) break;
    stop(reader, "did not find expected '-' indicator", "begin every item of a list with -");
  }
  leave(reader);
  node.at = { line: mark.line, column: mark.column, start: mark.start, end };
  return node;
}
