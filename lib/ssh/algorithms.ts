/**
 * What we offer a server; nothing that rests on SHA-1, nothing that CVE-2023-48795 can be used against.
 *
 * @module
 */
import { fail, nearestName, ok, type Result } from "../base/mod.ts";

/** Key exchanges, the preferred ones first. */
export const KEX_ALGORITHMS: readonly string[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group15-sha512",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group17-sha512",
  "diffie-hellman-group18-sha512",
];

/** Signatures of servers' keys, the preferred ones first. */
export const HOST_KEY_ALGORITHMS: readonly string[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/**
 * No chacha20-poly1305 and no CBC: those two let an attacker cut the start of a connection to a server
 * without strict key exchange, and there is no telling beforehand which server has it. Counter mode may be cut as
 * well, but all that follows is noise then, and the connection ends.
 *
 * Counter mode first: the platform takes GCM at less than two thirds of the speed, checksums of the other included.
 */
const CIPHERS: readonly string[] = [
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
];

const MACS: readonly string[] = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
];

/** What a user wants instead of the defaults; empty means the defaults. */
export interface AlgorithmChoice {
  /** Key exchanges. */
  readonly kex?: readonly string[];
  /** Signatures of servers' keys. */
  readonly hostKey?: readonly string[];
}

/** What we offer a server: names of algorithms, the preferred ones first. */
export interface SshOffer extends Readonly<Record<string, readonly string[]>> {
  /** Key exchanges. */
  readonly kex: readonly string[];
  /** Signatures of servers' keys. */
  readonly serverHostKey: readonly string[];
  /** Ciphers. */
  readonly cipher: readonly string[];
  /** Checksums with a key. */
  readonly hmac: readonly string[];
  /** Ways to compress. */
  readonly compress: readonly string[];
}

/**
 * Refuses names that we do not offer, with the nearest one that we do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = checkAlgorithms({ hostKey: ["ssh-ed25591"] });
 * assert.match(got.ok ? "" : got.message, /"ssh-ed25591".*did you mean "ssh-ed25519"/);
 * ```
 */
export function checkAlgorithms({ kex = [], hostKey = [] }: AlgorithmChoice): Result<void> {
  for (const [names, known] of [[kex, KEX_ALGORITHMS], [hostKey, HOST_KEY_ALGORITHMS]] as const) {
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) continue;
    const nearest = nearestName(unknown, known, 4);
    const remedy = nearest === undefined
      ? `; choose from ${known.join(", ")}`
      : `; did you mean "${nearest}"?`;
    return fail("InvalidAlgorithm", `"${unknown}" is no algorithm that is offered${remedy}`);
  }
  return ok(undefined);
}

/** The offer to a server of whose keys some are known: their kinds come first, or it may show another. */
export function algorithmsFor(
  { kex = [], hostKey = [] }: AlgorithmChoice,
  knownTypes: ReadonlySet<string>,
): SshOffer {
  const hostKeys = hostKey.length > 0 ? hostKey : HOST_KEY_ALGORITHMS;
  const isKnown = (name: string) => knownTypes.has(keyTypeOf(name));
  return {
    kex: kex.length > 0 ? kex : KEX_ALGORITHMS,
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((name) => !isKnown(name))],
    cipher: CIPHERS,
    hmac: MACS,
    compress: ["none"],
  };
}

/** The type of the keys that sign with an algorithm: RSA's have one, and two ways to sign. */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith("rsa-") ? "ssh-rsa" : algorithm;
}
