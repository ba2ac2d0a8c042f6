/**
 * Git over smart HTTP, in memory.
 *
 * @module
 */
export * from "./client.ts";
