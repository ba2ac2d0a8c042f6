/**
 * Content digests in the form `algorithm:hex`.
 *
 * @module
 */
import { createHash } from "node:crypto";

/**
 * `sha256:hex` of the bytes or of the text in UTF-8.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.match(sha256Digest("x"), /^sha256:[0-9a-f]{64}$/);
 * ```
 */
export function sha256Digest(data: Uint8Array | string): string {
  return `sha256:${sha256Hex(data)}`;
}

/** The bare hex digits of SHA-256. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
