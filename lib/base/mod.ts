/**
 * Small things everything else stands on.
 *
 * @module
 */
export * from "./abort.ts";
export * from "./address.ts";
export * from "./base64.ts";
export * from "./budget.ts";
export * from "./bytes.ts";
export * from "./clock.ts";
export * from "./digest.ts";
export * from "./duration.ts";
export * from "./equal.ts";
export * from "./expand_groups.ts";
export * from "./expiring_cache.ts";
export * from "./file_tree.ts";
export * from "./glob.ts";
export * from "./json.ts";
export * from "./json_pointer.ts";
export * from "./label_selector.ts";
export * from "./mask.ts";
export * from "./nearest.ts";
export * from "./number.ts";
export * from "./parallel.ts";
export * from "./path.ts";
export * from "./quote.ts";
export * from "./record.ts";
export * from "./resolve.ts";
export * from "./result.ts";
export * from "./semaphore.ts";
export * from "./text.ts";
export * from "./turn.ts";
export * from "./weighted_cache.ts";
