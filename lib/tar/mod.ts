/**
 * Archives: a deterministic writer, and a reader that trusts nothing.
 *
 * @module
 */
export * from "./read.ts";
export * from "./write.ts";
