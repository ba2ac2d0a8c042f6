/**
 * What the tests of signatures sign, and how they judge it.
 *
 * @module
 */
import { readKeyRings, verifySignature } from "../../lib/crypt/mod.ts";

/** What is signed. */
export const PAYLOAD = new TextEncoder().encode("tree 1\nauthor A\n\nhello\r\nworld\n");
/** The same but for a line end. */
export const OTHER = new TextEncoder().encode("tree 1\nauthor A\n\nhello\nworld\n");

/** One way in which a signature is made. */
export interface SignatureCase {
  /** Goes on after `a signature`. */
  readonly name: string;
  /** Makes the signature, and the entries of the Secret with the keys; `key` is a name of its own. */
  make(key: string): Promise<{ signature: string; keys: Readonly<Record<string, string>> }>;
  /** What comes of it. */
  readonly want: RegExp | "the key";
}

/** Judges a signature now: the key that made it, or code and message. */
export async function verifyNow(
  signature: string,
  entries: Readonly<Record<string, string>>,
  payload: Uint8Array<ArrayBuffer> = PAYLOAD,
): Promise<string> {
  const rings = await readKeyRings(new Map(Object.entries(entries)));
  const options = { rings, namespace: "git", nowMs: Date.now() };
  const got = await verifySignature({ payload, signature }, options);
  return got.ok ? got.value : `${got.code}: ${got.message}`;
}
