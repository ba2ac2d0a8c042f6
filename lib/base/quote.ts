/**
 * Text in quotes as Go prints it, which is how Flux's messages show what they are about.
 *
 * @module
 */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\f": "\\f",
  "\v": "\\v",
  "\b": "\\b",
  "\x07": "\\a",
};
/** Quotes, and what cannot be seen; the blank is the only space that is printed. */
const ESCAPED = /["\\]|[^\P{Z} ]|\p{C}/gu;

/**
 * `text` in double quotes, with escapes for what cannot be seen.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(quoteLikeGo('a "b"\n'), '"a \\"b\\"\\n"');
 * ```
 */
export function quoteLikeGo(text: string): string {
  return `"${text.replace(ESCAPED, escape)}"`;
}

function escape(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const point = char.codePointAt(0) ?? 0;
  const hex = point.toString(16);
  if (point < 0x80) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
