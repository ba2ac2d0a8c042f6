import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { sshFields } from "../testing/ssh_fields.ts";
import { parseSshKey } from "./public_key.ts";
import { SshFormatError, SshReader, sshString } from "./wire.ts";

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

Deno.test("a point that is not on its curve verifies nothing", async () => {
  const point = new Uint8Array(65).fill(4);
  const type = "ecdsa-sha2-nistp256";
  const blob = joinBytes(sshString(type), sshString("nistp256"), sshString(point));
  const one = sshString(new Uint8Array([1]));
  const signature = joinBytes(sshString(type), sshString(joinBytes(one, one)));
  const key = await parseSshKey(blob);

  await assert.rejects(key.verify(signature, new Uint8Array(3)), SshFormatError);
});

Deno.test("parseSshKey() survives anything", async () => {
  const blobs = fc.array(sshFields, { maxLength: 8 }).map((fields) => joinBytes(...fields));
  await fc.assert(fc.asyncProperty(blobs, async (blob) => {
    try {
      const key = await parseSshKey(blob);
      await key.verify(blob, blob);
    } catch (thrown) {
      assert.ok(thrown instanceof SshFormatError, String(thrown));
    }
  }));
});
