/**
 * Telling JSON objects from everything else.
 *
 * @module
 */

/**
 * Whether `value` is an object with named members: no array, not null.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isRecord({ a: 1 }), true);
 * assert.equal(isRecord([1]), false);
 * ```
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
