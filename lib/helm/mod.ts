/**
 * Helm: charts and where they come from.
 *
 * @module
 */
export * from "./repository_url.ts";
