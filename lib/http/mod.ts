/**
 * Fetch with limits: deadline, bytes, redirects, retries, TLS; nothing it says holds a secret.
 *
 * @module
 */
export { AddressCheck } from "./address_check.ts";
export { readAll } from "./body.ts";
export * from "./client.ts";
export * from "./failure.ts";
export type { Transport } from "./network.ts";
export * from "./request.ts";
export * from "./retry_after.ts";
