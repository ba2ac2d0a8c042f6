/**
 * The one model of YAML that every engine works on: order, positions and exact scalars kept (design D21).
 *
 * @module
 */

/** Where a node stands in its file. */
export interface Position {
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;
  /** Offset of the first character of the node in the text it was parsed from. */
  readonly start: number;
  /** Offset past its last character. */
  readonly end: number;
}

/** What a scalar is, after Go's YAML resolution. */
export type ScalarTag =
  | "str"
  | "int"
  | "float"
  | "bool"
  | "null"
  | "timestamp"
  | "binary"
  | "merge";

/** How a scalar was written; the Go emitter decides anew, so it matters for editing and for tags only. */
export type ScalarStyle = "plain" | "single" | "double" | "literal" | "folded";

/** A leaf. `value` is the text after unquoting, so `0x1F` stays `0x1F` and 9007199254740993 stays exact. */
export interface ScalarNode {
  /** Tells the three kinds of node apart. */
  readonly kind: "scalar";
  /** What it reads as. */
  tag: ScalarTag;
  /** Its text. */
  value: string;
  /** How it was written. */
  style?: ScalarStyle;
  /** True when nothing but its text says what it reads as: a new text decides anew. */
  isUntagged?: true;
  /** True for `*name`, which only a tree of what is written has. */
  isAlias?: true;
  /** Where it was read. */
  at?: Position;
  /** A JSON object in a comment at it: kustomize takes that for its schema, or for that of its value if it is a key. */
  comment?: string;
}

/** One entry of a mapping. */
export interface MapEntry {
  /** Its name. */
  key: ScalarNode;
  /** What is under it. */
  value: YamlNode;
}

/** A mapping, in source order. */
export interface MapNode {
  /** Tells the three kinds of node apart. */
  readonly kind: "map";
  /** Keys and values. */
  entries: MapEntry[];
  /** Where it was read. */
  at?: Position;
  /** As in {@linkcode ScalarNode}. */
  comment?: string;
}

/** A sequence. */
export interface SeqNode {
  /** Tells the three kinds of node apart. */
  readonly kind: "seq";
  /** Its members. */
  items: YamlNode[];
  /** Where it was read. */
  at?: Position;
  /** As in {@linkcode ScalarNode}. */
  comment?: string;
}

/** Any node. Aliases and merge keys are expanded by the parser, but in a tree of what is written. */
export type YamlNode = ScalarNode | MapNode | SeqNode;

/** A string scalar. */
export function stringNode(value: string): ScalarNode {
  return { kind: "scalar", tag: "str", value };
}

/** A mapping of the given entries, in their order. */
export function mapNode(entries: readonly (readonly [string, YamlNode])[] = []): MapNode {
  return {
    kind: "map",
    entries: entries.map(([key, value]) => ({ key: stringNode(key), value })),
  };
}

/** A sequence of the given items. */
export function seqNode(items: YamlNode[] = []): SeqNode {
  return { kind: "seq", items };
}

/**
 * The value under `key` of a mapping; `undefined` where there is none or `node` is no mapping.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const node = mapNode([["a", stringNode("b")]]);
 * assert.deepEqual(getKey(node, "a"), stringNode("b"));
 * ```
 */
export function getKey(node: YamlNode | undefined, key: string): YamlNode | undefined {
  if (node?.kind !== "map") return undefined;
  for (const entry of node.entries) if (entry.key.value === key) return entry.value;
  return undefined;
}

/** The node at the end of `path`; `undefined` where one of its mappings has no such key. */
export function getPath(node: YamlNode | undefined, path: readonly string[]): YamlNode | undefined {
  let here = node;
  for (const key of path) here = getKey(here, key);
  return here;
}

/** Puts `value` under `key`, in the place of what was there, else at the end. */
export function setKey(node: MapNode, key: string, value: YamlNode): void {
  const entry = node.entries.find((e) => e.key.value === key);
  if (entry === undefined) node.entries.push({ key: stringNode(key), value });
  else entry.value = value;
}

/** Takes `key` out; true when it was there. */
export function deleteKey(node: MapNode, key: string): boolean {
  const index = node.entries.findIndex((e) => e.key.value === key);
  if (index < 0) return false;
  node.entries.splice(index, 1);
  return true;
}

/** The text of a string scalar (other tags too: `1` reads "1"); `undefined` for null and for the rest. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.tag !== "null" ? node.value : undefined;
}

/** True for a scalar that is not written plainly, and so is text; not for the null that stands for `{a: }`. */
export function isQuoted(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag !== "null" && (node.style ?? "plain") !== "plain";
}

/** A copy that shares nothing mutable with `node`; positions are kept. */
export function cloneNode<T extends YamlNode>(node: T): T;
export function cloneNode(node: YamlNode): YamlNode {
  switch (node.kind) {
    case "scalar":
      return { ...node };
    case "seq":
      return { ...node, items: node.items.map((item) => cloneNode(item)) };
    case "map":
      return {
        ...node,
        entries: node.entries.map(({ key, value }) => ({
          key: { ...key },
          value: cloneNode(value),
        })),
      };
  }
}
