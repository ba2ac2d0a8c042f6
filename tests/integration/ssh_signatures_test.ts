/**
 * `lib/crypt` against the real ssh-keygen: what it signs verifies, and every way in which a signature can be
 * wrong is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createSign } from "node:crypto";
import { joinBytes } from "../../lib/base/mod.ts";
import { sshNumber, sshString } from "../../lib/ssh/mod.ts";
import { lacks } from "../support/requirements.ts";
import { OTHER, PAYLOAD, type SignatureCase, verifyNow } from "../support/signatures.ts";
import { openSshSigner, type SshSigner } from "../support/signers.ts";

const ignore = lacks("ssh-keygen", "install OpenSSH's client");
let ssh: SshSigner;
Deno.test.beforeAll(async () => {
  if (!ignore) ssh = await openSshSigner();
});
Deno.test.afterAll(async () => {
  if (!ignore) await ssh?.[Symbol.asyncDispose]();
});

const sshKeys: readonly (readonly [string, ...string[]])[] = [
  ["ed25519", "-t", "ed25519"],
  ["ecdsa256", "-t", "ecdsa", "-b", "256"],
  ["ecdsa384", "-t", "ecdsa", "-b", "384"],
  ["ecdsa521", "-t", "ecdsa", "-b", "521"],
  ["rsa", "-t", "rsa", "-b", "3072"],
];

for (const [name, ...args] of sshKeys) {
  Deno.test({ name: `an ssh key of ${name} verifies over either hash`, ignore }, async () => {
    await ssh.makeKey(name, ...args);
    const keys = { "k.sshpub": `# them\n\n${await ssh.publicKey(name)}` };

    for (const hash of ["sha256", "sha512"]) {
      // ECDSA's two numbers are shorter now and then; more than one signature meets that.
      for (let count = 0; count < 8; count++) {
        const signature = await ssh.sign(PAYLOAD, name, "-O", `hashalg=${hash}`);
        const got = await verifyNow(signature, keys);
        assert.equal(got, await ssh.fingerprint(name));
      }
    }
    const signature = await ssh.sign(PAYLOAD, name);
    assert.match(await verifyNow(signature, keys, OTHER), /is not over this content$/);
    const crlf = signature.replaceAll("\n", "\r\n");
    assert.equal(await verifyNow(crlf, keys), await ssh.fingerprint(name));
  });
}

const KEYS = "unable to verify payload with any of the given authorized keys";

async function sshSigned(name: string, ...args: string[]) {
  await ssh.makeKey(name, "-t", "ed25519");
  const signature = await ssh.sign(PAYLOAD, name, ...args);
  return { signature, keys: { "a.sshpub": await ssh.publicKey(name) } };
}

const sshCases: readonly SignatureCase[] = [
  {
    name: "by a key that nobody trusts",
    async make(name) {
      const { signature } = await sshSigned(name);
      await ssh.makeKey(`${name}-other`, "-t", "ed25519");
      return { signature, keys: { "a.sshpub": await ssh.publicKey(`${name}-other`) } };
    },
    want: new RegExp(`^NoMatchingKey: ${KEYS}: no matching key\npublic key does not match$`),
  },
  {
    name: "by a key that only an OpenPGP entry names",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      return { signature, keys: { "a.asc": keys["a.sshpub"] } };
    },
    want: new RegExp(`^NoMatchingKey: ${KEYS}: no matching key$`),
  },
  {
    name: "for files",
    make: (name) => sshSigned(name, "-n", "file"),
    want: new RegExp(`${KEYS}: no matching key\nnamespace does not match$`),
  },
  {
    name: "by a key with options, behind a broken entry",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      const line = `namespaces="git",from="a b" ${keys["a.sshpub"]}`;
      return { signature, keys: { "0.sshpub": "ssh-ed25519 AAAA", "1.sshpub": line } };
    },
    want: "the key",
  },
  {
    name: "with keys that cannot be read",
    async make(name) {
      return { ...await sshSigned(name), keys: { "a.sshpub": "\n\nssh-ed25519 what" } };
    },
    want: /^InvalidKeys: unable to parse authorized keys: line 3: it is no public key$/,
  },
  {
    name: "with a key of another type than its line says",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      return {
        signature,
        keys: { "a.sshpub": keys["a.sshpub"].replace("ssh-ed25519", "ssh-rsa") },
      };
    },
    want: /^InvalidKeys: .*line 1: the key is not of the type ssh-rsa$/,
  },
  {
    name: "by an RSA key that is too short",
    async make(name) {
      await ssh.makeKey(name, "-t", "rsa", "-b", "1024");
      const { signature } = await sshSigned(`${name}-other`);
      return { signature, keys: { "a.sshpub": await ssh.publicKey(name) } };
    },
    want: /^InvalidKeys: .*an RSA key of 1024 bits is not between 2048 and 16384/,
  },
  {
    name: "by a certificate",
    async make(name) {
      const { signature } = await sshSigned(name);
      await ssh.makeKey(`${name}-ca`, "-t", "ed25519");
      await ssh.run("-q", "-s", `${name}-ca`, "-I", "id", "-n", "me", `${name}.pub`);
      const certificate = await Deno.readTextFile(`${ssh.folder}/${name}-cert.pub`);
      return { signature, keys: { "a.sshpub": certificate } };
    },
    want: /^InvalidKeys: .*keys of type "ssh-ed25519-cert-v01@openssh.com" are not supported$/,
  },
  {
    name: "by whom an authority vouches for",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      return { signature, keys: { "a.sshpub": `cert-authority ${keys["a.sshpub"]}` } };
    },
    want: /^InvalidKeys: .*certificate authorities are not supported/,
  },
  {
    name: "twice, one block behind the other",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      return { signature: signature + signature, keys };
    },
    want: /^InvalidSignature: unable to unarmor SSH signature: it is not one armoured block$/,
  },
  {
    name: "with text behind it",
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      return { signature: `${signature}more`, keys };
    },
    want: /^InvalidSignature: unable to unarmor SSH signature: it is not one armoured block$/,
  },
  ...[
    { how: "with bytes behind it", change: (b: number[]) => [...b, 0], want: /behind its end$/ },
    { how: "that is cut off", change: (b: number[]) => b.slice(0, -1), want: /it is cut off$/ },
    {
      how: "of a later version",
      change: (b: number[]) => b.with(9, 2),
      want: /its version is 2, not 1$/,
    },
    {
      how: "over an unknown hash",
      change: (b: number[]) => replaceText(b, "sha512", "sha111"),
      want: /the hash "sha111" is not supported$/,
    },
    {
      how: "whose hash was exchanged",
      change: (b: number[]) => replaceText(b, "sha512", "sha256"),
      want: /is not over this content$/,
    },
    {
      how: "of another type than its key",
      change: (b: number[]) => {
        const at = String.fromCharCode(...b).lastIndexOf("ssh-ed25519");
        return b.with(at + "ssh-ed2551".length, "8".charCodeAt(0));
      },
      want: /it is of type "ssh-ed25518", the key of type ssh-ed25519$/,
    },
  ].map(({ how, change, want }): SignatureCase => ({
    name: how,
    async make(name) {
      const { signature, keys } = await sshSigned(name);
      const bytes = Uint8Array.fromBase64(signature.replace(/^-----.*$/gm, "").trim());
      return { signature: armoredSsh(new Uint8Array(change([...bytes]))), keys };
    },
    want,
  })),
  {
    name: "over SHA-1",
    async make(name) {
      await ssh.makeKey(name, "-t", "rsa", "-b", "2048", "-m", "PEM");
      const publicKey = await ssh.publicKey(name);
      const blob = Uint8Array.fromBase64(publicKey.split(" ")[1] ?? "");
      const pem = await Deno.readTextFile(`${ssh.folder}/${name}`);
      const sign = (data: Uint8Array) =>
        joinBytes(sshString("ssh-rsa"), sshString(createSign("sha1").update(data).sign(pem)));
      return { signature: await sshsig(blob, sign), keys: { "a.sshpub": publicKey } };
    },
    want: /it is of type "ssh-rsa", only rsa-sha2-256 and rsa-sha2-512 are accepted$/,
  },
];

for (const [index, { name, make, want }] of sshCases.entries()) {
  const end = want === "the key" ? "verifies" : "is refused";
  Deno.test({ name: `an ssh signature ${name} ${end}`, ignore }, async () => {
    const key = `case${index}`;
    const { signature, keys } = await make(key);

    const got = await verifyNow(signature, keys);

    if (want === "the key") assert.equal(got, await ssh.fingerprint(key));
    else assert.match(got, want);
  });
}

const APPLICATION = "ssh:";
const TOUCHED = 0x01;

/** A security key made of software: no hardware takes part, and ssh-keygen cannot tell. */
const tokens = [
  {
    type: "sk-ssh-ed25519@openssh.com",
    async open() {
      const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
      assert.ok("publicKey" in pair);
      const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      return {
        fields: [sshString(point)],
        sign: async (data: Uint8Array<ArrayBuffer>) =>
          new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, data)),
      };
    },
  },
  {
    type: "sk-ecdsa-sha2-nistp256@openssh.com",
    async open() {
      const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
      const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
      return {
        fields: [sshString("nistp256"), sshString(point)],
        async sign(data: Uint8Array<ArrayBuffer>) {
          const pair32 = new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, data));
          return joinBytes(sshNumber(pair32.slice(0, 32)), sshNumber(pair32.slice(32)));
        },
      };
    },
  },
];

for (const { type, open } of tokens) {
  Deno.test(
    { name: `a security key of ${type} verifies, as with ssh-keygen`, ignore },
    async () => {
      const { fields, sign } = await open();
      const blob = joinBytes(sshString(type), ...fields, sshString(APPLICATION));
      const publicKey = `${type} ${blob.toBase64()} token\n`;
      // Keys that need not be touched are made for machines that sign; ssh-keygen takes them, too.
      for (const flags of [TOUCHED, 0]) {
        const tail = new Uint8Array([flags, 0, 0, 0, 7]);
        const signature = await sshsig(blob, async (data) => {
          const signed = joinBytes(await sha256(encode(APPLICATION)), tail, await sha256(data));
          return joinBytes(sshString(type), sshString(await sign(signed)), tail);
        });

        const got = await verifyNow(signature, { "a.sshpub": publicKey });
        const other = await verifyNow(signature, { "a.sshpub": publicKey }, OTHER);

        assert.ok(await ssh.accepts(PAYLOAD, signature, publicKey));
        assert.match(got, /^SHA256:/);
        assert.match(other, /is not over this content$/);
      }
    },
  );
}

type Signs = (data: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> | Uint8Array;

/** PROTOCOL.sshsig, written down once more: what `-Y sign` does, with a signer of our own. */
async function sshsig(blob: Uint8Array, sign: Signs): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", PAYLOAD));
  const common = [sshString("git"), sshString(""), sshString("sha512")];
  const signature = await sign(joinBytes(encode("SSHSIG"), ...common, sshString(hash)));
  const version = new Uint8Array([0, 0, 0, 1]);
  const head = [encode("SSHSIG"), version, sshString(blob)];
  return armoredSsh(joinBytes(...head, ...common, sshString(signature)));
}

function armoredSsh(bytes: Uint8Array): string {
  const lines = bytes.toBase64().replace(/.{70}/g, "$&\n");
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function replaceText(bytes: readonly number[], from: string, to: string): number[] {
  const text = String.fromCharCode(...bytes);
  assert.ok(text.includes(from));
  return [...text.replace(from, to)].map((letter) => letter.charCodeAt(0));
}
