/**
 * `lib/ssh` against certificates of the real ssh-keygen: those that vouch, and every way in which one may not.
 *
 * @module
 */
import assert from "node:assert/strict";
import { checkHostCertificate, parseHostCertificate } from "../../lib/ssh/host_certificate.ts";
import { parseKnownHosts } from "../../lib/ssh/mod.ts";
import { lacks } from "../support/requirements.ts";
import {
  type CertificateOptions,
  makeSshKey,
  signSshKey,
  type SshKey,
} from "../support/ssh_keys.ts";

const ignore = lacks("ssh-keygen", "install OpenSSH's client");
const NOW_MS = Date.UTC(2026, 5, 1);
const PRINCIPALS = ["x.example", "git.example"];
const SOUND: CertificateOptions = { principals: PRINCIPALS, validity: "20260101:20270101" };

interface Keys {
  readonly ed25519: SshKey;
  readonly ecdsa: SshKey;
  readonly rsa: SshKey;
  readonly stranger: SshKey;
}

interface Case {
  readonly name: string;
  /** What is signed; the ed25519 key when absent. */
  readonly key?: keyof Keys;
  /** Who signs; the ed25519 key when absent. */
  readonly authority?: keyof Keys;
  /** What else the certificate says. */
  readonly says?: CertificateOptions;
  /** Host that shows it. */
  readonly host?: string;
  /** Further lines. */
  readonly lines?: (keys: Keys) => string;
  /** What happens to it on the way. */
  readonly damage?: (blob: Uint8Array<ArrayBuffer>) => void;
  readonly want?: readonly [code: string, message: RegExp];
}

const cases: Case[] = [
  { name: "ed25519" },
  { name: "ecdsa", key: "ecdsa", authority: "ecdsa" },
  { name: "rsa", key: "rsa", authority: "rsa" },
  {
    name: "rsa with SHA-2 of 256 bits",
    authority: "rsa",
    says: { options: ["-t", "rsa-sha2-256"] },
  },
  { name: "a name in other letters", host: "Git.Example" },
  { name: "a pattern", says: { principals: ["*.example"] } },
  { name: "no end", says: { validity: "always:forever" } },
  { name: "an extension that nobody knows", says: { options: ["-O", "extension:x@y.example"] } },
  {
    name: "a signature of SHA-1",
    authority: "rsa",
    says: { options: ["-t", "ssh-rsa"] },
    want: ["InvalidCertificate", /does not verify: it is of type "ssh-rsa", only rsa-sha2-256/],
  },
  {
    name: "another authority",
    lines: () => "",
    authority: "stranger",
    want: ["InvalidCertificate", /no authorities for hostname/],
  },
  {
    name: "an authority for another port",
    authority: "stranger",
    lines: ({ stranger }) => `@cert-authority [git.example]:2222 ${stranger.publicKey}`,
    want: ["InvalidCertificate", /no authorities for hostname/],
  },
  {
    name: "another name",
    host: "evil.example",
    want: [
      "InvalidCertificate",
      /principal "evil\.example" not in the set of valid principals .*: \["x\.example", "git\.example"\]$/,
    ],
  },
  {
    name: "no name, which OpenSSH took for all names until 10.3",
    says: { principals: [] },
    want: ["InvalidCertificate", /principal "git\.example" not in .*: \[\]$/],
  },
  {
    name: "an end in the past",
    says: { validity: "20250101:20260101" },
    want: ["InvalidCertificate", /^ssh: cert has expired at 202[56]-/],
  },
  {
    name: "a beginning in the future",
    says: { validity: "20270101:20280101" },
    want: ["InvalidCertificate", /^ssh: cert is not yet valid: it begins at 202[67]-/],
  },
  {
    name: "users",
    says: { isForUsers: true },
    want: ["InvalidCertificate", /^ssh: certificate presented as a host key has type 1$/],
  },
  {
    name: "an option that must be understood",
    says: { options: ["-O", "critical:x@y.example=1"] },
    want: [
      "InvalidCertificate",
      /^ssh: unsupported critical option "x@y\.example" in certificate$/,
    ],
  },
  {
    name: "another nonce than was signed",
    damage: (blob) => blob[45] = (blob[45] ?? 0) ^ 1,
    want: ["InvalidCertificate", /^ssh: certificate signature does not verify$/],
  },
  {
    name: "a damaged signature",
    damage: (blob) => blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1,
    want: ["InvalidCertificate", /^ssh: certificate signature does not verify$/],
  },
  {
    name: "a revoked authority",
    authority: "rsa",
    lines: ({ rsa }) => `@revoked * ${rsa.publicKey}`,
    want: ["HostKeyRejected", /the key that signed the certificate is revoked$/],
  },
  {
    name: "a revoked key",
    key: "ecdsa",
    lines: ({ ecdsa }) => `@revoked * ${ecdsa.publicKey}`,
    want: ["HostKeyRejected", /^knownhosts: key is revoked$/],
  },
];

Deno.test({ name: "certificates of ssh-keygen vouch for a host, or not", ignore }, async (t) => {
  const [ed25519, ecdsa, rsa, stranger] = await Promise.all([
    makeSshKey(),
    makeSshKey({ type: "ecdsa", bits: 384 }),
    makeSshKey({ type: "rsa", bits: 2048 }),
    makeSshKey(),
  ]);
  const keys: Keys = { ed25519, ecdsa, rsa, stranger };
  const trusted = [ed25519, ecdsa, rsa]
    .map(({ publicKey }) => `@cert-authority *.example ${publicKey}\n`).join("");
  const made = await Promise.all(
    cases.map(({ key = "ed25519", authority = "ed25519", says }) =>
      signSshKey(keys[authority], keys[key].publicKey, { ...SOUND, ...says })
    ),
  );

  for (const [index, each] of cases.entries()) {
    const { name, key = "ed25519", host = "git.example", lines, damage, want } = each;
    await t.step(`${want === undefined ? "it vouches" : "it does not"}: ${name}`, async () => {
      const blob = blobOf(made[index] ?? "");
      damage?.(blob);
      const knownHosts = parseKnownHosts(trusted + (lines?.(keys) ?? ""));
      const certificate = parseHostCertificate(blob);
      assert.ok(knownHosts.ok && certificate.ok);

      const place = { host, port: 22 };
      const expected = { place, knownHosts: knownHosts.value, nowMs: NOW_MS };
      const got = await checkHostCertificate(certificate.value, expected);

      assert.equal(got.ok ? undefined : got.code, want?.[0], got.ok ? "" : got.message);
      if (want !== undefined) assert.match(got.ok ? "" : got.message, want[1]);
      assert.deepEqual(certificate.value.key, blobOf(keys[key].publicKey));
    });
  }
  await t.step("one that is cut off anywhere is no certificate", () => {
    const blob = blobOf(made[0] ?? "");
    for (let length = 0; length < blob.length; length++) {
      const got = parseHostCertificate(blob.slice(0, length));
      assert.equal(!got.ok && got.code, "InvalidCertificate", `${length} bytes`);
    }
  });
});

function blobOf(line: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(line.split(" ")[1] ?? "");
}
