import assert from "node:assert/strict";
import { joinBytes } from "../base/mod.ts";
import { certify, makeSshTestKey } from "../testing/ssh_certificate.ts";
import { connectTestHost, type TestHost } from "../testing/ssh_host.ts";
import { algorithmsFor } from "./algorithms.ts";
import { askForCertificate, withCertificates } from "./key_exchange.ts";
import { parseSshKey } from "./public_key.ts";
import { sshString } from "./wire.ts";

const PLACE = { host: "git.example", port: 22 };
const OFFER = withCertificates(algorithmsFor({}, new Set()));
const BROKEN = "ssh: handshake failed: git.example:22 breaks the protocol";
const CLOSED = "ssh: handshake failed: git.example:22 closed the connection";

Deno.test("withCertificates() asks for certificates first, and in key exchanges that are known", () => {
  const choice = { kex: ["diffie-hellman-group14-sha256", "ecdh-sha2-nistp256"] };
  const offer = withCertificates(
    algorithmsFor({ ...choice, hostKey: ["rsa-sha2-512"] }, new Set()),
  );

  assert.deepEqual(offer.kex, ["ecdh-sha2-nistp256"]);
  assert.deepEqual(offer.serverHostKey, ["rsa-sha2-512-cert-v01@openssh.com", "rsa-sha2-512"]);
});

const exchanges = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
];

for (const kex of exchanges) {
  Deno.test(`askForCertificate() and a server agree by ${kex}`, async () => {
    const { host, key } = await makeHost({ kex: ["diffie-hellman-group14-sha1", kex] });

    const got = await ask(host);

    assert.ok(got.ok, got.ok ? "" : got.message);
    assert.deepEqual(got.value.certificate, host.certificate);
    assert.equal(got.value.algorithm, "ssh-ed25519");
    const known = await parseSshKey(key.blob);
    assert.ok(await known.verify(got.value.signature, got.value.hash), "both made the same hash");
  });
}

const [NAME, INIT, ANSWER] = [0, 20, 31];
const zeros = (count: number) => new Uint8Array(count);

const cases: {
  name: string;
  host?: Partial<TestHost>;
  /** Changes one message. */
  changes?: readonly [number, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array];
  want: readonly [code: string, message: string] | undefined;
}[] = [
  {
    name: "says something before its name",
    changes: [NAME, (bytes) => joinBytes("hello\r\nSSHello\n", bytes)],
    want: undefined,
  },
  {
    name: "ends its lines as Unix does",
    changes: [NAME, () => joinBytes("SSH-2.0-test\n")],
    want: undefined,
  },
  {
    name: "has no certificates",
    host: { serverHostKey: ["ssh-ed25519"] },
    want: ["NoCertificate", "it shows no certificate"],
  },
  {
    name: "has no key of ours",
    host: { serverHostKey: ["ssh-dss"] },
    want: ["NoCertificate", "it shows no certificate"],
  },
  {
    name: "exchanges keys in no way of ours",
    host: { kex: ["diffie-hellman-group14-sha256"] },
    want: ["NoCertificate", "no key exchange is known in which it could show one"],
  },
  {
    name: "speaks SSH 1",
    changes: [NAME, () => joinBytes("SSH-1.5-x\r\n")],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "has a name without end",
    changes: [NAME, () => joinBytes(`SSH-2.0-${"x".repeat(9_000)}`)],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "has a name that is not ASCII, so that two would hash it differently",
    changes: [NAME, () => joinBytes("SSH-2.0-t\u00e9st\r\n")],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "has a name that is too long",
    changes: [NAME, () => joinBytes(`SSH-2.0-${"x".repeat(250)}\r\n`)],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "says lines without end",
    changes: [NAME, () => joinBytes("hello\r\n".repeat(2_000))],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "says goodbye",
    changes: [INIT, () => joinBytes(Uint8Array.of(1, 0, 0, 0, 2), sshString("no"), sshString(""))],
    want: ["Unreachable", CLOSED],
  },
  {
    name: "begins with another message",
    changes: [INIT, () => Uint8Array.of(21)],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "cuts its lists off",
    changes: [INIT, (bytes) => bytes.subarray(0, 30)],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "cuts its answer off",
    changes: [ANSWER, (bytes) => bytes.subarray(0, bytes.length - 1)],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "adds to its answer",
    changes: [ANSWER, (bytes) => joinBytes(bytes, "x")],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "gives half of a secret that anybody knows",
    changes: [ANSWER, () => joinBytes(Uint8Array.of(31), ...["c", zeros(32), "s"].map(sshString))],
    want: ["Unreachable", BROKEN],
  },
  {
    name: "gives a half of another length",
    changes: [ANSWER, () => joinBytes(Uint8Array.of(31), ...["c", zeros(31), "s"].map(sshString))],
    want: ["Unreachable", BROKEN],
  },
];

for (const { name, host: made, changes, want } of cases) {
  Deno.test(`askForCertificate() of a server that ${name} ${want ? "fails" : "succeeds"}`, async () => {
    const changed: TestHost["change"] = (number, bytes) =>
      number === changes?.[0] ? changes[1](bytes) : bytes;
    const { host } = await makeHost({ ...made, change: changed });

    const got = await ask(host);

    assert.deepEqual(got.ok ? undefined : [got.code, got.message], want);
  });
}

Deno.test("askForCertificate() is called off while the server says nothing", async () => {
  const { host } = await makeHost({ change: (number, bytes) => number === 0 ? zeros(0) : bytes });
  const off = new AbortController();
  const asked = ask(host, off.signal);

  off.abort();

  const got = await asked;
  assert.deepEqual(!got.ok && [got.code, got.message], [
    "Timeout",
    "ssh: log in to git.example:22: context deadline exceeded",
  ]);
});

async function makeHost(host: Partial<TestHost>) {
  const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
  const certificate = await certify(authority, key);
  return { key, host: { certificate, sign: key.sign, ...host } };
}

async function ask(host: TestHost, signal = new AbortController().signal) {
  const stream = connectTestHost(host);
  const got = await askForCertificate(stream, PLACE, { offer: OFFER, signal });
  stream.destroy();
  return got;
}
