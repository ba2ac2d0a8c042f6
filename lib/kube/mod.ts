/**
 * A typed Kubernetes client over `fetch`.
 *
 * @module
 */
export * from "./cluster.ts";
export * from "./object.ts";
export * from "./selector.ts";
