/**
 * Base64 with the standard alphabet and padding, as Kubernetes Secrets hold it.
 *
 * @module
 */
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** String.fromCharCode takes its characters as arguments, of which there is a limit. */
const CHUNK = 8192;

/**
 * Encodes bytes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(encodeBase64(new TextEncoder().encode("hello")), "aGVsbG8=");
 * ```
 */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(text);
}

/**
 * Decodes text; line breaks are skipped, anything else that is not base64 gives `undefined`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(decodeBase64("aGV\nsbG8="), new TextEncoder().encode("hello"));
 * assert.equal(decodeBase64("%"), undefined);
 * ```
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replace(/[\r\n]/g, "");
  if (compact.length % 4 !== 0 || !BASE64.test(compact)) return undefined;
  return Uint8Array.from(atob(compact), (letter) => letter.charCodeAt(0));
}
