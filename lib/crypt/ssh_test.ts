import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { parseAuthorizedKeys } from "./authorized_keys.ts";
import { parseSshKey } from "./ssh_key.ts";
import { SshFormatError, SshReader, sshString } from "./ssh_reader.ts";
import { parseSshSignature } from "./ssh_signature.ts";

const ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIB9CR2YjlqMQ4vPeyEqN4FLh/uEptyNzDOLZ3JEukty8";

const numbers: { name: string; bytes: number[]; want: number[] | string }[] = [
  { name: "a small number", bytes: [1], want: [1] },
  { name: "a number with a high bit", bytes: [0, 0x80, 1], want: [0x80, 1] },
  { name: "nothing", bytes: [], want: "a number in it is not positive" },
  { name: "zero", bytes: [0], want: "a number in it is not positive" },
  { name: "a negative number", bytes: [0x80], want: "a number in it is not positive" },
  { name: "needless zeros", bytes: [0, 1], want: "a number in it has needless zeros" },
];

for (const { name, bytes, want } of numbers) {
  Deno.test(`SshReader.positive() reads ${name}`, () => {
    const reader = new SshReader(sshString(new Uint8Array(bytes)));

    if (typeof want === "string") assert.throws(() => reader.positive(), { message: want });
    else assert.deepEqual([...reader.positive()], want);
  });
}

const keys: { name: string; fields: (Uint8Array | string)[]; want: RegExp }[] = [
  { name: "an unknown type", fields: ["ssh-dss"], want: /"ssh-dss" are not supported$/ },
  { name: "a type with spaces", fields: ["ssh ed25519"], want: /a name in it is not ASCII$/ },
  { name: "a short ed25519 key", fields: ["ssh-ed25519", "short"], want: /are no key$/ },
  {
    name: "a point of another curve",
    fields: ["ecdsa-sha2-nistp256", "nistp256", new Uint8Array(97).fill(4)],
    want: /are no key$/,
  },
  {
    name: "a curve that is not the type's",
    fields: ["ecdsa-sha2-nistp256", "nistp521", new Uint8Array(65)],
    want: /curve "nistp521" is not that of its type$/,
  },
  {
    name: "an RSA key without a modulus",
    fields: ["ssh-rsa", new Uint8Array([1, 0, 1]), new Uint8Array([0])],
    want: /a number in it is not positive$/,
  },
  {
    name: "an RSA key that takes minutes",
    fields: ["ssh-rsa", new Uint8Array([1, 0, 1]), new Uint8Array(9000).fill(0x7f)],
    want: /RSA key of 71999 bits is not between/,
  },
  {
    name: "bytes behind the key",
    fields: ["ssh-ed25519", new Uint8Array(32).fill(1), "more"],
    want: /bytes behind its end$/,
  },
];

for (const { name, fields, want } of keys) {
  Deno.test(`parseSshKey() refuses ${name}`, async () => {
    const blob = joinBytes(...fields.map(sshString));

    await assert.rejects(parseSshKey(blob), (thrown) => {
      assert.ok(thrown instanceof SshFormatError);
      assert.match(thrown.message, want);
      return true;
    });
  });
}

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

Deno.test("parseSshSignature(), parseSshKey() and parseAuthorizedKeys() survive anything", async () => {
  const type = fc.constantFrom(
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp384",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "nistp384",
  );
  const field = fc.oneof(
    type.map(sshString),
    fc.uint8Array({ maxLength: 70 }).map(sshString),
    fc.uint8Array({ maxLength: 6 }),
    fc.constant(new TextEncoder().encode("SSHSIG\0\0\0\x01")),
  );
  const blobs = fc.array(field, { maxLength: 8 }).map((fields) => joinBytes(...fields));
  await fc.assert(fc.asyncProperty(blobs, type, async (blob, type) => {
    const signature = parseSshSignature(armoured(blob, "\n"));
    assert.ok(signature.ok || signature.code === "InvalidSignature");
    const keys = await parseAuthorizedKeys(`${type} ${blob.toBase64()}`);
    assert.ok(keys.ok || keys.code === "InvalidKeys");
    try {
      const key = await parseSshKey(blob);
      await key.verify(blob, blob);
    } catch (thrown) {
      assert.ok(thrown instanceof SshFormatError, String(thrown));
    }
  }));
});

Deno.test("a point that is not on its curve verifies nothing", async () => {
  const point = new Uint8Array(65).fill(4);
  const type = "ecdsa-sha2-nistp256";
  const blob = joinBytes(sshString(type), sshString("nistp256"), sshString(point));
  const one = sshString(new Uint8Array([1]));
  const signature = joinBytes(sshString(type), sshString(joinBytes(one, one)));
  const key = await parseSshKey(blob);

  await assert.rejects(key.verify(signature, new Uint8Array(3)), SshFormatError);
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
