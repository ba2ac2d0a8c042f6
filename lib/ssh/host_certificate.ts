/**
 * Certificates of servers' keys (OpenSSH's PROTOCOL.certkeys): what stands in one, and whether it vouches for a host.
 *
 * @module
 */
import {
  fail,
  formatTime,
  isSameBytes,
  joinBytes,
  messageOf,
  ok,
  type Result,
} from "../base/mod.ts";
import { remoteText } from "./failure.ts";
import {
  authoritiesOf,
  type HostPlace,
  isRevoked,
  type KnownHosts,
  matchesWildcard,
} from "./known_hosts.ts";
import { parseSshKey } from "./public_key.ts";
import { SshFormatError, SshReader, sshString } from "./wire.ts";

/** A certificate's fields; nothing of it is believed yet. */
export interface HostCertificate {
  /** All of it, as it stands on the wire. */
  readonly blob: Uint8Array<ArrayBuffer>;
  /** The server's key without what surrounds it here. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** 1 for users, 2 for hosts. */
  readonly role: number;
  /** Whom it speaks of; patterns are allowed. */
  readonly principals: readonly string[];
  /** First second, since 1970 UTC. */
  readonly validAfter: bigint;
  /** First second at which it is over. */
  readonly validBefore: bigint;
  /** Names of what who does not know it must refuse. */
  readonly criticalOptions: readonly string[];
  /** The key that signed it. */
  readonly authority: Uint8Array<ArrayBuffer>;
  /** What was signed. */
  readonly signed: Uint8Array<ArrayBuffer>;
  /** The encoded signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** What a certificate is held against. */
export interface Expected {
  /** The server that shows it. */
  readonly place: HostPlace;
  /** Whose signatures count there. */
  readonly knownHosts: KnownHosts;
  /** Time, in milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** Ends the names of certificates and of the algorithms that show them. */
export const CERTIFICATE_SUFFIX = "-cert-v01@openssh.com";

const HOST_ROLE = 2;
/** As many as OpenSSH reads. */
const MOST_ENTRIES = 256;
const MOST_SHOWN = 5;
const MOST_SECONDS = 253_402_300_799n;
/** Fields of a key behind its type. */
const KEY_FIELDS: ReadonlyMap<string, number> = new Map([
  ["ssh-ed25519", 1],
  ["ecdsa-sha2-nistp256", 2],
  ["ecdsa-sha2-nistp384", 2],
  ["ecdsa-sha2-nistp521", 2],
  ["ssh-rsa", 2],
]);

/**
 * Reads a certificate.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseHostCertificate(new Uint8Array([0, 0, 0, 9, 1]));
 * assert.equal(!got.ok && got.message, "ssh: the host's certificate cannot be read: it is cut off");
 * ```
 */
export function parseHostCertificate(blob: Uint8Array<ArrayBuffer>): Result<HostCertificate> {
  try {
    return ok(readFields(blob));
  } catch (thrown) {
    if (!(thrown instanceof SshFormatError)) throw thrown;
    return fail(
      "InvalidCertificate",
      `ssh: the host's certificate cannot be read: ${thrown.message}`,
    );
  }
}

function readFields(blob: Uint8Array<ArrayBuffer>): HostCertificate {
  const reader = new SshReader(blob);
  const type = plainName(reader.name());
  reader.bytes(); // A nonce.
  const fields = Array.from({ length: KEY_FIELDS.get(type) ?? 0 }, () => reader.bytes());
  reader.bigNumber(); // A serial number.
  const role = reader.number();
  reader.bytes(); // A name for logs.
  const principals = readList(reader.bytes(), (list) => new TextDecoder().decode(list.bytes()));
  const [validAfter, validBefore] = [reader.bigNumber(), reader.bigNumber()];
  const criticalOptions = readList(reader.bytes(), readOption);
  readList(reader.bytes(), readOption); // Extensions, which nobody has to know.
  reader.bytes(); // Reserved.
  const authority = reader.bytes();
  const signature = reader.bytes();
  reader.end();
  return {
    blob,
    key: joinBytes(sshString(type), ...fields.map(sshString)),
    role,
    principals,
    validAfter,
    validBefore,
    criticalOptions,
    authority,
    signed: blob.subarray(0, blob.length - sshString(signature).length),
    signature,
  };
}

function plainName(name: string): string {
  const plain = name.slice(0, -CERTIFICATE_SUFFIX.length);
  if (name.endsWith(CERTIFICATE_SUFFIX) && KEY_FIELDS.has(plain)) return plain;
  throw new SshFormatError(`its type ${JSON.stringify(remoteText(name, []))} is not supported`);
}

function readList(bytes: Uint8Array<ArrayBuffer>, read: (list: SshReader) => string): string[] {
  const list = new SshReader(bytes);
  const entries: string[] = [];
  while (!list.isAtEnd) {
    if (entries.length === MOST_ENTRIES) throw new SshFormatError("a list in it is too long");
    entries.push(read(list));
  }
  return entries;
}

/** A name and what it is set to. */
function readOption(list: SshReader): string {
  const name = list.name();
  list.bytes();
  return name;
}

/**
 * Whether `certificate` vouches for its key at `place`; `HostKeyRejected` when a key in it is revoked, which no other line
 * heals, and `InvalidCertificate` for all else. The failures begin as those of Go's client, where it has words for them.
 */
export async function checkHostCertificate(
  certificate: HostCertificate,
  { place, knownHosts, nowMs }: Expected,
): Promise<Result<void>> {
  const { blob, key, authority } = certificate;
  if ([blob, key].some((revoked) => isRevoked(knownHosts, revoked))) {
    return fail("HostKeyRejected", "knownhosts: key is revoked");
  }
  if (isRevoked(knownHosts, authority)) {
    return fail("HostKeyRejected", "knownhosts: the key that signed the certificate is revoked");
  }
  // Nothing is done with the words of a stranger.
  if (!authoritiesOf(knownHosts, place).some((known) => isSameBytes(known, authority))) {
    return refused("no authorities for hostname: the key that signed it is in no line");
  }
  const signed = await checkSignature(certificate);
  if (!signed.ok) return signed;
  return checkTerms(certificate, place.host.toLowerCase(), nowMs);
}

async function checkSignature(
  { authority, signature, signed }: HostCertificate,
): Promise<Result<void>> {
  try {
    const key = await parseSshKey(authority);
    if (await key.verify(signature, signed)) return ok(undefined);
    return refused("certificate signature does not verify");
  } catch (thrown) {
    if (!(thrown instanceof SshFormatError)) throw thrown;
    return refused(`certificate signature does not verify: ${messageOf(thrown)}`);
  }
}

function checkTerms(certificate: HostCertificate, host: string, nowMs: number): Result<void> {
  const { role, criticalOptions, principals, validAfter, validBefore } = certificate;
  if (role !== HOST_ROLE) return refused(`certificate presented as a host key has type ${role}`);
  if (criticalOptions.length > 0) {
    return refused(`unsupported critical option ${listed(criticalOptions)} in certificate`);
  }
  // Unlike Flux: without names it is for nobody, and names may be patterns, as in OpenSSH since 10.3.
  if (!principals.some((principal) => matchesWildcard(principal, host))) {
    const why = "not in the set of valid principals for given certificate";
    return refused(`principal ${JSON.stringify(host)} ${why}: [${listed(principals)}]`);
  }
  const now = BigInt(Math.floor(nowMs / 1000));
  if (now < validAfter) {
    return refused(`cert is not yet valid: it begins at ${formatSecond(validAfter)}`);
  }
  if (now >= validBefore) return refused(`cert has expired at ${formatSecond(validBefore)}`);
  return ok(undefined);
}

function refused(why: string): Result<never> {
  return fail("InvalidCertificate", `ssh: ${why}`);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_SHOWN).map((name) => JSON.stringify(remoteText(name, [])));
  return [...shown, ...(names.length > MOST_SHOWN ? ["…"] : [])].join(", ");
}

/** The last second that has a name is shown for all after it. */
function formatSecond(second: bigint): string {
  return formatTime(Number(second < MOST_SECONDS ? second : MOST_SECONDS) * 1000);
}
