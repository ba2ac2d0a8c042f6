/**
 * Signs as `ssh-keygen -Y sign` does (OpenSSH's PROTOCOL.sshsig).
 *
 * @module
 */
import { createHash, sign as signWith } from "node:crypto";
import { joinBytes, ok, type Result } from "../base/mod.ts";
import { type Identity, readIdentity, sshNumber, sshString } from "../ssh/mod.ts";
import type { Signer } from "./pgp_signer.ts";

const NAMESPACE = "git";
const HASH = "sha512";
/** RFC 5656 §6.2.1: the hash goes with the curve. */
const CURVE_HASHES: ReadonlyMap<string, string> = new Map([
  ["ecdsa-sha2-nistp256", "sha256"],
  ["ecdsa-sha2-nistp384", "sha384"],
  ["ecdsa-sha2-nistp521", "sha512"],
]);
const LINE = /.{70}/g;

/**
 * Opens a private key for signatures of git's namespace. `InvalidCredentials` when it cannot be read or
 * `passphrase` does not open it; the failure has nothing of the key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = await readSshSigner("no key");
 * assert.equal(!got.ok && got.message, "ssh: no key found");
 * ```
 */
export async function readSshSigner(
  pem: string,
  passphrase?: string,
): Promise<Result<Signer>> {
  const key = await readIdentity(pem, passphrase);
  if (!key.ok) return key;
  return ok((content) => Promise.resolve(ok(signContent(key.value, content))));
}

function signContent(key: Identity, content: Uint8Array): string {
  const reserved = "";
  const common = joinBytes(sshString(NAMESPACE), sshString(reserved), sshString(HASH));
  const digest = new Uint8Array(createHash(HASH).update(content).digest());
  const { algorithm, bytes } = signBytes(key, joinBytes("SSHSIG", common, sshString(digest)));
  const signature = joinBytes(sshString(algorithm), sshString(bytes));
  const version = new Uint8Array([0, 0, 0, 1]);
  const publicKey = sshString(new Uint8Array(key.getPublicSSH()));
  const blob = joinBytes("SSHSIG", version, publicKey, common, sshString(signature));
  const lines = blob.toBase64().replace(LINE, "$&\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function signBytes(
  key: Identity,
  data: Uint8Array,
): { readonly algorithm: string; readonly bytes: Uint8Array } {
  const pem = key.getPrivatePEM();
  if (key.type === "ssh-ed25519") {
    return { algorithm: key.type, bytes: new Uint8Array(signWith(null, data, pem)) };
  }
  const hash = CURVE_HASHES.get(key.type);
  if (hash === undefined) {
    // PROTOCOL.sshsig: RSA keys sign with one of the SHA-2 algorithms.
    return { algorithm: "rsa-sha2-512", bytes: new Uint8Array(signWith("sha512", data, pem)) };
  }
  const pair = new Uint8Array(signWith(hash, data, { key: pem, dsaEncoding: "ieee-p1363" }));
  const half = pair.length / 2;
  const bytes = joinBytes(sshNumber(pair.subarray(0, half)), sshNumber(pair.subarray(half)));
  return { algorithm: key.type, bytes };
}
