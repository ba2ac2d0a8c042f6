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
