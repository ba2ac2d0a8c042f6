/**
 * The checksum at the end of a zlib stream.
 *
 * @module
 */
import type { Span } from "./span.ts";

/** Largest prime below 2^16. */
const MODULUS = 65_521;
/** So many bytes of 255 keep both sums below 2^32 (RFC 1950 §9). */
const MOST_BYTES = 5_552;

/**
 * Adler-32 of a stretch. RFC 1950 §8.2.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = new TextEncoder().encode("Wikipedia");
 * assert.equal(adler32({ bytes, at: 0, end: bytes.length }), 0x11e60398);
 * ```
 */
export function adler32({ bytes, at, end }: Span): number {
  let low = 1;
  let high = 0;
  while (at < end) {
    const pause = Math.min(end, at + MOST_BYTES);
    for (; at < pause; at++) {
      low += bytes[at] ?? 0;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return (high * 0x1_0000) + low;
}
