/**
 * Server-side apply: what to apply in which order, what changed, what is ours, what goes.
 *
 * @module
 */
export * from "./inventory.ts";
export * from "./order.ts";
export * from "./selectors.ts";
export * from "./types.ts";
