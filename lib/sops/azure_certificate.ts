/**
 * Certificates of applications at Microsoft Entra: a statement that the certificate's key signs stands for a password
 * ("certificate credentials" of the platform).
 *
 * @module
 */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { fail, ok, type Result } from "../base/mod.ts";
import type { EntraApplication } from "../cloud/mod.ts";

/** A certificate and its key; the key is never to be shown. */
export interface ClientCertificate {
  /** Signs. */
  readonly key: KeyObject;
  /** The certificate of the key first, in DER. */
  readonly chain: readonly Uint8Array[];
  /** Whether the statement has all of them, which Entra trusts by name and issuer then. */
  readonly sendsChain: boolean;
}

/** The fields of an entry. */
export interface ClientCertificateText {
  /** Certificates and a key. */
  readonly pem: string;
  /** Opens the key; may be empty. */
  readonly password: string;
  /** `clientCertificateSendChain`. */
  readonly sendsChain: boolean;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----[^-]*-----END \1-----/g;
const MOST_CERTIFICATES = 20;
/** RFC 7518 §3.5: a shorter key signs nothing. */
const LEAST_KEY_BITS = 2_048;
/** Entra takes statements for ten minutes. */
const STATEMENT_SECONDS = 600;

/** Reads a certificate with its key. */
export function parseClientCertificate(
  { pem, password, sendsChain }: ClientCertificateText,
): Result<ClientCertificate> {
  const blocks = [...pem.matchAll(BLOCK)];
  const keyText = blocks.find(([, type = ""]) => type.endsWith("PRIVATE KEY"))?.[0];
  const texts = blocks.filter(([, type]) => type === "CERTIFICATE").map(([text]) => text);
  if (keyText === undefined || texts.length === 0 || texts.length > MOST_CERTIFICATES) {
    return fail(
      "InvalidKeys",
      "its clientCertificate is no certificate with its private key in PEM; convert a PKCS#12 " +
        "file by 'openssl pkcs12 -nodes'",
    );
  }
  const key = readKey(keyText, password);
  if (!key.ok) return key;
  const certificates = readCertificates(texts);
  if (!certificates.ok) return certificates;
  const own = certificates.value.find((each) => each.checkPrivateKey(key.value));
  if (own === undefined) {
    return fail("InvalidKeys", "no certificate of its clientCertificate belongs to the key there");
  }
  const others = certificates.value.filter((each) => each !== own);
  const chain = [own, ...others].map(({ raw }) => new Uint8Array(raw));
  return ok({ key: key.value, chain, sendsChain });
}

function readKey(text: string, passphrase: string): Result<KeyObject> {
  const what = passphrase === "" ? "without a password" : "with its clientCertificatePassword";
  try {
    const key = createPrivateKey({ key: text, ...(passphrase !== "" && { passphrase }) });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
    if (key.asymmetricKeyType === "rsa" && bits >= LEAST_KEY_BITS) return ok(key);
    const why = key.asymmetricKeyType === "rsa"
      ? `has ${bits} bits: Entra takes ${LEAST_KEY_BITS} and more`
      : "is no RSA key";
    return fail("InvalidKeys", `the key of its clientCertificate ${why}`);
  } catch {
    // What went wrong may quote the key.
    return fail("InvalidKeys", `the key of its clientCertificate cannot be read ${what}`);
  }
}

function readCertificates(texts: readonly string[]): Result<X509Certificate[]> {
  try {
    return ok(texts.map((text) => new X509Certificate(text)));
  } catch (thrown) {
    return fail("InvalidKeys", "a certificate of its clientCertificate cannot be read", thrown);
  }
}

/** A statement of the application about itself, for the one service of its tenant. */
export async function signStatement(
  { tenant, client, authority }: EntraApplication,
  { key, chain, sendsChain }: ClientCertificate,
  nowMs: number,
): Promise<string> {
  const { SignJWT } = await import("jose");
  const [own = new Uint8Array()] = chain;
  const now = Math.floor(nowMs / 1_000);
  return await new SignJWT({})
    .setProtectedHeader({
      alg: "PS256",
      typ: "JWT",
      "x5t#S256": createHash("sha256").update(own).digest("base64url"),
      ...(sendsChain && { x5c: chain.map((der) => der.toBase64()) }),
    })
    .setAudience(`${authority}/${tenant}/oauth2/v2.0/token`)
    .setIssuer(client)
    .setSubject(client)
    .setJti(crypto.randomUUID())
    .setNotBefore(now)
    .setIssuedAt(now)
    .setExpirationTime(now + STATEMENT_SECONDS)
    .sign(key);
}
