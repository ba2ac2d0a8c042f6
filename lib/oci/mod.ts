/**
 * Registries of images and artifacts: names, logins, tags, digests, dates (OCI distribution specification 1.1).
 *
 * @module
 */
export * from "./client.ts";
export * from "./docker_config.ts";
export { retryAfterMs } from "./failure.ts";
export * from "./image_name.ts";
export { type KeptPage, type TagList, tagListBytes } from "./tags.ts";
