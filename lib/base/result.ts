/**
 * A value, or the reason there is none.
 *
 * @module
 */

/** An expected failure, as data. */
export interface Failure {
  /** Always false. */
  ok: false;
  /** Names the failure for code: `NotFound`, `Unauthorized`. */
  code: string;
  /** Names the failure for people, in one sentence that does not change between attempts. */
  message: string;
  /** What lay underneath, for the log only. */
  cause?: unknown;
}

/** A value, or the failure that stands in its place. */
export type Result<T> = { ok: true; value: T } | Failure;

/**
 * Wraps a value.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(ok(1), { ok: true, value: 1 });
 * ```
 */
export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

/**
 * Makes a failure.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(fail("NotFound", "no such branch").code, "NotFound");
 * ```
 */
export function fail(code: string, message: string, cause?: unknown): Failure {
  return cause === undefined ? { ok: false, code, message } : { ok: false, code, message, cause };
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
