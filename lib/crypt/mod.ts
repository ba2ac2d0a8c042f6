/**
 * Signatures over bytes, OpenPGP and SSH: made by us, or by anyone and judged against keys that somebody
 * trusts; and messages sealed for an OpenPGP key.
 *
 * @module
 */
export * from "./key_rings.ts";
export type { PgpKey, PgpPrivateKey } from "./pgp.ts";
export * from "./pgp_message.ts";
export * from "./signature_format.ts";
export type { SshKey } from "../ssh/mod.ts";
export * from "./verify.ts";
export { readPgpSigner, type Signer } from "./pgp_signer.ts";
export { readSshSigner } from "./ssh_signer.ts";
