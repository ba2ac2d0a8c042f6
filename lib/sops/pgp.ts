/**
 * Data keys that are sealed with OpenPGP.
 *
 * @module
 */
import { openPgpMessage, type PgpPrivateKey } from "../crypt/mod.ts";
import { fail } from "../base/mod.ts";
import type { OpenWith } from "./master_key.ts";

/** Opens with these keys. */
export function openWithPgp(keys: readonly PgpPrivateKey[]): OpenWith<"pgp"> {
  return async ({ sealed }) => {
    const opened = await openPgpMessage(sealed, keys);
    if (opened.ok || opened.code !== "NoKey") return opened;
    return fail(
      "NoKey",
      "none of the PGP keys in the decryption Secret is the one that it is sealed for",
    );
  };
}
