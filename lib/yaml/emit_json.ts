/**
 * Prints a node tree as Go's encoding/json prints it: compact, keys sorted, HTML signs escaped.
 *
 * @module
 */
import type { YamlNode } from "./node.ts";
import { formatJsonNumber } from "./number.ts";
import { keyOf } from "./plain.ts";
import { scalarValue } from "./resolve.ts";

/**
 * Compact JSON of a tree, byte for byte what kustomize hashes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fromPlain } from "./mod.ts";
 * assert.equal(emitJson(fromPlain({ b: 1, a: "<&" })), String.raw`{"a":"\u003c\u0026","b":1}`);
 * ```
 */
export function emitJson(node: YamlNode): string {
  switch (node.kind) {
    case "scalar":
      return writeScalar(scalarValue(node));
    case "seq":
      return `[${node.items.map((item) => emitJson(item)).join(",")}]`;
    case "map": {
      const members = node.entries.map(({ key, value }) => ({ name: keyOf(key), value }));
      members.sort((a, b) => compareBytes(a.name, b.name));
      return `{${members.map((m) => `${quoteJson(m.name)}:${emitJson(m.value)}`).join(",")}}`;
    }
  }
}

function writeScalar(value: null | boolean | number | bigint | string): string {
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "number" || typeof value === "bigint") return formatJsonNumber(value);
  return String(value);
}

const ESCAPED = /[<>&\u2028\u2029]/g;

/** A JSON string with Go's escapes. */
export function quoteJson(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(ESCAPED, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The order of the UTF-8 bytes, which for halves of surrogate pairs is not the order of the units. */
function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}
