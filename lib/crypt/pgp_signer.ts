/**
 * Signs with an OpenPGP key.
 *
 * @module
 */
import type * as OpenPgp from "openpgp";
import { fail, messageOf, ok, type Result } from "../base/mod.ts";
import { loadOpenPgp, type PgpPrivateKey, readPrivateBlocks } from "./pgp.ts";

/** Gives an armoured, detached signature over bytes. */
export type Signer = (content: Uint8Array) => Promise<Result<string>>;

/**
 * Opens the one private key in `armored`. `InvalidKeys` when there is none, more than one, one that may
 * not sign or one that `passphrase` does not open; the failure has nothing of the key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await readPgpSigner("no key");
 * assert.match(got.ok ? "" : got.message, /there is no armored PGP private key block$/);
 * ```
 */
export async function readPgpSigner(armored: string, passphrase?: string): Promise<Result<Signer>> {
  const read = await readPrivateBlocks(armored);
  if (!read.ok) return unusable(read.message);
  const [key, other] = read.value;
  if (key === undefined) return unusable("there is no private key in its block");
  if (other !== undefined) {
    return unusable("it holds several keys, and which one is to sign is not said");
  }
  const openpgp = await loadOpenPgp();
  const opened = await openKey(openpgp, key, passphrase);
  if (!opened.ok) return opened;
  const signingKeys = opened.value;
  return ok(async (content) => {
    try {
      const message = await openpgp.createMessage({ binary: content });
      return ok(await openpgp.sign({ message, signingKeys, detached: true, format: "armored" }));
    } catch (thrown) {
      return fail("InvalidKeys", `unable to sign: ${messageOf(thrown)}`);
    }
  });
}

async function openKey(
  openpgp: typeof OpenPgp,
  key: PgpPrivateKey,
  passphrase: string | undefined,
): Promise<Result<PgpPrivateKey>> {
  try {
    await key.getSigningKey();
  } catch (thrown) {
    return unusable(messageOf(thrown));
  }
  if (key.isDecrypted()) return ok(key);
  if (passphrase === undefined) return unusable("it has a passphrase, which the Secret lacks");
  try {
    return ok(await openpgp.decryptKey({ privateKey: key, passphrase }));
  } catch {
    return unusable("the passphrase does not open it");
  }
}

function unusable(why: string): Result<never> {
  return fail("InvalidKeys", `unable to read the signing key: ${why}`);
}
