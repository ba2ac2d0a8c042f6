/**
 * Applies the operations of a patch one after the other; the first that does not fit fails the whole patch.
 *
 * @module
 */
import { fail, type Failure, type Meter, ok, parsePointer, type Result } from "../base/mod.ts";
import {
  cloneNode,
  deleteKey,
  emitJson,
  getKey,
  type ScalarNode,
  type SeqNode,
  setKey,
  textOf,
  type YamlNode,
} from "../yaml/mod.ts";

/** Why an operation does not fit; never leaves this module. */
class Misfit extends Error {}

/**
 * Applies `operations`, a list of maps, to a copy of `document`. Fails with `JsonPatchFailed`.
 *
 * As the Go library has it, an index below zero counts from the end of the list, and what a map does not have can be
 * replaced, copied and tested: it is null. With a `meter`, what is copied is
 * spent of its entries, and {@linkcode Meter} throws at their end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fromPlain, toPlain } from "../yaml/mod.ts";
 * const patch = fromPlain([{ op: "add", path: "/a/-", value: 2 }, { op: "remove", path: "/b~1c" }]);
 * const patched = applyJsonPatch(fromPlain({ a: [1], "b/c": 0 }), patch);
 * assert.deepEqual(patched.ok && toPlain(patched.value), { a: [1, 2] });
 * ```
 */
export function applyJsonPatch(
  document: YamlNode,
  operations: YamlNode,
  meter?: Meter,
): Result<YamlNode> {
  if (operations.kind !== "seq") return failed("a JSON patch must be a list of operations");
  let root = cloneNode(document);
  for (const [index, operation] of operations.items.entries()) {
    try {
      root = applyOne(root, operation, meter);
    } catch (thrown) {
      if (!(thrown instanceof Misfit)) throw thrown;
      const line = operation.at === undefined ? "" : ` on line ${operation.at.line}`;
      return failed(`operation ${index + 1}${line} (${describe(operation)}): ${thrown.message}`);
    }
  }
  return ok(root);
}

function failed(message: string): Failure {
  return fail("JsonPatchFailed", message);
}

function describe(operation: YamlNode): string {
  const op = textOf(getKey(operation, "op")) ?? "no op";
  return `${op} ${textOf(getKey(operation, "path")) ?? ""}`.trim().slice(0, 200);
}

function applyOne(root: YamlNode, operation: YamlNode, meter: Meter | undefined): YamlNode {
  const path = pointerOf(operation, "path");
  const value = getKey(operation, "value") ?? nullNode();
  const op = textOf(getKey(operation, "op"));
  switch (op) {
    case "add":
      return add(root, path, cloneNode(value));
    case "replace":
      return replace(root, path, cloneNode(value));
    case "remove":
      remove(root, path);
      return root;
    case "move": {
      const from = pointerOf(operation, "from");
      const moved = find(root, from);
      remove(root, from);
      return add(root, path, moved);
    }
    case "copy": {
      const from = pointerOf(operation, "from");
      // Unlike RFC 6902, but like the Go library.
      if (from.length === 0) throw new Misfit("the whole document cannot be copied");
      const copied = findOrNull(root, from);
      // What is copied into itself doubles every time.
      meter?.spendEntries(countNodes(copied), "a JSON patch");
      return add(root, path, cloneNode(copied));
    }
    case "test":
      test(root, path, value);
      return root;
    default:
      throw new Misfit("op must be add, remove, replace, move, copy or test");
  }
}

function countNodes(node: YamlNode): number {
  if (node.kind === "scalar") return 1;
  const children = node.kind === "seq" ? node.items : node.entries.map(({ value }) => value);
  return children.reduce((sum, child) => sum + countNodes(child), 1);
}

function nullNode(): ScalarNode {
  return { kind: "scalar", tag: "null", value: "null" };
}

/** The parts of a JSON pointer (RFC 6901). */
function pointerOf(operation: YamlNode, field: "path" | "from"): string[] {
  const pointer = textOf(getKey(operation, field));
  if (pointer === undefined) throw new Misfit(`${field} is missing`);
  if (pointer === "") return [];
  // Unlike RFC 6901, but like the Go library: what stands in front of the first slash is skipped.
  const slash = pointer.indexOf("/");
  if (slash < 0) throw new Misfit(`${field} must begin with /`);
  return parsePointer(pointer.slice(slash));
}

function find(root: YamlNode, path: readonly string[]): YamlNode {
  let here = root;
  for (const [index, part] of path.entries()) {
    const next = step(here, part);
    if (next === undefined) throw new Misfit(`there is no /${path.slice(0, index + 1).join("/")}`);
    here = next;
  }
  return here;
}

function step(node: YamlNode, part: string): YamlNode | undefined {
  if (node.kind === "map") return getKey(node, part);
  return node.kind === "seq" ? node.items[indexIn(node, part, 0)] : undefined;
}

/** The place of an item; `room` is one where a new item may stand behind the last. */
function indexIn(list: SeqNode, part: string, room: 0 | 1): number {
  if (!/^[-+]?\d{1,9}$/.test(part)) throw new Misfit(`"${part}" is no index of a list`);
  const index = Number(part);
  const size = list.items.length + room;
  if (index >= size || index < -size) {
    throw new Misfit(`index ${index} is outside of the list, which has ${list.items.length} items`);
  }
  return index < 0 ? index + size : index;
}

function parentOf(root: YamlNode, path: readonly string[]): { parent: YamlNode; last: string } {
  return { parent: find(root, path.slice(0, -1)), last: path.at(-1) ?? "" };
}

function add(root: YamlNode, path: readonly string[], value: YamlNode): YamlNode {
  if (path.length === 0) return value;
  const { parent, last } = parentOf(root, path);
  if (parent.kind === "map") setKey(parent, last, value);
  else if (parent.kind === "scalar") throw new Misfit("the parent is neither map nor list");
  else if (last === "-") parent.items.push(value);
  else parent.items.splice(indexIn(parent, last, 1), 0, value);
  return root;
}

function replace(root: YamlNode, path: readonly string[], value: YamlNode): YamlNode {
  if (path.length === 0) return value;
  const { parent, last } = parentOf(root, path);
  if (parent.kind === "map") setKey(parent, last, value);
  else if (parent.kind === "seq") parent.items[indexIn(parent, last, 0)] = value;
  else throw new Misfit("the parent is neither map nor list");
  return root;
}

function remove(root: YamlNode, path: readonly string[]): void {
  if (path.length === 0) throw new Misfit("the whole document cannot be removed");
  const { parent, last } = parentOf(root, path);
  if (parent.kind === "map" && deleteKey(parent, last)) return;
  if (parent.kind !== "seq") throw new Misfit(`there is no /${path.join("/")}`);
  parent.items.splice(indexIn(parent, last, 0), 1);
}

/** What is missing from a map passes for null. */
function findOrNull(root: YamlNode, path: readonly string[]): YamlNode {
  if (path.length === 0) return root;
  const { parent, last } = parentOf(root, path);
  return parent.kind === "map" ? getKey(parent, last) ?? nullNode() : find(root, path);
}

function test(root: YamlNode, path: readonly string[], value: YamlNode): void {
  if (emitJson(findOrNull(root, path)) !== emitJson(value)) {
    throw new Misfit("the value there is another one");
  }
}
