/**
 * What a token says of itself.
 *
 * @module
 */
import { parseJsonRecord } from "../base/mod.ts";

/**
 * The claims of a token (RFC 7519 §3) that was made for us, which nobody has to check; none of what is no token.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const payload = btoa('{"sub": "system:serviceaccount:apps:web"}');
 * assert.equal(readClaims(`e30.${payload}.e30`).sub, "system:serviceaccount:apps:web");
 * ```
 */
export function readClaims(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ""] = token.split(".");
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    return parseJsonRecord(new TextDecoder().decode(bytes)) ?? {};
  } catch {
    return {};
  }
}
