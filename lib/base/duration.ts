/**
 * Durations as Go writes them: `1h30m`, `10m0s`, `1.5s`.
 *
 * @module
 */
import { fail, ok, type Result } from "./result.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const PART = /([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)/gy;

/**
 * Parses a Go duration to milliseconds.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseDuration("1h0m1.5s"), { ok: true, value: 3_601_500 });
 * ```
 */
export function parseDuration(text: string): Result<number> {
  const bad = fail(
    "InvalidDuration",
    `"${text.slice(0, 60)}" is not a duration such as 10m or 1h30m`,
  );
  if (text === "0") return ok(0);
  const sign = text.startsWith("-") ? -1 : 1;
  const body = text.replace(/^[+-]/, "");
  if (body === "" || body.length > 60) return bad;
  let total = 0;
  let end = 0;
  for (const [whole, number, unit] of body.matchAll(PART)) {
    if (number === undefined || !/[0-9]/.test(number)) return bad;
    total += Number(number) * (UNIT_MS[unit ?? ""] ?? NaN);
    end += whole.length;
  }
  return end === body.length && Number.isFinite(total) ? ok(sign * total) : bad;
}

/**
 * Prints milliseconds the way Go prints a duration.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatDuration(600_000), "10m0s");
 * assert.equal(formatDuration(1_500), "1.5s");
 * ```
 */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  const sign = ms < 0 ? "-" : "";
  const nanoseconds = Math.round(Math.abs(ms) * 1e6);
  if (nanoseconds < 1e3) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${trim(nanoseconds, 1e3)}µs`;
  if (nanoseconds < 1e9) return `${sign}${trim(nanoseconds, 1e6)}ms`;
  const hours = Math.floor(nanoseconds / 3.6e12);
  const minutes = Math.floor((nanoseconds % 3.6e12) / 6e10);
  const seconds = `${trim(nanoseconds % 6e10, 1e9)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

/** A fraction in exact decimal digits, without trailing zeros. */
function trim(value: number, unit: number): string {
  const digits = String(Math.log10(unit));
  const whole = Math.floor(value / unit);
  const rest = String(value % unit).padStart(Number(digits), "0").replace(/0+$/, "");
  return rest === "" ? String(whole) : `${whole}.${rest}`;
}
