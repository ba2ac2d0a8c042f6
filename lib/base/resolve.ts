/**
 * Names of hosts and the addresses that they lead to.
 *
 * @module
 */
import { lookup } from "node:dns/promises";

/** Finds the addresses of a name; throws when there is none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The system's own resolver. */
export async function systemResolve(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
