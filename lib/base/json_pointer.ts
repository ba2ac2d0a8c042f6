/**
 * JSON pointers (RFC 6901): the place of a value in a document.
 *
 * @module
 */

/**
 * The parts of a pointer; none for the whole document.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parsePointer("/metadata/annotations/a.b~1c"), ["metadata", "annotations", "a.b/c"]);
 * ```
 */
export function parsePointer(pointer: string): string[] {
  // RFC 6901 §4: in this order, so that "~01" is "~1".
  return pointer.split("/").slice(1).map((part) =>
    part.replaceAll("~1", "/").replaceAll("~0", "~")
  );
}

/**
 * A key as it stands in a pointer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(`/metadata/labels/${pointerPart("a.b/c")}`, "/metadata/labels/a.b~1c");
 * ```
 */
export function pointerPart(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
