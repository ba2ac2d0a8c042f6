/**
 * Public keys of SSH (RFC 4253 §6.6, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.u2f), and what they signed.
 *
 * @module
 */
import { joinBytes } from "../base/mod.ts";
import { bitsOf, LEAST_RSA_BITS, MOST_RSA_BITS } from "./host_key.ts";
import { SshFormatError, SshReader } from "./wire.ts";

/** A public key, ready to judge signatures. */
export interface SshKey {
  /** Its encoded form, by which signatures name it. */
  readonly blob: Uint8Array<ArrayBuffer>;
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Whether the encoded signature is this key's over `data`; throws when it is malformed or too weak. */
  verify(signature: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<boolean>;
}

type Judge = SshKey["verify"];

/** ECDSA by the name of the curve; the hash belongs to it (RFC 5656 §6.2.1). */
const CURVES: Readonly<Record<string, { curve: string; hash: string; sizeBytes: number }>> = {
  nistp256: { curve: "P-256", hash: "SHA-256", sizeBytes: 32 },
  nistp384: { curve: "P-384", hash: "SHA-384", sizeBytes: 48 },
  nistp521: { curve: "P-521", hash: "SHA-512", sizeBytes: 66 },
};

/** RFC 8332; plain `ssh-rsa` signs SHA-1 and is not here. */
const RSA_HASHES: ReadonlyMap<string, string> = new Map([
  ["rsa-sha2-256", "SHA-256"],
  ["rsa-sha2-512", "SHA-512"],
]);

/**
 * Reads an encoded public key; throws {@linkcode SshFormatError} when it is none or of a kind that is not
 * supported.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8";
 * const key = await parseSshKey(Uint8Array.fromBase64(blob));
 * assert.match(key.fingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
 * ```
 */
export async function parseSshKey(blob: Uint8Array<ArrayBuffer>): Promise<SshKey> {
  const reader = new SshReader(blob);
  const verify = await readJudge(reader.name(), reader);
  reader.end();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", blob));
  const fingerprint = `SHA256:${digest.toBase64({ omitPadding: true })}`;
  return { blob, fingerprint, verify };
}

async function readJudge(type: string, reader: SshReader): Promise<Judge> {
  switch (type) {
    case "ssh-ed25519":
      return plain(type, await readEd25519(reader));
    case "ecdsa-sha2-nistp256":
    case "ecdsa-sha2-nistp384":
    case "ecdsa-sha2-nistp521":
      return plain(type, await readEcdsa(type.slice("ecdsa-sha2-".length), reader));
    case "ssh-rsa":
      return await readRsa(reader);
    case "sk-ssh-ed25519@openssh.com": {
      const inner = await readEd25519(reader);
      return touched(type, inner, reader.bytes());
    }
    case "sk-ecdsa-sha2-nistp256@openssh.com": {
      const inner = await readEcdsa("nistp256", reader);
      return touched(type, inner, reader.bytes());
    }
    default:
      throw new SshFormatError(`keys of type ${JSON.stringify(type)} are not supported`);
  }
}

/** A signature that is its type and one field. */
function plain(type: string, judge: Judge): Judge {
  return (signature, data) => {
    const reader = new SshReader(signature);
    expectType(reader.name(), type);
    const inner = reader.bytes();
    reader.end();
    return judge(inner, data);
  };
}

/**
 * A signature of a security key: it also covers what the key is for, whether it was touched, and a counter.
 * An untouched one counts, as with ssh-keygen: such keys are made for machines that sign.
 */
function touched(type: string, judge: Judge, application: Uint8Array<ArrayBuffer>): Judge {
  return async (signature, data) => {
    const reader = new SshReader(signature);
    expectType(reader.name(), type);
    const inner = reader.bytes();
    // One byte of flags, four of a counter.
    const circumstances = reader.take(5);
    reader.end();
    const signed = joinBytes(await sha256(application), circumstances, await sha256(data));
    return await judge(inner, signed);
  };
}

function expectType(got: string, wanted: string): void {
  if (got === wanted) return;
  throw new SshFormatError(`it is of type ${JSON.stringify(got)}, the key of type ${wanted}`);
}

async function readEd25519(reader: SshReader): Promise<Judge> {
  const point = reader.bytes();
  const key = await platform(() =>
    crypto.subtle.importKey("raw", point, "Ed25519", false, ["verify"])
  );
  return (signature, data) => platform(() => crypto.subtle.verify("Ed25519", key, signature, data));
}

async function readEcdsa(name: string, reader: SshReader): Promise<Judge> {
  const known = CURVES[name];
  const named = reader.name();
  if (known === undefined || named !== name) {
    throw new SshFormatError(`the key's curve ${JSON.stringify(named)} is not that of its type`);
  }
  const { curve: namedCurve, hash, sizeBytes } = known;
  const point = reader.bytes();
  const key = await platform(() =>
    crypto.subtle.importKey("raw", point, { name: "ECDSA", namedCurve }, false, ["verify"])
  );
  return (signature, data) => {
    const numbers = new SshReader(signature);
    const r = padded(numbers.positive(), sizeBytes);
    const s = padded(numbers.positive(), sizeBytes);
    numbers.end();
    const algorithm = { name: "ECDSA", hash };
    return platform(() => crypto.subtle.verify(algorithm, key, joinBytes(r, s), data));
  };
}

async function readRsa(reader: SshReader): Promise<Judge> {
  const exponent = reader.positive();
  const modulus = reader.positive();
  const bits = bitsOf(modulus);
  if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS) {
    const range = `${LEAST_RSA_BITS} and ${MOST_RSA_BITS}`;
    throw new SshFormatError(`an RSA key of ${bits} bits is not between ${range} bits long`);
  }
  const encode = (bytes: Uint8Array) =>
    bytes.toBase64({ alphabet: "base64url", omitPadding: true });
  const jwk = { kty: "RSA", n: encode(modulus), e: encode(exponent) };
  const keys = new Map<string, CryptoKey>();
  for (const [type, hash] of RSA_HASHES) {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
    keys.set(
      type,
      await platform(() => crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"])),
    );
  }
  return (signature, data) => {
    const parts = new SshReader(signature);
    const type = parts.name();
    const key = keys.get(type);
    if (key === undefined) {
      const known = [...keys.keys()].join(" and ");
      throw new SshFormatError(`it is of type ${JSON.stringify(type)}, only ${known} are accepted`);
    }
    // Leading zeros may have been left out (OpenSSH ssh-rsa.c does so in old versions).
    const inner = padded(parts.bytes(), modulus.length);
    parts.end();
    return platform(() => crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, inner, data));
  };
}

/** The number in a field of fixed length. */
function padded(number: Uint8Array<ArrayBuffer>, sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (number.length > sizeBytes) throw new SshFormatError("a number in it is too large");
  const field = new Uint8Array(sizeBytes);
  field.set(number, sizeBytes - number.length);
  return field;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Numbers that are no point of the curve, or no modulus, are refused on import or only when used. */
async function platform<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch {
    throw new SshFormatError("the key's numbers are no key");
  }
}
