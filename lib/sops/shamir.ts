/**
 * Shamir's secret sharing over the field of 256 elements that AES uses, as sops splits data keys among key groups.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";

/** x⁸ + x⁴ + x³ + x + 1 without its first term. */
const POLYNOMIAL = 0x1b;

/** Powers of the generator 3, and the exponents that lead to them. */
const { powers, logarithms } = tables();

function tables(): { powers: Uint8Array; logarithms: Uint8Array } {
  const powers = new Uint8Array(255);
  const logarithms = new Uint8Array(256);
  let value = 1;
  for (let exponent = 0; exponent < 255; exponent++) {
    powers[exponent] = value;
    logarithms[value] = exponent;
    const doubled = ((value << 1) & 0xff) ^ (value & 0x80 ? POLYNOMIAL : 0);
    value ^= doubled;
  }
  return { powers, logarithms };
}

function power(exponent: number): number {
  return powers[((exponent % 255) + 255) % 255] ?? 0;
}

function logarithm(value: number): number {
  return logarithms[value] ?? 0;
}

/**
 * The secret behind enough of its parts. A part is the values of as many polynomials as the secret has bytes, at the
 * point that its last byte names.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * // The line 7 + 2x: 5 at 1 and 3 at 2, where plus is exclusive or.
 * const secret = combineParts([Uint8Array.of(5, 1), Uint8Array.of(3, 2)]);
 * assert.deepEqual(secret.ok && secret.value, Uint8Array.of(7));
 * ```
 */
export function combineParts(parts: readonly Uint8Array[]): Result<Uint8Array> {
  const [first] = parts;
  if (first === undefined || parts.length < 2) {
    return fail("BadParts", "two parts at least are needed");
  }
  if (first.length < 2 || parts.some((part) => part.length !== first.length)) {
    return fail("BadParts", "the parts are not of the same length");
  }
  const points = parts.map((part) => part[part.length - 1] ?? 0);
  if (points.includes(0) || new Set(points).size !== points.length) {
    return fail("BadParts", "two parts are the same");
  }
  const weights = points.map((point) => weightOf(point, points));
  const secret = new Uint8Array(first.length - 1);
  for (const [index, part] of parts.entries()) {
    const weight = weights[index] ?? 0;
    for (let at = 0; at < secret.length; at++) {
      const value = part[at] ?? 0;
      if (value !== 0) secret[at] = (secret[at] ?? 0) ^ power(logarithm(value) + weight);
    }
  }
  return ok(secret);
}

/** How much the part at `point` counts at 0 (Lagrange), as an exponent: the product of x / (x + point). */
function weightOf(point: number, points: readonly number[]): number {
  let exponent = 0;
  for (const other of points) {
    if (other !== point) exponent += logarithm(other) - logarithm(other ^ point);
  }
  return exponent;
}
