/**
 * The order in which Go prints the keys of a mapping.
 *
 * @module
 */

const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;

/**
 * Compares two keys in "natural" order: runs of digits count as numbers, other signs stand before letters.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(["b", "a10", "a9", "_"].sort(compareKeys), ["_", "a9", "a10", "b"]);
 * ```
 */
export function compareKeys(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === shorter) return a.length - b.length;
  if (at > 0 && isLowSurrogate(a.charCodeAt(at)) && isLowSurrogate(b.charCodeAt(at))) at--;
  const left = a.codePointAt(at) ?? 0;
  const right = b.codePointAt(at) ?? 0;
  const leftLetter = isLetter(left);
  const rightLetter = isLetter(right);
  if (leftLetter && rightLetter) return left - right;
  if (leftLetter || rightLetter) return rightLetter ? -1 : 1;
  return compareRuns(a, b, at) || left - right;
}

/** Compares the digits that begin at `at` in both; 0 when they say nothing. */
function compareRuns(a: string, b: string, at: number): number {
  // A zero inside a number is not a leading zero: "10" and "1" differ in length, not in a leading sign.
  const inside = (a[at] === "0" || b[at] === "0") && followsNonZero(a, at);
  const left = readRun(a, at, inside);
  const right = readRun(b, at, inside);
  if (left.value !== right.value) return left.value < right.value ? -1 : 1;
  return left.length - right.length;
}

function followsNonZero(text: string, at: number): boolean {
  for (let i = at - 1; i >= 0 && isDigit(text.charCodeAt(i)); i--) {
    if (text[i] !== "0") return true;
  }
  return false;
}

function readRun(text: string, at: number, inside: boolean): { value: bigint; length: number } {
  let end = at;
  let value = inside ? 1n : 0n;
  while (end < text.length && isDigit(text.charCodeAt(end))) {
    // Go counts in 64 bits and lets them overflow.
    value = BigInt.asIntN(64, value * 10n + BigInt(text.charCodeAt(end) - 48));
    end++;
  }
  return { value, length: end - at };
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function isLetter(point: number): boolean {
  if (point < 128) return (point >= 97 && point <= 122) || (point >= 65 && point <= 90);
  return LETTER.test(String.fromCodePoint(point));
}

function isDigit(unit: number): boolean {
  if (unit < 128) return unit >= 48 && unit <= 57;
  return DIGIT.test(String.fromCharCode(unit));
}
