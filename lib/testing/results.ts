/**
 * Results in assertions.
 *
 * @module
 */
import type { Result } from "../base/mod.ts";

/** The code of a failure; `ok` for what is none. */
export function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.code;
}
