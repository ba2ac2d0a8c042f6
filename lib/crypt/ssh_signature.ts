/**
 * Signatures of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig).
 *
 * @module
 */
import { fail, isSameBytes, joinBytes, messageOf, ok, type Result } from "../base/mod.ts";
import { SshFormatError, type SshKey, SshReader, sshString } from "../ssh/mod.ts";

/** A signature's fields. */
export interface SshSignature {
  /** The encoded key that made it. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** What it is for: `git`. */
  readonly namespace: string;
  /** Not used by anyone; signed all the same. */
  readonly reserved: Uint8Array<ArrayBuffer>;
  /** Hash of the message. */
  readonly hash: string;
  /** The encoded signature. */
  readonly signature: Uint8Array<ArrayBuffer>;
}

const MAGIC = "SSHSIG";
const VERSION = 1;
/** PROTOCOL.sshsig allows these two. */
const HASHES: ReadonlyMap<string, string> = new Map([["sha256", "SHA-256"], ["sha512", "SHA-512"]]);
const ARMOR =
  /^-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END SSH SIGNATURE-----$/;

/**
 * Reads an armoured signature: one block, and nothing behind it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseSshSignature("-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----");
 * assert.equal(!got.ok && got.message, "unable to unarmor SSH signature: it is cut off");
 * ```
 */
export function parseSshSignature(text: string): Result<SshSignature> {
  const [, body] = ARMOR.exec(text.trim()) ?? [];
  const bytes = body === undefined ? undefined : decodeBase64Lines(body);
  if (bytes === undefined) return unreadable("it is not one armoured block");
  try {
    return ok(readFields(new SshReader(bytes)));
  } catch (thrown) {
    if (thrown instanceof SshFormatError) return unreadable(thrown.message);
    throw thrown;
  }
}

function unreadable(why: string): Result<never> {
  return fail("InvalidSignature", `unable to unarmor SSH signature: ${why}`);
}

function decodeBase64Lines(body: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(body.replace(/[\r\n]/g, ""));
  } catch {
    return undefined;
  }
}

function readFields(reader: SshReader): SshSignature {
  const magic = new TextDecoder("latin1").decode(reader.take(MAGIC.length));
  if (magic !== MAGIC) throw new SshFormatError("it is no SSH signature");
  const version = reader.number();
  if (version !== VERSION) throw new SshFormatError(`its version is ${version}, not ${VERSION}`);
  const publicKey = reader.bytes();
  const namespace = reader.name();
  const reserved = reader.bytes();
  const hash = reader.name();
  const signature = reader.bytes();
  reader.end();
  return { publicKey, namespace, reserved, hash, signature };
}

/** Finds the key that made `signature` over `payload`; the failure says what is wrong, in few words. */
export async function verifySshSignature(
  payload: Uint8Array<ArrayBuffer>,
  signature: SshSignature,
  keys: readonly SshKey[],
  namespace: string,
): Promise<Result<SshKey>> {
  const key = keys.find(({ blob }) => isSameBytes(blob, signature.publicKey));
  if (key === undefined) {
    // Flux's words; without any key there is nothing that could differ.
    const why = keys.length === 0 ? "" : "\npublic key does not match";
    return fail("NoMatchingKey", `no matching key${why}`);
  }
  if (signature.namespace !== namespace) {
    return fail("InvalidSignature", "no matching key\nnamespace does not match");
  }
  const hash = HASHES.get(signature.hash);
  if (hash === undefined) {
    const name = JSON.stringify(signature.hash);
    return fail("InvalidSignature", `${key.fingerprint}: the hash ${name} is not supported`);
  }
  const digest = new Uint8Array(await crypto.subtle.digest(hash, payload));
  const signed = joinBytes(
    new TextEncoder().encode(MAGIC),
    sshString(signature.namespace),
    sshString(signature.reserved),
    sshString(signature.hash),
    sshString(digest),
  );
  return await judge(key, signature.signature, signed);
}

async function judge(
  key: SshKey,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<Result<SshKey>> {
  try {
    if (await key.verify(signature, signed)) return ok(key);
    return fail("InvalidSignature", `${key.fingerprint}: the signature is not over this content`);
  } catch (thrown) {
    if (!(thrown instanceof SshFormatError)) throw thrown;
    return fail("InvalidSignature", `${key.fingerprint}: ${messageOf(thrown)}`);
  }
}
