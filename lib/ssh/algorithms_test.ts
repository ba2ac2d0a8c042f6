import assert from "node:assert/strict";
import { Duplex } from "node:stream";
// @ts-types="./ssh2.d.ts"
import ssh2 from "ssh2";
import {
  algorithmsFor,
  checkAlgorithms,
  HOST_KEY_ALGORITHMS,
  KEX_ALGORITHMS,
} from "./algorithms.ts";

Deno.test("algorithmsFor() asks first for the keys that are known", () => {
  const { serverHostKey = [] } = algorithmsFor({}, new Set(["ssh-rsa"]));

  assert.deepEqual(serverHostKey.slice(0, 3), ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
  assert.deepEqual(serverHostKey.toSorted(), HOST_KEY_ALGORITHMS.toSorted());
});

Deno.test("algorithmsFor() offers what the user wants, and no more", () => {
  const choice = { kex: ["ecdh-sha2-nistp256"], hostKey: ["rsa-sha2-256"] };
  const { kex, serverHostKey } = algorithmsFor(choice, new Set(["ssh-ed25519"]));

  assert.deepEqual(kex, ["ecdh-sha2-nistp256"]);
  assert.deepEqual(serverHostKey, ["rsa-sha2-256"]);
});

Deno.test("algorithmsFor() offers nothing that rests on SHA-1 or that Terrapin can cut", () => {
  const offered = Object.values(algorithmsFor({}, new Set())).flat();

  assert.deepEqual(
    offered.filter((name) => /sha1|chacha20|cbc|^ssh-rsa$|md5|group1-/.test(name)),
    [],
  );
});

const choices = [
  { name: "the defaults", choice: { kex: KEX_ALGORITHMS, hostKey: HOST_KEY_ALGORITHMS }, ok: true },
  { name: "nothing", choice: {}, ok: true },
  { name: "SHA-1 for keys", choice: { hostKey: ["ssh-rsa"] }, ok: false },
  { name: "SHA-1 for the exchange", choice: { kex: ["diffie-hellman-group14-sha1"] }, ok: false },
  { name: "an exchange for a key", choice: { hostKey: ["curve25519-sha256"] }, ok: false },
];

for (const { name, choice, ok } of choices) {
  Deno.test(`checkAlgorithms() ${ok ? "takes" : "refuses"} ${name}`, () => {
    assert.equal(checkAlgorithms(choice).ok, ok);
  });
}

// Once the library knows them, our own key exchange for them can go (key_exchange.ts).
Deno.test("the SSH library takes no host certificates", () => {
  const serverHostKey = ["ssh-ed25519-cert-v01@openssh.com"];

  assert.throws(
    () =>
      new ssh2.Client().connect({
        sock: new Duplex(),
        username: "git",
        readyTimeout: 0,
        algorithms: { serverHostKey },
        hostVerifier: () => false,
        authHandler: () => false,
      }),
    /Unsupported algorithm: ssh-ed25519-cert-v01@openssh\.com/,
  );
});
