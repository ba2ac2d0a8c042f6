/**
 * Bytes.
 *
 * @module
 */

const encoder = new TextEncoder();

/**
 * Parts one after the other; texts as UTF-8.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([...joinBytes("a", new Uint8Array([1]))], [97, 1]);
 * ```
 */
export function joinBytes(...parts: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  const all = parts.map((part) => typeof part === "string" ? encoder.encode(part) : part);
  const joined = new Uint8Array(all.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Whether both are the same bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.ok(isSameBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2])));
 * assert.ok(!isSameBytes(new Uint8Array([1, 2]), new Uint8Array([1])));
 * ```
 */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
