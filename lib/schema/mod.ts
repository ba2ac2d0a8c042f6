/**
 * Declare a shape once: its TypeScript type, its OpenAPI schema, its defaults and its decoder.
 *
 * @module
 */
export * from "./build.ts";
export * from "./decode.ts";
export * from "./open_api.ts";
