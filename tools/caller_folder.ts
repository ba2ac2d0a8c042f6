/**
 * The folder in which a person typed `deno task`.
 *
 * @module
 */
import { resolveCallerPath } from "../lib/base/mod.ts";

/**
 * Gives the caller's folder and forgets it: a `deno task` below us keeps an `INIT_CWD` that it inherits,
 * and would take our caller's folder for its own caller's.
 */
export function takeCallerFolder(): string {
  const folder = resolveCallerPath(".");
  Deno.env.delete("INIT_CWD");
  return folder;
}
