/**
 * Is this object ready? One rule per built-in kind, conditions for the rest.
 *
 * @module
 */
export * from "./compute.ts";
export * from "./expressions.ts";
export * from "./health.ts";
export { builtInHealth, isWorse, type KnownHealth, knownHealth } from "./known/health.ts";
export type { Health } from "./known/language.ts";
export type { ObjectStatus, Status, StatusCondition } from "./status.ts";
