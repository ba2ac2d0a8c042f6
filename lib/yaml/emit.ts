/**
 * Prints a node tree with the bytes that Go's YAML emitter prints after a detour through JSON,
 * which is what `kustomize build` writes.
 *
 * @module
 */
import type { MapNode, ScalarNode, SeqNode, YamlNode } from "./node.ts";
import { quoteJson } from "./emit_json.ts";
import { compareKeys } from "./order.ts";
import { isSimpleKey, type Place, writeString } from "./_scalar_text.ts";
import { formatNumber } from "./number.ts";
import { keyOf } from "./plain.ts";
import { scalarValue } from "./resolve.ts";

/**
 * Prints one document; ends in one newline.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapNode, stringNode } from "./mod.ts";
 * assert.equal(emitYaml(mapNode([["b", stringNode("yes")], ["a", stringNode("x")]])), 'a: x\nb: "yes"\n');
 * ```
 */
export function emitYaml(node: YamlNode): string {
  switch (node.kind) {
    case "scalar":
      return endLine(writeScalar(node, { column: 0, indent: 2 }));
    case "map":
      return node.entries.length === 0 ? "{}\n" : writeMap(node, 0, "");
    case "seq":
      return node.items.length === 0 ? "[]\n" : writeSeq(node, 0, "");
  }
}

/** Where {@linkcode emitText} may write a block of lines. */
export interface BlockPlace {
  /** Column of its lines. */
  readonly indent: number;
  /** Columns between them and what the block belongs to. */
  readonly step: number;
}

/**
 * A string as a scalar, to be put into a text that is there already; nothing is folded. Without a place for a block
 * it is quoted, and fits between brackets.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(emitText("a\nb", { indent: 4, step: 4 }), "|-\n    a\n    b");
 * assert.equal(emitText("a, b"), '"a, b"');
 * ```
 */
export function emitText(text: string, block?: BlockPlace): string {
  if (block === undefined) return quoteJson(text);
  // The last line end of a block is that of the line it stands on.
  return writeString(text, { column: -Infinity, ...block }).replace(/\n$/, "");
}

/** Prints documents one after the other, `---` between them. */
export function emitDocuments(nodes: readonly YamlNode[]): string {
  return nodes.map((node) => emitYaml(node)).join("---\n");
}

/** The lines of a mapping; `first` stands where the first line's indentation would (after `-`). */
function writeMap(node: MapNode, indent: number, first: string): string {
  const pad = " ".repeat(indent);
  let out = "";
  let lead = first;
  for (const { key, value } of sortEntries(node)) {
    out += lead + writeEntry(key, value, indent);
    lead = pad;
  }
  return out;
}

/** The lines of a sequence; `first` as in {@linkcode writeMap}. */
function writeSeq(node: SeqNode, indent: number, first: string): string {
  const pad = " ".repeat(indent);
  let out = "";
  let lead = first;
  for (const item of node.items) {
    out += `${lead}-${writeItem(item, indent)}`;
    lead = pad;
  }
  return out;
}

interface SortedEntry {
  key: string;
  value: YamlNode;
}

function sortEntries(node: MapNode): SortedEntry[] {
  const entries = node.entries.map(({ key, value }) => ({ key: keyOf(key), value }));
  return entries.length < 2 ? entries : entries.sort((a, b) => compareKeys(a.key, b.key));
}

function writeEntry(key: string, value: YamlNode, indent: number): string {
  if (!isSimpleKey(key)) return writeLongEntry(key, value, indent);
  const text = writeString(key, { column: indent, indent: indent + 2, key: true });
  return `${text}:${writeValue(value, indent, indent + countPoints(text) + 1)}`;
}

/** What follows `key:`, with its line end; a sequence is not indented under its key. */
function writeValue(value: YamlNode, indent: number, column: number): string {
  switch (value.kind) {
    case "scalar":
      return endLine(` ${writeScalar(value, { column: column + 1, indent: indent + 2 })}`);
    case "map":
      if (value.entries.length === 0) return " {}\n";
      return `\n${writeMap(value, indent + 2, " ".repeat(indent + 2))}`;
    case "seq":
      if (value.items.length === 0) return " []\n";
      return `\n${writeSeq(value, indent, " ".repeat(indent))}`;
  }
}

/** `? key` and `: value` on lines of their own, for keys that are long or have line breaks. */
function writeLongEntry(key: string, value: YamlNode, indent: number): string {
  const text = writeString(key, { column: indent + 2, indent: indent + 2 });
  return `${endLine(`? ${text}`)}${" ".repeat(indent)}:${writeItem(value, indent)}`;
}

/** What follows `-` (or the `:` of a long key), with its line end. */
function writeItem(item: YamlNode, indent: number): string {
  switch (item.kind) {
    case "scalar":
      return endLine(` ${writeScalar(item, { column: indent + 2, indent: indent + 2 })}`);
    case "map":
      return item.entries.length === 0 ? " {}\n" : writeMap(item, indent + 2, " ");
    case "seq":
      return item.items.length === 0 ? " []\n" : writeSeq(item, indent + 2, " ");
  }
}

function writeScalar(node: ScalarNode, place: Place): string {
  const value = node.tag === "str" ? node.value : scalarValue(node);
  switch (typeof value) {
    case "string":
      return writeString(value, place);
    case "number":
    case "bigint":
      return formatNumber(value);
    default:
      return String(value);
  }
}

/** A block scalar brings its own line end. */
function endLine(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  return last === 10 || last === 0x2028 || last === 0x2029 ? text : `${text}\n`;
}

function countPoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) count--;
  }
  return count;
}
