/**
 * Private keys for others than connections.
 *
 * @module
 */
import type { Result } from "../base/mod.ts";
import type { Identity } from "./identity.ts";

/**
 * Reads a private key; the failures have the words of Go's client and nothing of the key. ssh2 is loaded for it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await readIdentity("no key", undefined);
 * assert.equal(!got.ok && got.message, "ssh: no key found");
 * ```
 */
export async function readIdentity(
  pem: string,
  passphrase: string | undefined,
): Promise<Result<Identity>> {
  const { parseIdentity } = await import("./identity.ts");
  return parseIdentity(pem, passphrase);
}
