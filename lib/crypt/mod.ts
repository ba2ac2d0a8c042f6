/**
 * Signatures over bytes: OpenPGP and SSH, made by anyone, judged against keys that somebody trusts.
 *
 * @module
 */
export * from "./key_rings.ts";
export type { PgpKey } from "./pgp.ts";
export * from "./signature_format.ts";
export type { SshKey } from "./ssh_key.ts";
export * from "./verify.ts";
