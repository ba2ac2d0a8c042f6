/**
 * Which hosts belong together.
 *
 * @module
 */
import { isAddress } from "../base/mod.ts";

/** Endings of names that mean something inside of one network only. */
const PRIVATE = /^[^.]+$|\.(?:localhost|local|internal|svc|lan|home\.arpa)$/;

/**
 * Whether two hosts are of one owner, as far as names tell: the same domain, by its last two labels. A list of all
 * registries of domains would be more exact; what a short ending (`co.uk`) lets pass is a login that goes to somebody
 * whom the registry itself has chosen. In a network of one's own names tell nothing, and everybody is let in.
 */
export function isSameSite(one: string, other: string): boolean {
  if (one === other) return true;
  if (isPrivate(one) || isPrivate(other)) return isPrivate(one) && isPrivate(other);
  return domainOf(one) === domainOf(other);
}

function isPrivate(hostname: string): boolean {
  return isAddress(hostname.replace(/^\[(.*)\]$/, "$1")) || PRIVATE.test(hostname);
}

function domainOf(hostname: string): string {
  return hostname.toLowerCase().split(".").slice(-2).join(".");
}
