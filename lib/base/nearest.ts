/**
 * The name that was probably meant, for messages about one that is not known.
 *
 * @module
 */

/**
 * The first of `names` that takes the fewest edits (of one character each), if `most` are enough.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(nearestName("resurces", ["images", "resources"], 2), "resources");
 * assert.equal(nearestName("x", ["images", "resources"], 2), undefined);
 * ```
 */
export function nearestName(
  name: string,
  names: readonly string[],
  most: number,
  { ignoreCase = false }: { readonly ignoreCase?: boolean } = {},
): string | undefined {
  const fold = (text: string) => ignoreCase ? text.toLowerCase() : text;
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of names) {
    const edits = editDistance(fold(name), fold(candidate));
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
