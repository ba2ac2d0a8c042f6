/**
 * A typed Kubernetes client over `fetch`.
 *
 * @module
 */
export * from "./cluster.ts";
export * from "./kubeconfig.ts";
export * from "./live_watch.ts";
export * from "./object.ts";
export * from "./open_cluster.ts";
export * from "./selector.ts";
export type { Fetch, HttpClientOptions } from "./transport.ts";
