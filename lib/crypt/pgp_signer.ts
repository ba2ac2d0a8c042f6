/**
 * Signs with an OpenPGP key.
 *
 * @module
 */
import type * as OpenPgp from "openpgp";
import { fail, messageOf, ok, type Result } from "../base/mod.ts";
import { loadOpenPgp } from "./pgp.ts";

/** Gives an armoured, detached signature over bytes. */
export type Signer = (content: Uint8Array) => Promise<Result<string>>;

const BLOCK = /-----BEGIN PGP PRIVATE KEY BLOCK-----[^]*?-----END PGP PRIVATE KEY BLOCK-----/g;
const MOST_KEY_CHARACTERS = 1 << 20;

/**
 * Opens the one private key in `armored`. `InvalidKeys` when there is none, more than one, one that may
 * not sign or one that `passphrase` does not open; the failure has nothing of the key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await readPgpSigner("no key");
 * assert.equal(!got.ok && got.message, "unable to read the signing key: there is no private key block");
 * ```
 */
export async function readPgpSigner(armored: string, passphrase?: string): Promise<Result<Signer>> {
  const blocks = armored.length > MOST_KEY_CHARACTERS ? null : armored.match(BLOCK);
  if (blocks === null) return unusable("there is no private key block");
  const openpgp = await loadOpenPgp();
  const read = await readKeys(openpgp, blocks);
  if (!read.ok) return read;
  const [key, other] = read.value;
  if (key === undefined) return unusable("there is no private key in its block");
  if (other !== undefined) {
    return unusable("it holds several keys, and which one is to sign is not said");
  }
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

async function readKeys(
  openpgp: typeof OpenPgp,
  blocks: readonly string[],
): Promise<Result<readonly OpenPgp.PrivateKey[]>> {
  const keys: OpenPgp.PrivateKey[] = [];
  for (const armoredKeys of blocks) {
    try {
      keys.push(...await openpgp.readPrivateKeys({ armoredKeys }));
    } catch (thrown) {
      return unusable(messageOf(thrown));
    }
  }
  return ok(keys);
}

async function openKey(
  openpgp: typeof OpenPgp,
  key: OpenPgp.PrivateKey,
  passphrase: string | undefined,
): Promise<Result<OpenPgp.PrivateKey>> {
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
