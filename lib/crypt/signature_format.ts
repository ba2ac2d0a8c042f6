/**
 * What kind of signature a text is, by its first line.
 *
 * @module
 */

/** The kinds that git knows, a missing one, and any other text; in Flux's words. */
export type SignatureFormat = "openpgp" | "ssh" | "x509" | "empty" | "unknown";

/** git's own table of first lines (gpg.format). */
const FIRST_LINES: readonly (readonly [string, SignatureFormat])[] = [
  ["-----BEGIN PGP SIGNATURE-----", "openpgp"],
  ["-----BEGIN PGP MESSAGE-----", "openpgp"],
  ["-----BEGIN SIGNED MESSAGE-----", "x509"],
  ["-----BEGIN SSH SIGNATURE-----", "ssh"],
];

/**
 * The kind of a signature.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(signatureFormat("-----BEGIN SSH SIGNATURE-----\nU1NI…"), "ssh");
 * assert.equal(signatureFormat(""), "empty");
 * ```
 */
export function signatureFormat(signature: string): SignatureFormat {
  const text = signature.trim();
  if (text === "") return "empty";
  return FIRST_LINES.find(([line]) => text.startsWith(line))?.[1] ?? "unknown";
}
