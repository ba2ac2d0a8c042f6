import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { certify, makeSshTestKey, type TestCertificate } from "../testing/ssh_certificate.ts";
import { checkHostCertificate, parseHostCertificate } from "./host_certificate.ts";
import { parseKnownHosts } from "./known_hosts.ts";
import { sshString } from "./wire.ts";

const PLACE = { host: "git.example", port: 22 };
const NOW_MS = 1_700_000_000_999;
const NOW = 1_700_000_000n;
const MANY = Array.from({ length: 7 }, (_, index) => `h${index}`);

const cases: { name: string; says: TestCertificate; want?: string }[] = [
  { name: "a sound one", says: {} },
  { name: "its first second", says: { validity: [NOW, NOW + 1n] } },
  {
    name: "a second too early",
    says: { validity: [NOW + 1n, NOW + 9n] },
    want: "ssh: cert is not yet valid: it begins at 2023-11-14T22:13:21Z",
  },
  {
    name: "the second at which it is over",
    says: { validity: [0n, NOW] },
    want: "ssh: cert has expired at 2023-11-14T22:13:20Z",
  },
  {
    name: "a time that has no name",
    says: { validity: [2n ** 64n - 2n, 2n ** 64n - 1n] },
    want: "ssh: cert is not yet valid: it begins at 9999-12-31T23:59:59Z",
  },
  { name: "a pattern that fits", says: { principals: ["x", "*.exampl?"] } },
  {
    name: "patterns that do not fit",
    says: { principals: MANY },
    want:
      'ssh: principal "git.example" not in the set of valid principals for given certificate: ' +
      '["h0", "h1", "h2", "h3", "h4", …]',
  },
  {
    name: "a name with signs that change the screen",
    says: { principals: ["\x1b[2J"] },
    want:
      'ssh: principal "git.example" not in the set of valid principals for given certificate: ' +
      '["[2J"]',
  },
  {
    name: "no name",
    says: { principals: [] },
    want:
      'ssh: principal "git.example" not in the set of valid principals for given certificate: []',
  },
  {
    name: "a certificate of a user",
    says: { role: 1 },
    want: "ssh: certificate presented as a host key has type 1",
  },
  {
    name: "an option",
    says: { criticalOptions: ["verify-required"] },
    want: 'ssh: unsupported critical option "verify-required" in certificate',
  },
  { name: "an extension", says: { extensions: ["permit-pty"] } },
  {
    name: "a signature over something else",
    says: { isTampered: true },
    want: "ssh: certificate signature does not verify",
  },
];

for (const { name, says, want } of cases) {
  Deno.test(`checkHostCertificate() ${want === undefined ? "takes" : "refuses"} ${name}`, async () => {
    const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
    const certificate = parseHostCertificate(await certify(authority, key, says));
    const knownHosts = parseKnownHosts(`@cert-authority * ${authority.publicKey}`);
    assert.ok(certificate.ok && knownHosts.ok);

    const expected = { place: PLACE, knownHosts: knownHosts.value, nowMs: NOW_MS };
    const got = await checkHostCertificate(certificate.value, expected);

    assert.equal(got.ok ? undefined : got.message, want);
    assert.equal(got.ok ? undefined : got.code, want && "InvalidCertificate");
    assert.deepEqual(certificate.value.key, key.blob);
  });
}

const lines: {
  name: string;
  lines: (authority: string, key: string, certificate: string) => string;
  want: readonly [code: string, message: string];
}[] = [
  {
    name: "the authority for another host",
    lines: (authority) => `@cert-authority x.example ${authority}`,
    want: [
      "InvalidCertificate",
      "ssh: no authorities for hostname: the key that signed it is in no line",
    ],
  },
  {
    name: "the authority as a plain key",
    lines: (authority) => `git.example ${authority}`,
    want: [
      "InvalidCertificate",
      "ssh: no authorities for hostname: the key that signed it is in no line",
    ],
  },
  {
    name: "the authority as revoked",
    lines: (authority) => `@cert-authority * ${authority}\n@revoked * ${authority}`,
    want: ["HostKeyRejected", "knownhosts: the key that signed the certificate is revoked"],
  },
  {
    name: "the key as revoked",
    lines: (authority, key) => `@cert-authority * ${authority}\n@revoked * ${key}`,
    want: ["HostKeyRejected", "knownhosts: key is revoked"],
  },
  {
    name: "the certificate as revoked",
    lines: (authority, _key, certificate) =>
      `@cert-authority * ${authority}\n@revoked * ${certificate}`,
    want: ["HostKeyRejected", "knownhosts: key is revoked"],
  },
];

for (const { name, lines: write, want } of lines) {
  Deno.test(`checkHostCertificate() refuses where the lines have ${name}`, async () => {
    const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
    const blob = await certify(authority, key);
    const shown = `ssh-ed25519-cert-v01@openssh.com ${blob.toBase64()}`;
    const knownHosts = parseKnownHosts(write(authority.publicKey, key.publicKey, shown));
    const certificate = parseHostCertificate(blob);
    assert.ok(certificate.ok && knownHosts.ok);

    const expected = { place: PLACE, knownHosts: knownHosts.value, nowMs: NOW_MS };
    const got = await checkHostCertificate(certificate.value, expected);

    assert.deepEqual(!got.ok && [got.code, got.message], want);
  });
}

const HEAD = "ssh: the host's certificate cannot be read: ";
const unreadable: { name: string; blob: Uint8Array<ArrayBuffer>; want: string }[] = [
  {
    name: "a plain key",
    blob: joinBytes(sshString("ssh-ed25519"), sshString("x".repeat(32))),
    want: 'its type "ssh-ed25519" is not supported',
  },
  {
    name: "a certificate of DSA",
    blob: sshString("ssh-dss-cert-v01@openssh.com"),
    want: 'its type "ssh-dss-cert-v01@openssh.com" is not supported',
  },
  {
    name: "the name of how RSA signs",
    blob: sshString("rsa-sha2-512-cert-v01@openssh.com"),
    want: 'its type "rsa-sha2-512-cert-v01@openssh.com" is not supported',
  },
  {
    name: "a name alone",
    blob: sshString("ssh-ed25519-cert-v01@openssh.com"),
    want: "it is cut off",
  },
  { name: "nothing", blob: new Uint8Array(), want: "it is cut off" },
];

for (const { name, blob, want } of unreadable) {
  Deno.test(`parseHostCertificate() refuses ${name}`, () => {
    const got = parseHostCertificate(blob);

    assert.deepEqual(!got.ok && [got.code, got.message], ["InvalidCertificate", HEAD + want]);
  });
}

Deno.test("parseHostCertificate() reads 256 names and no more, and nothing behind the end", async () => {
  const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
  const named = (length: number) =>
    certify(authority, key, { principals: Array.from({ length }, () => "h") });

  assert.ok(parseHostCertificate(await named(256)).ok);
  const tooMany = parseHostCertificate(await named(257));
  assert.equal(!tooMany.ok && tooMany.message, `${HEAD}a list in it is too long`);
  const longer = parseHostCertificate(joinBytes(await named(1), "x"));
  assert.equal(!longer.ok && longer.message, `${HEAD}there are bytes behind its end`);
});

Deno.test("a certificate with one bit changed vouches no more", async () => {
  const [authority, key] = await Promise.all([makeSshTestKey(), makeSshTestKey()]);
  const blob = await certify(authority, key);
  const knownHosts = parseKnownHosts(`@cert-authority * ${authority.publicKey}`);
  assert.ok(knownHosts.ok);
  const expected = { place: PLACE, knownHosts: knownHosts.value, nowMs: NOW_MS };
  const bits = fc.integer({ min: 0, max: blob.length * 8 - 1 });

  await fc.assert(fc.asyncProperty(bits, async (bit) => {
    const changed = blob.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ 1 << (bit & 7);
    const certificate = parseHostCertificate(changed);
    if (!certificate.ok) return;
    const got = await checkHostCertificate(certificate.value, expected);
    assert.ok(!got.ok);
  }));
});
