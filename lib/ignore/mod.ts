/**
 * Ignore rules of sources, read as Flux reads them.
 *
 * @module
 */
export * from "./ignore.ts";
export { parsePattern, type Pattern, type Verdict } from "./pattern.ts";
