/**
 * `lib/crypt` against the real gpg: what it signs verifies, and every way in which a signature can be wrong
 * is refused.
 *
 * @module
 */
import assert from "node:assert/strict";
import * as openpgp from "openpgp";
import { lacks } from "../support/requirements.ts";
import { OTHER, PAYLOAD, type SignatureCase, verifyNow } from "../support/signatures.ts";
import { openPgpSigner, type PgpSigner } from "../support/signers.ts";

const PAST = "20200101T000000";
const noGpg = lacks("gpg", "install gnupg");
let pgp: PgpSigner;
Deno.test.beforeAll(async () => {
  if (!noGpg) pgp = await openPgpSigner();
});
Deno.test.afterAll(async () => {
  if (!noGpg) await pgp?.[Symbol.asyncDispose]();
});

for (const algorithm of ["ed25519", "rsa3072", "nistp256", "nistp521", "brainpoolP384r1"]) {
  Deno.test({ name: `a gpg key of ${algorithm} verifies`, ignore: noGpg }, async () => {
    await pgp.makeKey(algorithm, algorithm);
    const keys = { "keys.asc": await pgp.publicKey(algorithm) };

    const signature = await pgp.sign(PAYLOAD, algorithm);

    assert.equal(await verifyNow(signature, keys), await pgp.keyId(algorithm));
    assert.equal(
      await verifyNow(signature.replaceAll("\n", "\r\n"), keys),
      await pgp.keyId(algorithm),
    );
    assert.match(
      await verifyNow(signature, keys, OTHER),
      /^InvalidSignature: .*digest did not match/,
    );
  });
}

/** A key, what it signed, and itself. */
async function signed(name: string, ...args: string[]) {
  await pgp.makeKey(name, "ed25519");
  const signature = await pgp.sign(PAYLOAD, name, ...args);
  return { signature, keys: { "a.asc": await pgp.publicKey(name) } };
}

const RINGS = "unable to verify payload with any of the given key rings";

const pgpCases: readonly SignatureCase[] = [
  {
    name: "by a key that nobody trusts",
    async make(name) {
      const { signature } = await signed(name);
      await pgp.makeKey(`${name}-other`, "ed25519");
      return { signature, keys: { "a.asc": await pgp.publicKey(`${name}-other`) } };
    },
    want: new RegExp(`^NoMatchingKey: ${RINGS}: no matching key$`),
  },
  {
    name: "without any key",
    make: async (name) => ({ ...await signed(name), keys: {} }),
    want: new RegExp(`^NoMatchingKey: ${RINGS}: no matching key$`),
  },
  {
    name: "by a key in the second block of the second entry",
    async make(name) {
      const { signature, keys } = await signed(name);
      await pgp.makeKey(`${name}-other`, "ed25519");
      const other = await pgp.publicKey(`${name}-other`);
      return { signature, keys: { "0.asc": "broken", "1.asc": `${other}\n${keys["a.asc"]}` } };
    },
    want: "the key",
  },
  {
    name: "with keys that cannot be read",
    async make(name) {
      return { ...await signed(name), keys: { "a.asc": "broken" } };
    },
    want: /^InvalidKeys: unable to read armored key ring: /,
  },
  {
    name: "by a subkey",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { usage: "cert" });
      await addSubkey(name, "never");
      return { signature: await pgp.sign(PAYLOAD, name), keys: await trusted(name) };
    },
    want: "the key",
  },
  {
    name: "by a subkey that never agreed to be one",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { usage: "cert" });
      await addSubkey(name, "never");
      const signature = await pgp.sign(PAYLOAD, name);
      return {
        signature,
        keys: { "a.asc": await withoutBackSignature(await pgp.publicKey(name)) },
      };
    },
    want: /^InvalidSignature: .*Missing embedded signature/,
  },
  {
    name: "by a subkey that has expired",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { usage: "cert", time: PAST });
      await addSubkey(name, "1y", PAST);
      const signature = await pgp.sign(PAYLOAD, name, `--faked-system-time=${PAST}`);
      return { signature, keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*[Ss]ubkey is expired/,
  },
  {
    name: "by a subkey that was revoked afterwards",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { usage: "cert" });
      await addSubkey(name, "never");
      const signature = await pgp.sign(PAYLOAD, name);
      const commands = "key 1\nrevkey\ny\n1\n\ny\nsave\n";
      await pgp.gpg(["--command-fd=0", "--edit-key", `${name}@example.com`], commands);
      return { signature, keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*revoked/,
  },
  {
    name: "by a key that may not sign",
    async make(name) {
      const { signature } = await signed(name);
      const commands = "change-usage\ns\nq\nsave\n";
      await pgp.gpg(["--expert", "--command-fd=0", "--edit-key", `${name}@example.com`], commands);
      return { signature, keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*Could not find valid signing key packet/,
  },
  {
    name: "by a key that has expired since",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { time: PAST, expires: "1y" });
      const signature = await pgp.sign(PAYLOAD, name, `--faked-system-time=${PAST}`);
      return { signature, keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*expired/,
  },
  {
    name: "by a key that was revoked afterwards",
    async make(name) {
      const { signature } = await signed(name);
      await revoke(name);
      return { signature, keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*revoked/,
  },
  {
    name: "by a key whose life was prolonged since, of which only the new certificate is known",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { time: PAST, expires: "1y" });
      const signature = await pgp.sign(PAYLOAD, name, `--faked-system-time=${PAST}`);
      await pgp.gpg(["--quick-set-expire", await fingerprintOf(name), "5y"]);
      const minimal = ["--armor", "--export-options=export-minimal", "--export"];
      return { signature, keys: { "a.asc": await pgp.gpg([...minimal, `${name}@example.com`]) } };
    },
    want: "the key",
  },
  {
    name: "that has expired",
    async make(name) {
      await pgp.makeKey(name, "ed25519", { time: PAST });
      const args = [`--faked-system-time=${PAST}`, "--default-sig-expire=1d"];
      return { signature: await pgp.sign(PAYLOAD, name, ...args), keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*Signature is expired/,
  },
  {
    name: "from the future",
    make: (name) => signed(name, "--faked-system-time=20990101T000000"),
    want: /^InvalidSignature: .*in the future/,
  },
  {
    name: "over SHA-1",
    async make(name) {
      await pgp.makeKey(name, "rsa2048");
      return {
        signature: await pgp.sign(PAYLOAD, name, "--digest-algo=SHA1"),
        keys: await trusted(name),
      };
    },
    want: /^InvalidSignature: .*Insecure message hash algorithm: SHA1/,
  },
  {
    name: "over MD5",
    async make(name) {
      await pgp.makeKey(name, "rsa2048");
      const args = ["--digest-algo=MD5", "--allow-weak-digest-algos"];
      return { signature: await pgp.sign(PAYLOAD, name, ...args), keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*Insecure (message )?hash algorithm: MD5/,
  },
  {
    name: "by an RSA key that is too short",
    async make(name) {
      await pgp.makeKey(name, "rsa1024");
      return { signature: await pgp.sign(PAYLOAD, name), keys: await trusted(name) };
    },
    want: /^InvalidSignature: .*RSA keys shorter than 2047 bits/,
  },
  {
    name: "over text, whatever its line ends",
    make: (name) => signed(name, "--textmode"),
    want: /^InvalidSignature: .*of type 1, not over a binary document/,
  },
  ...[2, 0x10, 0x40].map((type) => ({
    name: `of type ${type}`,
    async make(name: string) {
      const { signature, keys } = await signed(name);
      const bytes = await dearmor(signature);
      // Version 4: tag, length, version, type.
      assert.deepEqual([...bytes.subarray(2, 4)], [4, 0]);
      bytes[3] = type;
      return { signature: armored(bytes), keys };
    },
    want: new RegExp(`^InvalidSignature: .*of type ${type}, not over a binary document`),
  })),
  {
    name: "by two keys, both trusted",
    async make(name) {
      await pgp.makeKey(`${name}-2`, "ed25519");
      const { signature, keys } = await signed(name, "--local-user", `${name}-2@example.com`);
      return { signature, keys: { ...keys, "b.asc": await pgp.publicKey(`${name}-2`) } };
    },
    want: /^InvalidSignature: .*it holds 2 signatures, not one/,
  },
  {
    name: "twice, one block behind the other",
    async make(name) {
      const { signature, keys } = await signed(name);
      return { signature: signature + signature, keys };
    },
    want: /^InvalidSignature: .*not one detached signature/,
  },
  {
    name: "with text behind it",
    async make(name) {
      const { signature, keys } = await signed(name);
      return { signature: `${signature}more\n`, keys };
    },
    want: /^InvalidSignature: .*not one detached signature/,
  },
  {
    name: "with a packet behind it",
    async make(name) {
      const { signature, keys } = await signed(name);
      const bytes = await dearmor(signature);
      // A user id packet.
      return { signature: armored(new Uint8Array([...bytes, 0xb4, 1, 0x61])), keys };
    },
    want: /^InvalidSignature: unable to read the signature: /,
  },
  {
    name: "that is cut off",
    async make(name) {
      const { signature, keys } = await signed(name);
      return { signature: armored((await dearmor(signature)).slice(0, -5)), keys };
    },
    want: /^InvalidSignature: /,
  },
  {
    name: "that claims a trusted issuer where nothing is signed",
    async make(name) {
      const { signature } = await signed(name);
      await pgp.makeKey(`${name}-victim`, "ed25519");
      const bytes = await dearmor(signature);
      const [own, victim] = [await pgp.keyId(name), await pgp.keyId(`${name}-victim`)];
      // The key id in the unhashed part is the last one in the packet.
      const hex = bytes.toHex().toUpperCase();
      const at = hex.lastIndexOf(own);
      assert.ok(at > 0);
      const patched = hex.slice(0, at) + victim + hex.slice(at + own.length);
      const keys = { "a.asc": await pgp.publicKey(`${name}-victim`) };
      return { signature: armored(Uint8Array.fromHex(patched)), keys };
    },
    want: /^(InvalidSignature|NoMatchingKey): /,
  },
  {
    name: "as a message of its own",
    async make(name) {
      const { keys } = await signed(name);
      const signature = await pgp.gpg(
        ["--armor", "--local-user", `${name}@example.com`, "--sign"],
        PAYLOAD,
      );
      return { signature, keys };
    },
    want: /^InvalidSignature: .*not one detached signature/,
  },
];

for (const [index, { name, make, want }] of pgpCases.entries()) {
  const end = want === "the key" ? "verifies" : "is refused";
  Deno.test({ name: `a gpg signature ${name} ${end}`, ignore: noGpg }, async () => {
    const key = `key${index}`;
    const { signature, keys } = await make(key);

    const got = await verifyNow(signature, keys);

    if (want === "the key") assert.equal(got, await pgp.keyId(key));
    else assert.match(got, want);
  });
}

async function trusted(name: string): Promise<Record<string, string>> {
  return { "a.asc": await pgp.publicKey(name) };
}

async function fingerprintOf(name: string): Promise<string> {
  const listed = await pgp.gpg(["--with-colons", "--list-keys", `${name}@example.com`]);
  return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? "";
}

async function addSubkey(name: string, expires: string, time?: string): Promise<void> {
  const faked = time === undefined ? [] : [`--faked-system-time=${time}`];
  await pgp.gpg([
    ...faked,
    "--quick-add-key",
    await fingerprintOf(name),
    "ed25519",
    "sign",
    expires,
  ]);
}

/** gpg leaves a certificate beside each key, with a colon in front so that nobody imports it by mistake. */
async function revoke(name: string): Promise<void> {
  const certificate = `${pgp.home}/openpgp-revocs.d/${await fingerprintOf(name)}.rev`;
  const text = await Deno.readTextFile(certificate);
  await pgp.gpg(["--import"], text.replace(/^:/m, ""));
}

async function withoutBackSignature(armoredKey: string): Promise<string> {
  const key = await openpgp.readKey({ armoredKey });
  const packets = key.toPacketList();
  for (const packet of packets) {
    if (packet instanceof openpgp.SignaturePacket && packet.embeddedSignature !== null) {
      packet.embeddedSignature = null;
      // gpg keeps it where nothing is signed, so it can be taken away without breaking the binding.
      const others: unknown = Reflect.get(packet, "unhashedSubpackets");
      assert.ok(Array.isArray(others));
      Reflect.set(packet, "unhashedSubpackets", others.filter(({ type }) => type !== 32));
    }
  }
  return openpgp.armor(openpgp.enums.armor.publicKey, packets.write());
}

async function dearmor(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const { packets } = await openpgp.readSignature({ armoredSignature: text });
  const [packet] = packets;
  assert.ok(packet);
  const body = text.replace(/^-----.*$|^=.*$/gm, "").replace(/\s/g, "");
  return Uint8Array.fromBase64(body);
}

function armored(bytes: Uint8Array): string {
  return `-----BEGIN PGP SIGNATURE-----\n\n${bytes.toBase64()}\n-----END PGP SIGNATURE-----\n`;
}
