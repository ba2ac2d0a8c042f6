/**
 * Judges a signature, whatever its kind.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { KeyRings } from "./key_rings.ts";
import { verifyPgpSignature } from "./pgp.ts";
import { signatureFormat } from "./signature_format.ts";
import { parseSshSignature, verifySshSignature } from "./ssh_signature.ts";

/** Bytes and a signature over them. */
export interface Signed {
  /** What was signed. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The armoured signature. */
  readonly signature: string;
}

/** What the judgement rests on. */
export interface VerifyOptions {
  /** Keys that may sign. */
  readonly rings: KeyRings;
  /** What SSH signatures must have been made for; `git` for commits and tags. */
  readonly namespace: string;
  /** Now, in milliseconds since 1970: no key or signature may have expired. */
  readonly nowMs: number;
}

/** Longer ones are no honest signatures: 16,384-bit RSA takes 3 KiB. */
const MOST_SIGNATURE_LENGTH = 64 << 10;

/**
 * Gives the key that made the signature: an OpenPGP key's id, or an SSH key's fingerprint. Messages are
 * Flux's where it has one. Codes: `UnsupportedSignature`, `InvalidSignature`, `InvalidKeys`, `NoMatchingKey`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readKeyRings } from "./key_rings.ts";
 * const rings = await readKeyRings(new Map());
 * const signed = { payload: new TextEncoder().encode("hello"), signature: "" };
 * const got = await verifySignature(signed, { rings, namespace: "git", nowMs: 0 });
 * assert.equal(!got.ok && got.message, "unsupported signature type: empty");
 * ```
 */
export async function verifySignature(
  { payload, signature }: Signed,
  { rings, namespace, nowMs }: VerifyOptions,
): Promise<Result<string>> {
  const format = signatureFormat(signature);
  if (format !== "openpgp" && format !== "ssh") {
    return fail("UnsupportedSignature", `unsupported signature type: ${format}`);
  }
  if (signature.length > MOST_SIGNATURE_LENGTH) {
    return fail("InvalidSignature", `the signature is longer than ${MOST_SIGNATURE_LENGTH} bytes`);
  }
  if (format === "openpgp") {
    if (rings.pgp.failure !== undefined) return rings.pgp.failure;
    return await verifyPgpSignature(payload, signature, rings.pgp.keys, nowMs);
  }
  const parsed = parseSshSignature(signature);
  if (!parsed.ok) return parsed;
  if (rings.ssh.failure !== undefined) return rings.ssh.failure;
  const found = await verifySshSignature(payload, parsed.value, rings.ssh.keys, namespace);
  if (found.ok) return ok(found.value.fingerprint);
  const all = "unable to verify payload with any of the given authorized keys";
  return fail(found.code, `${all}: ${found.message}`);
}
