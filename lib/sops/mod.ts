/**
 * Files that sops sealed: YAML, JSON, dotenv, INI and whole files, opened in memory.
 *
 * @module
 */
export { openWithAge, parseIdentities } from "./age.ts";
export * from "./format.ts";
export * from "./master_key.ts";
export type { Metadata } from "./metadata.ts";
export * from "./open.ts";
export { openWithPgp } from "./pgp.ts";
export type { Rule } from "./rule.ts";
