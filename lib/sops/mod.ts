/**
 * Files that sops sealed: YAML, JSON, dotenv, INI and whole files, opened in memory.
 *
 * @module
 */
export { openWithAge, parseIdentities } from "./age.ts";
export * from "./aws_kms.ts";
export type { ClientCertificate } from "./azure_certificate.ts";
export * from "./azure_credentials.ts";
export * from "./azure_key_vault.ts";
export * from "./format.ts";
export * from "./gcp_kms.ts";
export type { KeyServerOptions } from "./key_server.ts";
export * from "./master_key.ts";
export type { Metadata } from "./metadata.ts";
export * from "./open.ts";
export { openWithPgp } from "./pgp.ts";
export type { Rule } from "./rule.ts";
export * from "./vault_login.ts";
export { openWithVault } from "./vault_transit.ts";
