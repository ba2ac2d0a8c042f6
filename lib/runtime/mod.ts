/**
 * Controller runtime: queue, reconcile loop, conditions, events, health, metrics, logs.
 *
 * @module
 */
export * from "./component.ts";
export { findCondition, isConditionTrue, type Readiness, readinessOf } from "./conditions.ts";
export * from "./controller.ts";
export * from "./controller_deps.ts";
export * from "./events.ts";
export * from "./feature_gates.ts";
export * from "./flag_help.ts";
export * from "./flag_sources.ts";
export * from "./flag_table.ts";
export * from "./flags.ts";
export * from "./health.ts";
export * from "./image_rules.ts";
export * from "./kind.ts";
export * from "./lease.ts";
export * from "./lock.ts";
export * from "./log.ts";
export * from "./metrics.ts";
export * from "./news.ts";
export { FINALIZER } from "./object_writer.ts";
export * from "./outcome.ts";
export * from "./rival.ts";
export * from "./stop.ts";
export { REQUESTED_AT } from "./triggers.ts";
export * from "./unsupported.ts";
