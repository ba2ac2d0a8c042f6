/**
 * The hash at the end of the names of generated objects.
 *
 * @module
 */
import { sha256Hex } from "../base/mod.ts";
import { emitJson, getKey, type MapNode, mapNode, stringNode, type YamlNode } from "../yaml/mod.ts";
import { kindOf } from "./resource.ts";

const LENGTH = 10;
/** Digits that could spell a word give way to letters that cannot. */
const REPLACED: Readonly<Record<string, string>> = { "0": "g", "1": "h", "3": "k", a: "m", e: "t" };

/**
 * Ten characters that follow from the content of a ConfigMap or Secret, whatever it is called.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapNode, stringNode } from "../yaml/mod.ts";
 * const node = mapNode([["kind", stringNode("ConfigMap")]]);
 * assert.match(contentHash(node), /^[a-z0-9]{10}$/);
 * ```
 */
export function contentHash(node: MapNode): string {
  const digest = sha256Hex(emitJson(hashedPart(node))).slice(0, LENGTH);
  return digest.replace(/[013ae]/g, (digit) => REPLACED[digit] ?? digit);
}

function hashedPart(node: MapNode): YamlNode {
  const kind = kindOf(node);
  if (kind === "ConfigMap") return entries(node, kind, ["binaryData", "data"]);
  if (kind === "Secret") return entries(node, kind, ["data", "stringData", "type"]);
  return node;
}

/** The name is always the empty text, and so is data that is missing: the tool that we follow has it so. */
function entries(node: MapNode, kind: string, names: readonly string[]): MapNode {
  const kept: [string, YamlNode][] = [["kind", stringNode(kind)], ["name", stringNode("")]];
  for (const name of names) {
    const value = getKey(node, name);
    if (value?.kind === "map") kept.push([name, value]);
    else if (name === "data" || name === "type") kept.push([name, plainPart(value)]);
  }
  return mapNode(kept);
}

/** What should be a map or a text counts by its letters, a null too; a list counts as nothing. */
function plainPart(value: YamlNode | undefined): YamlNode {
  if (value?.kind === "seq") return { kind: "scalar", tag: "null", value: "null" };
  return stringNode(textOfScalar(value));
}

function textOfScalar(value: YamlNode | undefined): string {
  return value?.kind === "scalar" ? value.value : "";
}
