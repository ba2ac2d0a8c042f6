/**
 * A change of some fields that holds only as long as these are as they were, whatever becomes of the others.
 *
 * @module
 */
import { isEqualJson, pointerPart } from "../base/mod.ts";

/** One operation of RFC 6902. */
export interface PatchOperation {
  readonly op: "test" | "add" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

/**
 * The operations that turn the fields of `before`, which are at `path` of an object, into those of `after`.
 * Members that are `undefined` count as absent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(testedPatchOf("/status", { a: 1, b: 2 }, { a: 3, b: 2 }), [
 *   { op: "test", path: "/status/a", value: 1 },
 *   { op: "add", path: "/status/a", value: 3 },
 * ]);
 * ```
 */
export function testedPatchOf(
  path: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [known, wanted] = [before[field], after[field]];
    if (isEqualJson(known, wanted)) continue;
    const at = `${path}/${pointerPart(field)}`;
    // RFC 6902 §4.6 knows no test for absence; §4.1: `add` replaces what is there.
    if (known !== undefined) operations.push({ op: "test", path: at, value: known });
    operations.push(
      wanted === undefined ? { op: "remove", path: at } : { op: "add", path: at, value: wanted },
    );
  }
  return operations;
}
