/**
 * Numbers as sops takes them into a MAC.
 *
 * @module
 */
/**
 * A float in Go's form `f`: all digits, no exponent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual([1.5, 1e21, 1.5e-7].map(plainDigits), ["1.5", "1000000000000000000000", "0.00000015"]);
 * ```
 */
export function plainDigits(value: number): string {
  const [, sign = "", whole = "", rest = "", power] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(String(value)) ?? [];
  if (power === undefined) return Object.is(value, -0) ? "-0" : String(value);
  const digits = whole + rest;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, "0")}`;
}
