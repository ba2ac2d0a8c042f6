import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, verify } from "node:crypto";
import { parseIdentity } from "./identity.ts";
import { convertKey } from "./key_forms.ts";

const DATA = "what is signed";

const curves = [
  { curve: "P-256", type: "ecdsa-sha2-nistp256", digest: "sha256" },
  { curve: "P-384", type: "ecdsa-sha2-nistp384", digest: "sha384" },
  { curve: "P-521", type: "ecdsa-sha2-nistp521", digest: "sha512" },
] as const;

for (const { curve, type, digest } of curves) {
  Deno.test(`parseIdentity() reads keys of ${curve}, however short their number`, () => {
    for (let times = 0; times < 20; times++) {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: curve });
      const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));

      const got = parseIdentity(withShortNumber(convertKey(pem, undefined) ?? ""), undefined);

      assert.ok(got.ok, got.ok ? "" : got.message);
      assert.equal(got.value.type, type);
      const signature = got.value.sign(Buffer.from(DATA));
      assert.ok(!(signature instanceof Error));
      assert.ok(verify(digest, Buffer.from(DATA), publicKey, signature));
    }
  });
}

Deno.test("parseIdentity() reads ed25519 in PKCS #8", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const got = parseIdentity(String(privateKey.export({ format: "pem", type: "pkcs8" })), undefined);

  assert.ok(got.ok, got.ok ? "" : got.message);
  const signature = got.value.sign(Buffer.from(DATA));
  assert.ok(!(signature instanceof Error));
  assert.ok(verify(null, Buffer.from(DATA), publicKey, signature));
});

Deno.test("an RSA key signs with SHA-2 only", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const got = parseIdentity(String(privateKey.export({ format: "pem", type: "pkcs1" })), undefined);

  assert.ok(got.ok, got.ok ? "" : got.message);
  for (const digest of [undefined, "sha1"]) {
    assert.ok(got.value.sign(Buffer.from(DATA), digest) instanceof Error);
  }
  for (const digest of ["sha256", "sha512"]) {
    assert.ok(!(got.value.sign(Buffer.from(DATA), digest) instanceof Error));
  }
});

const broken = [
  { name: "nothing", pem: "" },
  { name: "a header alone", pem: "-----BEGIN OPENSSH PRIVATE KEY-----\n" },
  {
    name: "noise in OpenSSH's form",
    pem: `-----BEGIN OPENSSH PRIVATE KEY-----\n${
      "QUJD".repeat(20)
    }\n-----END OPENSSH PRIVATE KEY-----\n`,
  },
  {
    name: "noise in PKCS #8",
    pem: `-----BEGIN PRIVATE KEY-----\n${"QUJD".repeat(20)}\n-----END PRIVATE KEY-----\n`,
  },
  { name: "a mebibyte of letters", pem: "x".repeat(1 << 20) },
];

for (const { name, pem } of broken) {
  Deno.test(`parseIdentity() refuses ${name}`, () => {
    const got = parseIdentity(pem, undefined);

    assert.equal(got.ok ? "ok" : got.message, "ssh: no key found");
  });
}

/** As OpenSSH writes it: no leading zeros, but one in front of a first bit. */
function withShortNumber(pem: string): string {
  const bytes = [...Uint8Array.fromBase64(pem.replace(/-----[^-]+-----|\s/g, ""))];
  const head = 15 + 8 + 8 + 4 + 4;
  const publicLength = lengthAt(bytes, head);
  const secretAt = head + 4 + publicLength;
  const secret = bytes.slice(secretAt + 4);
  let at = 8;
  for (let fields = 0; fields < 3; fields++) at += 4 + lengthAt(secret, at);
  const number = secret.slice(at + 4, at + 4 + lengthAt(secret, at));
  while (number[0] === 0) number.shift();
  if ((number[0] ?? 0) >= 0x80) number.unshift(0);
  const short = [...secret.slice(0, at), 0, 0, 0, number.length, ...number, 0, 0, 0, 0];
  for (let pad = 1; short.length % 8 !== 0; pad++) short.push(pad);
  const length = [short.length >> 8, short.length & 255];
  const all = new Uint8Array([...bytes.slice(0, secretAt), 0, 0, ...length, ...short]);
  const name = "OPENSSH PRIVATE KEY";
  return `-----BEGIN ${name}-----\n${all.toBase64()}\n-----END ${name}-----\n`;
}

function lengthAt(bytes: readonly number[], at: number): number {
  return ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0);
}
