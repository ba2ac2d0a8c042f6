/**
 * What `lib/crypt` signs, judged by the real gpg and ssh-keygen.
 *
 * @module
 */
import assert from "node:assert/strict";
import { readPgpSigner, readSshSigner } from "../../lib/crypt/mod.ts";
import { lacks } from "../support/requirements.ts";
import { OTHER, PAYLOAD } from "../support/signatures.ts";
import { openPgpSigner, openSshSigner } from "../support/signers.ts";

const SECRET = "the passphrase of the key";

Deno.test(
  { name: "gpg accepts our signatures", ignore: lacks("gpg", "install gnupg") },
  async (t) => {
    await using pgp = await openPgpSigner();

    /** The private key, protected by `passphrase` or not. */
    async function exportKey(name: string, passphrase = ""): Promise<string> {
      const args = [`--passphrase=${passphrase}`, "--armor", "--export-secret-keys"];
      return await pgp.gpg([...args, `${name}@example.com`]);
    }

    for (const algorithm of ["ed25519", "rsa3072", "nistp384"]) {
      await t.step(`by a key of ${algorithm}`, async () => {
        await pgp.makeKey(algorithm, algorithm);
        const signer = await readPgpSigner(await exportKey(algorithm));
        assert.ok(signer.ok, signer.ok ? "" : signer.message);
        const signed = await signer.value(PAYLOAD);
        assert.ok(signed.ok, signed.ok ? "" : signed.message);

        await Deno.writeTextFile(`${pgp.home}/signature`, signed.value);
        await pgp.gpg(["--verify", `${pgp.home}/signature`, "-"], PAYLOAD);
        await assert.rejects(pgp.gpg(["--verify", `${pgp.home}/signature`, "-"], OTHER), /BAD/);
      });
    }

    await t.step("by a subkey, behind a passphrase", async () => {
      const who = "sub <sub@example.com>";
      await pgp.gpg([`--passphrase=${SECRET}`, "--quick-gen-key", who, "ed25519", "cert", "never"]);
      const listed = await pgp.gpg(["--with-colons", "--list-keys", "sub@example.com"]);
      const fingerprint = /^fpr:*([0-9A-F]{40}):/m.exec(listed)?.[1] ?? "";
      const add = ["--quick-add-key", fingerprint, "ed25519", "sign", "never"];
      await pgp.gpg([`--passphrase=${SECRET}`, ...add]);
      const armored = await exportKey("sub", SECRET);
      const signer = await readPgpSigner(armored, SECRET);
      assert.ok(signer.ok, signer.ok ? "" : signer.message);
      const signed = await signer.value(PAYLOAD);
      assert.ok(signed.ok, signed.ok ? "" : signed.message);

      await Deno.writeTextFile(`${pgp.home}/signature`, signed.value);
      await pgp.gpg(["--verify", `${pgp.home}/signature`, "-"], PAYLOAD);

      assert.deepEqual(
        await saidOf(readPgpSigner(armored, "wrong")),
        "the passphrase does not open it",
      );
      assert.deepEqual(
        await saidOf(readPgpSigner(armored)),
        "it has a passphrase, which the Secret lacks",
      );
    });

    await t.step("keys that cannot sign are refused", async () => {
      await pgp.makeKey("certifier", "ed25519", { usage: "cert" });
      const both = `${await exportKey("ed25519")}\n${await exportKey("rsa3072")}`;
      const several = "it holds several keys, and which one is to sign is not said";
      assert.equal(await saidOf(readPgpSigner(both)), several);
      const publicKey = await pgp.publicKey("ed25519");
      const noBlock = "there is no armored PGP private key block";
      assert.equal(await saidOf(readPgpSigner(publicKey)), noBlock);
      const certifier = await saidOf(readPgpSigner(await exportKey("certifier")));
      assert.match(certifier, /signing key/);
    });
  },
);

async function saidOf(read: ReturnType<typeof readPgpSigner>): Promise<string> {
  const got = await read;
  assert.equal(!got.ok && got.code, "InvalidKeys");
  return got.ok ? "" : got.message.replace("unable to read the signing key: ", "");
}

const sshKeys: readonly (readonly [string, ...string[]])[] = [
  ["ed25519", "-t", "ed25519"],
  ["ecdsa256", "-t", "ecdsa", "-b", "256"],
  ["ecdsa384", "-t", "ecdsa", "-b", "384"],
  ["ecdsa521", "-t", "ecdsa", "-b", "521"],
  ["rsa", "-t", "rsa", "-b", "3072"],
];
const noSsh = lacks("ssh-keygen", "install OpenSSH's client");

Deno.test({ name: "ssh-keygen accepts our signatures", ignore: noSsh }, async (t) => {
  await using ssh = await openSshSigner();
  for (const [name, ...args] of sshKeys) {
    await t.step(`by a key of ${name}`, async () => {
      await ssh.makeKey(name, ...args);
      const signer = await readSshSigner(await Deno.readTextFile(`${ssh.folder}/${name}`));
      assert.ok(signer.ok, signer.ok ? "" : signer.message);

      // ECDSA's two numbers are shorter now and then; more than one signature meets that.
      for (let count = 0; count < 8; count++) {
        const signed = await signer.value(PAYLOAD);
        assert.ok(signed.ok, signed.ok ? "" : signed.message);
        assert.ok(await ssh.accepts(PAYLOAD, signed.value, await ssh.publicKey(name)));
        if (count > 0) continue;
        assert.ok(!await ssh.accepts(OTHER, signed.value, await ssh.publicKey(name)));
      }
    });
  }

  await t.step("by a key behind a passphrase", async () => {
    await ssh.run("-q", "-t", "ed25519", "-N", SECRET, "-f", "locked");
    const pem = await Deno.readTextFile(`${ssh.folder}/locked`);
    const signer = await readSshSigner(pem, SECRET);
    assert.ok(signer.ok, signer.ok ? "" : signer.message);
    const signed = await signer.value(PAYLOAD);
    assert.ok(signed.ok && await ssh.accepts(PAYLOAD, signed.value, await ssh.publicKey("locked")));
    const wrong = await readSshSigner(pem, "wrong");
    assert.equal(!wrong.ok && wrong.message, "x509: decryption password incorrect");
  });
});
