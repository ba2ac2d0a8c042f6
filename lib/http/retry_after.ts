/**
 * How long a server asks to be left alone (RFC 9110 §10.2.3).
 *
 * @module
 */

/** Nobody is left alone for longer: what it is then, a person should look at. */
const LONGEST_MS = 24 * 3_600_000;

/**
 * Milliseconds that `retry-after` asks for: seconds, or a date, which counts from the `date` that the server gave
 * along, so that no two clocks are compared. Nothing where it asks for nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(parseRetryAfter(new Headers({ "retry-after": "30" })), 30_000);
 * const date = "Wed, 21 Oct 2026 07:28:00 GMT";
 * const later = "Wed, 21 Oct 2026 07:29:00 GMT";
 * assert.equal(parseRetryAfter(new Headers({ date, "retry-after": later })), 60_000);
 * assert.equal(parseRetryAfter(new Headers()), undefined);
 * ```
 */
export function parseRetryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  const askedMs = /^\d{1,9}$/.test(text)
    ? Number(text) * 1_000
    : Date.parse(text) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(0, askedMs), LONGEST_MS);
}
