/**
 * Server-side apply: what to apply in which order, what changed, what is ours, what goes.
 *
 * @module
 */
export * from "./apply.ts";
export * from "./cleanup.ts";
export * from "./drift.ts";
export * from "./errors.ts";
export * from "./field_owners.ts";
export * from "./foreign.ts";
export * from "./ignored_paths.ts";
export * from "./inventory.ts";
export * from "./normalize.ts";
export * from "./order.ts";
export * from "./plan.ts";
export * from "./prune.ts";
export * from "./prune_plan.ts";
export * from "./read_objects.ts";
export * from "./recreate.ts";
export * from "./secrets.ts";
export * from "./selectors.ts";
export * from "./target.ts";
export * from "./terminating.ts";
export * from "./types.ts";
export * from "./wait.ts";
