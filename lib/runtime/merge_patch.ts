/**
 * The smallest JSON merge patch between two values (RFC 7396).
 *
 * @module
 */
import { isEqualJson, isRecord } from "../base/mod.ts";

/**
 * What to send so that `from` becomes `to`; nothing when it is that already. Members that are `undefined`
 * count as absent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(mergePatchOf({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } }), { a: null, b: { d: null } });
 * assert.equal(mergePatchOf({ a: [1] }, { a: [1] }), undefined);
 * ```
 */
export function mergePatchOf(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = from[key];
    const after = to[key];
    if (isEqualJson(before, after)) continue;
    if (after === undefined) patch[key] = null;
    else if (isRecord(before) && isRecord(after)) patch[key] = mergePatchOf(before, after) ?? {};
    else patch[key] = after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
