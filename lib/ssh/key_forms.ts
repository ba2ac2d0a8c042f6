/**
 * Private keys from one written form into another.
 *
 * @module
 */
import { createPrivateKey } from "node:crypto";
import { decodeBase64, encodeBase64, joinBytes } from "../base/mod.ts";
import { sshString } from "./wire.ts";

/**
 * A key of OpenSSL's forms in OpenSSH's own, without protection; nothing for what is no key. The reader cannot
 * find the public half of the longest ECDSA keys by itself, and knows no PKCS #8.
 */
export function convertKey(pem: string, passphrase: string | undefined): string | undefined {
  try {
    const key = createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
    const { asymmetricKeyType: type } = key;
    if (type === "rsa") return String(key.export({ format: "pem", type: "pkcs1" }));
    const { crv = "", x = "", y = "", d = "" } = key.export({ format: "jwk" });
    if (type === "ed25519") return openSshForm("ssh-ed25519", edwardsFields(decode(x), decode(d)));
    const curve = `nist${crv.toLowerCase().replace("-", "")}`;
    const point = joinBytes(Uint8Array.of(4), decode(x), decode(y));
    const open = joinBytes(sshString(curve), sshString(point));
    const hidden = joinBytes(open, sshString(decode(d)));
    return openSshForm(`ecdsa-sha2-${curve}`, { open, hidden });
  } catch {
    return undefined;
  }
}

interface KeyFields {
  /** What follows the type in the public half. */
  readonly open: Uint8Array;
  /** What follows it in the private one. */
  readonly hidden: Uint8Array;
}

function edwardsFields(point: Uint8Array, secret: Uint8Array): KeyFields {
  const open = sshString(point);
  return { open, hidden: joinBytes(open, sshString(joinBytes(secret, point))) };
}

/** PROTOCOL.key: two equal numbers stand in front of the private half, a comment and padding behind it. */
function openSshForm(type: string, { open, hidden }: KeyFields): string {
  const secret = joinBytes(new Uint8Array(8), sshString(type), hidden, sshString(""));
  const padding = Uint8Array.from({ length: (8 - secret.length % 8) % 8 }, (_, index) => index + 1);
  const bytes = joinBytes(
    "openssh-key-v1\0",
    ...["none", "none", ""].map(sshString),
    Uint8Array.of(0, 0, 0, 1),
    sshString(joinBytes(sshString(type), open)),
    sshString(joinBytes(secret, padding)),
  );
  return formatPem("OPENSSH PRIVATE KEY", bytes);
}

function decode(text: string): Uint8Array {
  return Uint8Array.fromBase64(text, { alphabet: "base64url" });
}

/** Bytes of a private number, by key type. */
const SCALAR_BYTES: ReadonlyMap<string, number> = new Map([
  ["ecdsa-sha2-nistp256", 32],
  ["ecdsa-sha2-nistp384", 48],
  ["ecdsa-sha2-nistp521", 66],
]);

/**
 * OpenSSH writes the number of an ECDSA key as short as it goes, or with a zero in front, and the reader hands
 * it on so; RFC 5915 §3 and who signs with it want its full length. Nothing when it has that already.
 */
export function withWholeScalar(type: string, pem: string): string | undefined {
  const size = SCALAR_BYTES.get(type);
  const der = decodeBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
  if (size === undefined || der?.[0] !== 0x30) return undefined;
  // SEQUENCE, its length in one byte or in two; INTEGER 1; OCTET STRING, its length in one byte.
  const start = der[1] === 0x81 ? 3 : 2;
  const at = start + 5;
  const length = der[at - 1] ?? 0;
  const scalar = der.subarray(at, at + length);
  if (der[at - 2] !== 0x04 || length === size) return undefined;
  const whole = new Uint8Array(size);
  const digits = scalar.subarray(Math.max(0, length - size));
  whole.set(digits, size - digits.length);
  const body = [2, 1, 1, 4, size, ...whole, ...der.subarray(at + length)];
  const head = body.length < 0x80 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return formatPem("EC PRIVATE KEY", new Uint8Array([...head, ...body]));
}

function formatPem(name: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ""].join("\n");
}
