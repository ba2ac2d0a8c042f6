/**
 * A user and a password as HTTP sends them.
 *
 * @module
 */
import { encodeBase64 } from "../base/mod.ts";
import type { RegistryLogin } from "./docker_config.ts";

/** The header (RFC 7617). */
export function basicHeader({ username, password }: RegistryLogin): string {
  return `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}`;
}
