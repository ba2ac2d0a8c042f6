import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { sshString } from "../ssh/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { sshFields, sshTypes } from "../testing/ssh_fields.ts";
import { parseAuthorizedKeys } from "./authorized_keys.ts";
import { parseSshSignature } from "./ssh_signature.ts";

const ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8";

const lines: { name: string; line: string; want: number | RegExp }[] = [
  { name: "a key", line: `ssh-ed25519 ${ED25519}`, want: 1 },
  { name: "a key with a comment", line: `ssh-ed25519 ${ED25519} me at home`, want: 1 },
  {
    name: "a key with options",
    line: `no-pty,command="a \\" b" ssh-ed25519 ${ED25519} me`,
    want: 1,
  },
  { name: "a principal before the key", line: `me@example.com ssh-ed25519 ${ED25519}`, want: 1 },
  { name: "comments and empty lines", line: "\r\n# none\n  \n", want: 0 },
  { name: "two keys", line: `ssh-ed25519 ${ED25519}\r\nssh-ed25519 ${ED25519}\r\n`, want: 2 },
  { name: "a type alone", line: "ssh-ed25519", want: /line 1: it is no public key$/ },
  { name: "a key without a type", line: ED25519, want: /line 1: it is no public key$/ },
  { name: "a private key", line: "-----BEGIN OPENSSH PRIVATE KEY-----", want: /no public key$/ },
  { name: "a key that is cut off", line: `ssh-ed25519 ${ED25519.slice(0, 40)}`, want: /cut off$/ },
];

for (const { name, line, want } of lines) {
  Deno.test(`parseAuthorizedKeys() reads ${name}`, async () => {
    const got = await parseAuthorizedKeys(line);

    if (typeof want === "number") assert.equal(got.ok && got.value.length, want);
    else assert.match(got.ok ? "" : got.message, want);
  });
}

Deno.test("parseSshSignature() gives back the fields that were put in", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  const name = fc.string({ unit: fc.constantFrom(..."abz019-@."), maxLength: 20 });
  const members = {
    publicKey: bytes,
    namespace: name,
    reserved: bytes,
    hash: name,
    signature: bytes,
  };
  const fields = fc.record(members, { noNullPrototype: true });
  fc.assert(fc.property(fields, fc.constantFrom("\n", "\r\n"), (fields, newline) => {
    const { publicKey, namespace, reserved, hash, signature } = fields;
    const strings = [publicKey, namespace, reserved, hash, signature].map(sshString);
    const version = new Uint8Array([0, 0, 0, 1]);
    const blob = joinBytes(new TextEncoder().encode("SSHSIG"), version, ...strings);

    const got = parseSshSignature(armoured(blob, newline));

    assert.ok(got.ok);
    assert.deepEqual(got.value, fields);
  }));
});

Deno.test("parseSshSignature() and parseAuthorizedKeys() survive anything", async () => {
  const magic = fc.constant(new TextEncoder().encode("SSHSIG\0\0\0\x01"));
  const field = fc.oneof({ weight: 3, arbitrary: sshFields }, { weight: 1, arbitrary: magic });
  const blobs = fc.array(field, { maxLength: 8 }).map((fields) => joinBytes(...fields));
  await fc.assert(fc.asyncProperty(blobs, sshTypes, async (blob, type) => {
    const signature = parseSshSignature(armoured(blob, "\n"));
    assert.ok(signature.ok || signature.code === "InvalidSignature");
    const keys = await parseAuthorizedKeys(`${type} ${blob.toBase64()}`);
    assert.ok(keys.ok || keys.code === "InvalidKeys");
  }));
});

Deno.test("parseAuthorizedKeys() takes a time that grows with the text alone", async () => {
  const escapes = (size: number) => `"${"\\x".repeat(size)}`;

  await assertGrowsWithSize(20_000, escapes, parseAuthorizedKeys);
  await assertGrowsWithSize(20_000, (size) => 'a"b'.repeat(size), parseAuthorizedKeys);
});

function armoured(bytes: Uint8Array, newline: string): string {
  const body = bytes.toBase64().replace(/.{70}/g, `$&${newline}`);
  const lines = ["-----BEGIN SSH SIGNATURE-----", body, "-----END SSH SIGNATURE-----"];
  return lines.join(newline);
}
