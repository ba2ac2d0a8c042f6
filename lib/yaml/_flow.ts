/**
 * Collections in brackets.
 *
 * @module
 */
import { addEntry, closeMap, keyNode } from "./_mapping.ts";
import type { MapEntry, MapNode, ScalarNode, SeqNode, YamlNode } from "./node.ts";
import { noteInFlow } from "./_notes.ts";
import { beginsPlain, readPlain } from "./_plain_scalar.ts";
import {
  bindAnchor,
  type Properties,
  readAlias,
  readProperties,
  tagScalar,
} from "./_properties.ts";
import { readQuoted } from "./_quoted.ts";
import {
  atMarker,
  countNode,
  enter,
  isBoundary,
  leave,
  type Mark,
  markOf,
  peek,
  placeFrom,
  type Reader,
  skipToToken,
  stop,
} from "./_reader.ts";

const DOUBLE = 34;
const SINGLE = 39;
const STAR = 42;
const COMMA = 44;
const COLON = 58;
const QUESTION = 63;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const CLOSE_MAP = 125;

/**
 * Reads what fits on a line: an alias, a quoted or plain scalar, a collection in brackets. `parent` is
 * the column that further lines of a plain scalar must stand right of.
 */
export function readInline(
  reader: Reader,
  parent: number,
  properties: Properties | undefined,
  flow: boolean,
): YamlNode {
  const mark = markOf(reader);
  const unit = peek(reader);
  switch (unit) {
    case DOUBLE:
    case SINGLE: {
      const text = readQuoted(reader);
      const style = unit === DOUBLE ? "double" : "single";
      return scalar(reader, mark, text, style, properties);
    }
    case OPEN_LIST:
      return readFlowSeq(reader, mark, properties);
    case OPEN_MAP:
      return readFlowMap(reader, mark, properties);
    case STAR:
      if (properties !== undefined) break;
      return { ...readAlias(reader), at: placeFrom(reader, mark) };
    default:
      if (!beginsPlain(unit, peek(reader, 1), flow)) break;
      return scalar(reader, mark, readPlain(reader, parent, flow), "plain", properties);
  }
  return stopAtSign(reader, unit);
}

function stopAtSign(reader: Reader, unit: number): never {
  const sign = String.fromCharCode(unit);
  if (unit === 9 || unit === 64 || unit === 96 || unit === 37) {
    const remedy = unit === 9
      ? "indent with spaces, not tabs"
      : `quote the value that begins with ${sign}`;
    stop(reader, "found character that cannot start any token", remedy);
  }
  stop(reader, "did not find expected node content", "write a value here, or quote it");
}

/** Makes a scalar of what was read since `mark`. */
export function scalar(
  reader: Reader,
  mark: Mark,
  value: string,
  style: "plain" | "single" | "double" | "literal" | "folded",
  properties: Properties | undefined,
): ScalarNode {
  countNode(reader);
  const node: ScalarNode = {
    kind: "scalar",
    tag: tagScalar(reader, value, style, properties?.tag),
    value,
    style,
    at: placeFrom(reader, mark),
  };
  bindAnchor(reader, properties, node);
  return node;
}

/** The empty node that stands where a value is left out. */
export function emptyNode(reader: Reader, properties?: Properties): ScalarNode {
  return scalar(reader, markOf(reader), "", "plain", properties);
}

/**
 * The empty node between brackets. Kustomize prints a resource as YAML once before it prints the result, and
 * what was left out between brackets as `''`: so it is null until then, and an empty text in the end.
 */
function emptyFlowNode(reader: Reader, properties?: Properties): ScalarNode {
  const node = emptyNode(reader, properties);
  if (node.tag === "null" && reader.mode === "kyaml") node.style = "single";
  return node;
}

function readFlowSeq(reader: Reader, mark: Mark, properties: Properties | undefined): SeqNode {
  const node: SeqNode = { kind: "seq", items: [] };
  countNode(reader);
  enter(reader);
  reader.pos++;
  for (;;) {
    skipToToken(reader, true, true);
    if (peek(reader) === CLOSE_LIST) break;
    const item = readFlowItem(reader);
    if (item.kind === "scalar") noteInFlow(reader, item);
    node.items.push(item);
    if (!readComma(reader, CLOSE_LIST, mark)) break;
  }
  reader.pos++;
  leave(reader);
  node.at = placeFrom(reader, mark);
  bindAnchor(reader, properties, node);
  return node;
}

/** An item of a list; `a: b` without braces is a mapping of one entry. */
function readFlowItem(reader: Reader): YamlNode {
  const mark = markOf(reader);
  const asked = readQuestion(reader);
  const key = readFlowNode(reader);
  const value = readFlowValue(reader, mark, asked);
  if (value === undefined && !asked) return key;
  countNode(reader);
  const entry: MapEntry = { key: keyNode(reader, key), value: value ?? emptyFlowNode(reader) };
  return { kind: "map", entries: [entry], at: placeFrom(reader, mark) };
}

function readFlowMap(reader: Reader, mark: Mark, properties: Properties | undefined): MapNode {
  const node: MapNode = { kind: "map", entries: [] };
  countNode(reader);
  enter(reader);
  reader.pos++;
  for (;;) {
    skipToToken(reader, true, true);
    if (peek(reader) === CLOSE_MAP) break;
    const start = markOf(reader);
    const asked = readQuestion(reader);
    const key = asked && endsFlowNode(peek(reader)) ? emptyFlowNode(reader) : readFlowNode(reader);
    const value = readFlowValue(reader, start, asked) ?? emptyFlowNode(reader);
    if (value.kind === "scalar") noteInFlow(reader, value);
    addEntry(reader, node, key, value);
    if (!readComma(reader, CLOSE_MAP, mark)) break;
  }
  reader.pos++;
  leave(reader);
  node.at = placeFrom(reader, mark);
  closeMap(reader, node);
  bindAnchor(reader, properties, node);
  return node;
}

function readQuestion(reader: Reader): boolean {
  if (peek(reader) !== QUESTION) return false;
  reader.pos++;
  skipToToken(reader, true, true);
  return true;
}

/** A node between brackets; nothing before `,`, `:` or the end is an empty one only behind properties. */
function readFlowNode(reader: Reader): YamlNode {
  if (atMarker(reader)) stop(reader, "did not find expected node content", "close the bracket");
  const properties = readProperties(reader);
  if (properties !== undefined) {
    skipToToken(reader, true, true);
    if (endsFlowNode(peek(reader))) return emptyFlowNode(reader, properties);
  }
  return readInline(reader, -1, properties, true);
}

function endsFlowNode(unit: number): boolean {
  return unit === COMMA || unit === CLOSE_LIST || unit === CLOSE_MAP || unit === COLON;
}

/** The value behind `:`; `undefined` when there is none. */
function readFlowValue(reader: Reader, key: Mark, asked: boolean): YamlNode | undefined {
  const keyLine = reader.line;
  const keyEnd = reader.pos;
  skipToToken(reader, true, true);
  if (peek(reader) !== COLON) return undefined;
  if (!asked && (reader.line !== key.line || keyLine !== key.line || keyEnd - key.start > 1024)) {
    return undefined;
  }
  reader.pos++;
  skipToToken(reader, true, true);
  const unit = peek(reader);
  if (unit === COMMA || unit === CLOSE_LIST || unit === CLOSE_MAP) return emptyFlowNode(reader);
  return readFlowNode(reader);
}

/** Steps over a comma; false at the closing bracket. */
function readComma(reader: Reader, close: number, opened: Mark): boolean {
  skipToToken(reader, true, true);
  const unit = peek(reader);
  if (unit === COMMA) {
    reader.pos++;
    return true;
  }
  if (unit === close) return false;
  const sign = String.fromCharCode(close);
  const remedy = `separate by commas, and close the bracket of line ${opened.line} with ${sign}`;
  stop(reader, `did not find expected ',' or '${sign}'`, remedy);
}

/** True for a colon that ends a key in a block. */
export function atBlockColon(reader: Reader): boolean {
  return peek(reader) === COLON && isBoundary(peek(reader, 1));
}
