/**
 * RFC 7396 and RFC 6902 on plain values, for the fake cluster.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { fail, isRecord, ok, parsePointer, type Result } from "../base/mod.ts";

/** RFC 7396 §2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902, without `move` and `copy`; a `test` that fails is `Invalid`, as on the server. */
export function jsonPatch(target: unknown, operations: unknown): Result<unknown> {
  if (!Array.isArray(operations)) return fail("BadRequest", "a JSON patch is a list");
  const holder = { root: structuredClone(target) };
  for (const operation of operations) {
    const keys = ["root", ...parsePointer(String(operation.path))];
    const last = keys.at(-1) ?? "root";
    let parent: unknown = holder;
    for (const key of keys.slice(0, -1)) parent = childOf(parent, key);
    const failure = applyOperation(parent, last, operation);
    if (failure !== undefined) return fail("Invalid", failure);
  }
  return ok(holder.root);
}

function applyOperation(
  parent: unknown,
  key: string,
  operation: { op?: unknown; path?: unknown; value?: unknown },
): string | undefined {
  const { op, path, value } = operation;
  if (parent === undefined) return `${op} operation does not apply: doc is missing path: ${path}`;
  switch (op) {
    case "test":
      return isDeepStrictEqual(childOf(parent, key), value)
        ? undefined
        : `testing value ${path} failed: test failed`;
    case "add":
      return put(parent, key, value, true);
    case "replace":
      if (childOf(parent, key) === undefined) {
        return `replace operation does not apply: doc is missing key: ${path}: missing value`;
      }
      return put(parent, key, value, false);
    case "remove":
      if (childOf(parent, key) === undefined) {
        return `remove operation does not apply: doc is missing key: ${path}: missing value`;
      }
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else if (isRecord(parent)) delete parent[key];
      return undefined;
    default:
      return `Unexpected kind: ${op}`;
  }
}

function put(parent: unknown, key: string, value: unknown, insert: boolean): string | undefined {
  if (Array.isArray(parent)) {
    const index = key === "-" ? parent.length : Number(key);
    parent.splice(index, insert ? 0 : 1, structuredClone(value));
  } else if (isRecord(parent)) {
    parent[key] = structuredClone(value);
  } else return `doc is missing path: ${key}`;
  return undefined;
}

function childOf(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[Number(key)];
  return isRecord(parent) ? parent[key] : undefined;
}
