/**
 * Numbers as Go's `strconv.ParseFloat` reads them.
 *
 * @module
 */
const DIGITS = "[0-9]+(?:_[0-9]+)*";
const HEX = "[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*";
const DECIMAL = new RegExp(
  `^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`,
);
const HEXADECIMAL = new RegExp(
  `^([+-]?)0[xX](?:_?(${HEX})(?:\\.(${HEX})?)?|\\.(${HEX}))[pP]([+-]?${DIGITS})$`,
);

/**
 * The number that `text` spells; nothing when it spells none or one that is out of range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseNumber("0x1.8p3"), 12);
 * assert.equal(parseNumber("1x"), undefined);
 * ```
 */
export function parseNumber(text: string): number | undefined {
  const word = text.toLowerCase();
  if (word === "nan") return NaN;
  if (/^[+-]?inf(?:inity)?$/.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  const number = DECIMAL.test(text) ? Number(text.replaceAll("_", "")) : parseHexadecimal(text);
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

/** `0x1.8p3` is 12: hexadecimal digits times a power of two. */
function parseHexadecimal(text: string): number | undefined {
  const match = HEXADECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", after = "", only = "", power = ""] = match;
  const fraction = (after + only).replaceAll("_", "");
  const digits = BigInt(`0x${whole.replaceAll("_", "")}${fraction}`);
  const exponent = Number(power.replaceAll("_", "")) - 4 * fraction.length;
  // In two steps: the power alone may be out of range where the number is not.
  const half = Math.trunc(exponent / 2);
  const value = Number(digits) * 2 ** half * 2 ** (exponent - half);
  return sign === "-" ? -value : value;
}
