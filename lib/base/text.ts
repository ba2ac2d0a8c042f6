/**
 * Text within a limit.
 *
 * @module
 */

/**
 * At most `mostBytes` of UTF-8; what is longer ends in `...` and never in half a character.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(cutText("abcdef", 5), "ab...");
 * assert.equal(cutText("aäöü", 7), "aäöü");
 * ```
 */
export function cutText(text: string, mostBytes: number): string {
  // A UTF-16 unit is at most three bytes of UTF-8: short text needs no encoding to be measured.
  if (text.length * 3 <= mostBytes) return text;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= mostBytes) return text;
  let end = mostBytes - 3;
  // Bytes 10xxxxxx continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}...`;
}

/**
 * The first of `lines`, at most `most`, and a last one that says how many more there are.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(firstLines(["a", "b", "c"], 2), ["a", "b", "and 1 more"]);
 * assert.deepEqual(firstLines(["a", "b"], 2), ["a", "b"]);
 * ```
 */
export function firstLines(lines: readonly string[], most: number): string[] {
  const more = lines.length - most;
  return [...lines.slice(0, most), ...(more > 0 ? [`and ${more} more`] : [])];
}
