/**
 * Telling JSON objects from everything else, and looking into them.
 *
 * @module
 */

/**
 * Whether `value` is an object with named members: no array, not null.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isRecord({ a: 1 }), true);
 * assert.equal(isRecord([1]), false);
 * ```
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The value at the end of `path` in what came as JSON: names of members, and places in lists. Nothing where the
 * path leads nowhere.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const pod = { spec: { containers: [{ image: "web:1" }] } };
 * assert.equal(fieldOf(pod, "spec", "containers", 0, "image"), "web:1");
 * assert.equal(fieldOf(pod, "status", "phase"), undefined);
 * ```
 */
export function fieldOf(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}
