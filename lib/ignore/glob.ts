/**
 * Shell patterns for one name, as Go's `path.Match` reads them.
 *
 * @module
 */
import { fitsGlobStep, type GlobStep, parseGlob } from "../base/mod.ts";

/** Says whether a name matches. */
export type NameMatcher = (name: string) => boolean;

/**
 * Compiles a pattern; nothing when it is malformed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(compileGlob("*.y[a-m]ml")?.("a.yaml"), true);
 * assert.equal(compileGlob("[a"), undefined);
 * ```
 */
export function compileGlob(pattern: string): NameMatcher | undefined {
  const steps = parseGlob(pattern);
  return steps && ((name) => matches(steps, [...name]));
}

/** Only the last star is ever taken back, so the time is pattern × name, not exponential. */
function matches(steps: readonly GlobStep[], name: readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let star = -1;
  let retryAt = 0;
  while (at < name.length) {
    const current = steps[step];
    if (current?.kind === "star") {
      star = step++;
      retryAt = at;
    } else if (current !== undefined && fitsGlobStep(current, name[at] ?? "")) {
      step++;
      at++;
    } else if (star >= 0) {
      step = star + 1;
      at = ++retryAt;
    } else {
      return false;
    }
  }
  while (steps[step]?.kind === "star") step++;
  return step === steps.length;
}
