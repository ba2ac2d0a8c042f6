/**
 * Equality of JSON values.
 *
 * @module
 */
import { isRecord } from "./record.ts";

/**
 * Whether two JSON values are the same: order of members does not count, a member that is `undefined`
 * is absent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isEqualJson({ a: 1, b: [2] }, { b: [2], a: 1, c: undefined }), true);
 * assert.equal(isEqualJson([1, 2], [2, 1]), false);
 * ```
 */
export function isEqualJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
      a.every((item, index) => isEqualJson(item, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .every((key) => isEqualJson(a[key], b[key]));
}
