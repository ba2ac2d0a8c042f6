/**
 * Messages sealed for an OpenPGP key, opened by OpenPGP.js.
 *
 * @module
 */
import type * as OpenPgp from "openpgp";
import { fail, messageOf, ok, type Result } from "../base/mod.ts";
import { loadOpenPgp, type PgpPrivateKey, readPrivateBlocks } from "./pgp.ts";

/** More than anyone seals here, less than what a compressed message may grow to. */
const MOST_BYTES = 1 << 20;

/**
 * Reads every private key of an armoured text. One that is locked with a passphrase is of no use.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await parsePrivateKeys("no keys");
 * assert.equal(!got.ok && got.message, "there is no armored PGP private key block");
 * ```
 */
export async function parsePrivateKeys(text: string): Promise<Result<readonly PgpPrivateKey[]>> {
  const read = await readPrivateBlocks(text);
  if (!read.ok) return read;
  const locked = read.value.find((key) => key.isPrivate() && !key.isDecrypted());
  if (locked === undefined) return read;
  const id = locked.getFingerprint().toUpperCase();
  return fail("InvalidKeys", `the PGP key ${id} is locked; export it without a passphrase`);
}

/** Opens an armoured message with one of the keys; who signed it, if anyone, is not asked. */
export async function openPgpMessage(
  armored: string,
  keys: readonly PgpPrivateKey[],
): Promise<Result<Uint8Array>> {
  const openpgp = await loadOpenPgp();
  const config: OpenPgp.PartialConfig = {
    allowUnauthenticatedMessages: false,
    maxDecompressedMessageSize: MOST_BYTES,
    maxUserIDLength: 1_024,
  };
  try {
    const message = await openpgp.readMessage({ armoredMessage: armored, config });
    const ids = message.getEncryptionKeyIDs();
    // A wildcard stands for whoever holds the key.
    const fitting = keys.filter((key) =>
      ids.some((id) => /^0+$/.test(id.toHex()) || key.getKeys(id).length > 0)
    );
    if (fitting.length === 0) {
      return fail("NoKey", "none of the PGP keys is the one that it is sealed for");
    }
    const decryptionKeys = [...fitting];
    const { data } = await openpgp.decrypt({ message, decryptionKeys, format: "binary", config });
    return ok(data);
  } catch (thrown) {
    return fail("NotOpened", messageOf(thrown));
  }
}
