/**
 * Artifacts: stored once, verified at every start, served as plain files, fetched with their digest.
 *
 * @module
 */
export * from "./artifact.ts";
export * from "./disk.ts";
export * from "./fetch.ts";
export { DIGEST_ALGORITHMS, type DigestAlgorithm } from "./hash.ts";
export * from "./serve.ts";
export * from "./store.ts";
