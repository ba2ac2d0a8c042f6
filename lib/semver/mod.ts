/**
 * Versions and ranges of versions as Flux reads them: Semantic Versioning 2.0.0, leniently.
 *
 * @module
 */
export type { Comparator, Operator } from "./_comparator.ts";
export * from "./range.ts";
export * from "./sort.ts";
export * from "./version.ts";
