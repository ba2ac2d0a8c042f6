/**
 * Numbers as Go prints them, in JSON and in YAML.
 *
 * @module
 */

const UINT64_MAX = 2n ** 64n - 1n;
const INT64_MIN = -(2n ** 63n);

/** Where Go's shortest form of a float turns to an exponent. */
const FEWEST_EXPONENT = -4;
const MOST_EXPONENT = 6;

/**
 * A number as Go's JSON writes it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatJsonNumber(1e21), "1e+21");
 * ```
 */
export function formatJsonNumber(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * A number as Go's YAML emitter writes it once it came through JSON: `1.0` is an integer by then.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatNumber(1234567.5), "1.2345675e+06");
 * assert.equal(formatNumber(1e10), "10000000000");
 * ```
 */
export function formatNumber(value: number | bigint): string {
  if (typeof value === "bigint") return String(value);
  if (Number.isSafeInteger(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e21) {
    const digits = String(value);
    const exact = BigInt(digits);
    if (exact >= INT64_MIN && exact <= UINT64_MAX) return digits;
  }
  return formatFloat(value);
}

/** A float in Go's shortest form, with an exponent where Go has one. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= FEWEST_EXPONENT && exponent < MOST_EXPONENT) return String(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
