/**
 * Controller runtime: queue, reconcile loop, conditions, events, health, metrics, logs.
 *
 * @module
 */
export * from "./kind.ts";
export * from "./log.ts";
export * from "./outcome.ts";
