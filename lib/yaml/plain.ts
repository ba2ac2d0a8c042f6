/**
 * Node trees and plain JavaScript values, by the rules of Go's way to JSON.
 *
 * @module
 */
import { type MapNode, mapNode, type ScalarNode, type SeqNode, type YamlNode } from "./node.ts";
import { formatJsonNumber } from "./number.ts";
import { scalarValue } from "./resolve.ts";

/**
 * The plain value of a tree: integers outside the safe range are `bigint`, dates RFC 3339 strings, and a
 * key that is no string counts as the text of its value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseOne } from "./mod.ts";
 * const parsed = parseOne("a: 0x1F\nb: [1.0, yes]\n");
 * assert.deepEqual(parsed.ok && toPlain(parsed.value), { a: 31, b: [1, "yes"] });
 * ```
 */
export function toPlain(node: YamlNode | undefined): unknown {
  switch (node?.kind) {
    case undefined:
      return null;
    case "scalar":
      return scalarValue(node);
    case "seq":
      return node.items.map((item) => toPlain(item));
    case "map":
      return plainMap(node);
  }
}

function plainMap(node: MapNode): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const { key, value } of node.entries) {
    const name = keyOf(key);
    if (name === "__proto__") defineOwn(plain, name, toPlain(value));
    else plain[name] = toPlain(value);
  }
  return plain;
}

/** A key named after the prototype is an ordinary key. */
function defineOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** The text of a key in JSON: as it was written, for Go reads keys of objects as strings. */
export function keyOf(key: ScalarNode): string {
  return key.tag === "binary" ? String(scalarValue(key)) : key.value;
}

/**
 * The tree of a plain value. `undefined` members are left out, as in JSON.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { emitYaml } from "./mod.ts";
 * assert.equal(emitYaml(fromPlain({ a: [1, "1"], b: undefined })), 'a:\n- 1\n- "1"\n');
 * ```
 */
export function fromPlain(value: unknown): YamlNode {
  switch (typeof value) {
    case "string":
      return { kind: "scalar", tag: "str", value };
    case "boolean":
      return { kind: "scalar", tag: "bool", value: String(value) };
    case "bigint":
      return { kind: "scalar", tag: "int", value: String(value) };
    case "number":
      return numberNode(value);
    case "object":
      return value === null ? { kind: "scalar", tag: "null", value: "null" } : fromObject(value);
    default:
      throw new TypeError(`A ${typeof value} has no form in YAML`);
  }
}

function numberNode(value: number): ScalarNode {
  if (Number.isSafeInteger(value)) return { kind: "scalar", tag: "int", value: String(value) };
  if (!Number.isFinite(value)) throw new TypeError(`The number ${value} has no form in JSON`);
  return { kind: "scalar", tag: "float", value: formatJsonNumber(value) };
}

function fromObject(value: object): YamlNode {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const node: SeqNode = { kind: "seq", items: items.map((item) => fromPlain(item ?? null)) };
    return node;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return mapNode(members.map(([key, member]) => [key, fromPlain(member)] as const));
}
