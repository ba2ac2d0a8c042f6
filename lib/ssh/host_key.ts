/**
 * The public key of a server as it stands on the wire.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { leadingStrings } from "./wire.ts";

/** Shorter ones can be factored; OpenSSH and Flux draw the line here too. */
export const LEAST_RSA_BITS = 2048;
/** OpenSSH's own limit; longer ones only cost time. */
export const MOST_RSA_BITS = 16_384;
const MOST_TYPE_BYTES = 64;

/**
 * The type of a key blob: its first string. RFC 4253 §6.6.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const blob = new Uint8Array([0, 0, 0, 7, ...new TextEncoder().encode("ssh-rsa"), 1, 2]);
 * assert.equal(keyType(blob), "ssh-rsa");
 * ```
 */
export function keyType(blob: Uint8Array): string | undefined {
  const [type] = leadingStrings(blob, 1);
  if (type === undefined || type.length > MOST_TYPE_BYTES) return undefined;
  return new TextDecoder().decode(type);
}

/** Whether the key is of a kind and length that still protects; the failure says why not. */
export function checkStrength(blob: Uint8Array): Result<void> {
  const type = keyType(blob);
  if (type === undefined) return fail("InvalidKey", "the host key is damaged");
  if (type !== "ssh-rsa") return ok(undefined);
  const [, , modulus] = leadingStrings(blob, 3);
  if (modulus === undefined) return fail("InvalidKey", "the host key is damaged");
  const bits = bitsOf(modulus);
  if (bits >= LEAST_RSA_BITS && bits <= MOST_RSA_BITS) return ok(undefined);
  return fail(
    "WeakKey",
    `the server's RSA host key has ${bits} bits, not ${LEAST_RSA_BITS} to ${MOST_RSA_BITS}`,
  );
}

/** The bits of a number that may have zeros in front. */
export function bitsOf(number: Uint8Array): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first === -1) return 0;
  return (number.length - first) * 8 - (Math.clz32(number[first] ?? 0) - 24);
}
