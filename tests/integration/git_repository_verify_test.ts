/**
 * `spec.verify` of a GitRepository, with commits and tags that the real git has the real gpg and ssh-keygen
 * sign.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { listEntries } from "../support/archive.ts";
import { type TestNamespace, useTestCluster } from "../support/control_plane.ts";
import type { GitSigner, TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import {
  openPgpSigner,
  openSshSigner,
  type PgpSigner,
  type SshSigner,
} from "../support/signers.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const ignore = lacks("gpg", "install gnupg") ||
  lacks("ssh-keygen", "install OpenSSH's client");
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });
let git: GitServer;
let pgp: PgpSigner;
let ssh: SshSigner;
/** Ann is trusted: her OpenPGP key and her SSH key. Nobody knows Eve. */
let ann: { pgp: GitSigner; ssh: GitSigner; keyId: string; fingerprint: string };
let eve: GitSigner;

Deno.test.beforeAll(async () => {
  if (ignore) return;
  git = await startGitServer();
  pgp = await openPgpSigner();
  ssh = await openSshSigner();
  await pgp.makeKey("ann", "ed25519");
  await ssh.makeKey("ann", "-t", "ed25519");
  await ssh.makeKey("eve", "-t", "ed25519");
  ann = {
    pgp: await pgp.gitSigner("ann"),
    ssh: ssh.gitSigner("ann"),
    keyId: await pgp.keyId("ann"),
    fingerprint: await ssh.fingerprint("ann"),
  };
  eve = ssh.gitSigner("eve");
});
Deno.test.afterAll(async () => {
  if (ignore) return;
  await git?.[Symbol.asyncDispose]();
  await pgp?.[Symbol.asyncDispose]();
  await ssh?.[Symbol.asyncDispose]();
});

interface Source extends AsyncDisposable {
  readonly namespace: TestNamespace;
  readonly repository: TestRepository;
  /** Sets the spec, with Ann's keys unless it says otherwise. */
  respec(
    spec: Readonly<Record<string, unknown>>,
    annotations?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Has it look now, and waits. */
  look(expected: Expected): Promise<KubeObject>;
  until(expected: Expected): Promise<KubeObject>;
}

async function openSource(): Promise<Source> {
  const namespace = await cluster.openNamespace();
  const repository = await git.createRepository(`verify-${namespace.name}`);
  const ref = gitRepositoryRef(namespace.name, "app");
  await toolkit.apply({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: namespace.name, name: "keys" },
    stringData: { "ann.asc": await pgp.publicKey("ann"), "ann.sshpub": await ssh.publicKey("ann") },
  });
  const until = (expected: Expected) => toolkit.untilReady(ref, expected);
  return {
    namespace,
    repository,
    async respec(spec, annotations = {}) {
      const object = gitRepository(namespace.name, "app", { url: repository.url, ...spec });
      await toolkit.apply({ ...object, metadata: { ...object.metadata, annotations } });
    },
    until,
    async look(expected) {
      await toolkit.nudge(ref);
      return await until(expected);
    },
    async [Symbol.asyncDispose]() {
      await toolkit.cluster.remove(ref);
      await namespace[Symbol.asyncDispose]();
    },
  };
}

const verifying = (mode: string) => ({ verify: { mode, secretRef: { name: "keys" } } });
const RANGE = "sluice.dev/verify-range";

function verifiedOf(object: KubeObject): unknown {
  const conditions = fieldOf(object, "status", "conditions");
  assert.ok(Array.isArray(conditions));
  const found = conditions.find(({ type }) => type === "SourceVerified");
  return found && { status: found.status, reason: found.reason, message: found.message };
}

/** Files of the artifact that is served now. */
function servedFiles(object: KubeObject): Promise<readonly string[]> {
  return listEntries(String(fieldOf(object, "status", "artifact", "url")));
}

for (const format of ["pgp", "ssh"] as const) {
  Deno.test({ name: `only commits that Ann signed are served: ${format}`, ignore }, async () => {
    await using source = await openSource();
    const key = format === "pgp" ? ann.keyId : ann.fingerprint;
    const one = await source.repository.commit({ files: { one: "1" }, signer: ann[format] });
    await source.respec(verifying("HEAD"));
    const first = await source.until({ status: "True", commit: one });
    assert.deepEqual(verifiedOf(first), {
      status: "True",
      reason: "Succeeded",
      message: `verified signature of\n\t- commit '${one}' with key '${key}'`,
    });
    assert.equal(fieldOf(first, "status", "sourceVerificationMode"), "HEAD");

    for (const signer of [eve, undefined]) {
      const bad = await source.repository.commit({
        files: { bad: `${signer?.key}` },
        ...(signer && { signer }),
      });
      const refused = await source.look({
        status: "False",
        reason: "InvalidCommitSignature",
        message: `signature verification of commit '${bad}' failed: `,
      });
      assert.equal(fieldOf(refused, "status", "artifact", "revision"), `main@sha1:${one}`);
      assert.deepEqual(await servedFiles(refused), [".", "one"]);
    }

    const two = await source.repository.commit({ files: { two: "2" }, signer: ann[format] });
    const healed = await source.look({ status: "True", commit: two });
    assert.deepEqual(await servedFiles(healed), [".", "bad", "one", "two"]);
  });
}

Deno.test({ name: "going back to the good commit heals", ignore }, async () => {
  await using source = await openSource();
  const { repository } = source;
  const good = await repository.commit({ files: { one: "1" }, signer: ann.ssh });
  await source.respec(verifying("HEAD"));
  await source.until({ status: "True", commit: good });
  await repository.commit({ files: { two: "2" } });
  await source.look({ status: "False", reason: "InvalidCommitSignature" });

  await repository.git("push", "--quiet", "--force", "origin", `${good}:main`);

  const healed = await source.look({ status: "True", commit: good });
  assert.match(JSON.stringify(verifiedOf(healed)), /"status":"True"/);
});

Deno.test(
  { name: "verification that is asked for later holds for what is there", ignore },
  async () => {
    await using source = await openSource();
    const plain = await source.repository.commit({ files: { one: "1" } });
    await source.respec({});
    await source.until({ status: "True", commit: plain });

    await source.respec(verifying("HEAD"));
    const refused = await source.until({ status: "False", reason: "InvalidCommitSignature" });
    assert.equal(fieldOf(refused, "status", "sourceVerificationMode"), undefined);
    assert.deepEqual(await servedFiles(refused), [".", "one"]);

    await source.respec({});
    const accepted = await source.until({ status: "True", commit: plain });
    assert.equal(verifiedOf(accepted), undefined);
  },
);

Deno.test({ name: "tags verify as the mode says", ignore }, async () => {
  await using source = await openSource();
  const { repository } = source;
  const commit = await repository.commit({ files: { one: "1" } });
  await repository.tag("v1", "first", ann.pgp);
  await repository.tag("v2.0.0", "second", ann.ssh);
  await repository.tag("v3", "third");
  await repository.tag("v4");
  const id = (tag: string) => repository.git("rev-parse", tag);

  await source.respec({ ref: { tag: "v1" }, ...verifying("Tag") });
  const first = await source.until({ status: "True", commit });
  assert.deepEqual(verifiedOf(first), {
    status: "True",
    reason: "Succeeded",
    message: `verified signature of\n\t- tag 'v1@${await id("v1")}' with key '${ann.keyId}'`,
  });

  await source.respec({ ref: { semver: "2.x" }, ...verifying("Tag") });
  const second = await source.until({ status: "True", message: "v2.0.0@sha1" });
  assert.match(JSON.stringify(verifiedOf(second)), /with key 'SHA256:/);
  assert.equal(fieldOf(second, "status", "sourceVerificationMode"), "Tag");

  await source.respec({ ref: { name: "refs/tags/v2.0.0" }, ...verifying("TagAndHEAD") });
  await source.until({ status: "False", reason: "InvalidCommitSignature" });

  await source.respec({ ref: { tag: "v3" }, ...verifying("Tag") });
  const unsigned = `cannot verify signature of tag 'v3@${await id("v3")}' since it is not signed`;
  await source.until({ status: "False", reason: "InvalidGitObject", message: unsigned });
  await source.respec({ ref: { tag: "v4" }, ...verifying("Tag") });
  const light = "cannot verify signature of tag 'v4' since it is not signed";
  await source.until({ status: "False", reason: "InvalidGitObject", message: light });

  await source.respec({ ref: { branch: "main" }, ...verifying("Tag") });
  const stalled = await source.until({ status: "False", reason: "InvalidVerificationMode" });
  const conditions = fieldOf(stalled, "status", "conditions");
  assert.ok(Array.isArray(conditions));
  assert.equal(conditions[0]?.type, "Stalled");
  assert.equal(conditions[0]?.reason, "InvalidVerificationMode");

  const signed = await repository.commit({ files: { one: "2" }, signer: ann.ssh });
  await repository.tag("v5", "fifth", ann.pgp);
  await source.respec({ ref: { tag: "v5" }, ...verifying("TagAndHEAD") });
  const both = await source.until({ status: "True", commit: signed });
  assert.equal(fieldOf(both, "status", "sourceVerificationMode"), "TagAndHEAD");

  // A tag of a good commit served under the name of another.
  await repository.git("push", "--quiet", "--force", "origin", "v5:refs/tags/v6");
  await source.respec({ ref: { tag: "v6" }, ...verifying("Tag") });
  await source.until({
    status: "False",
    reason: "InvalidTagSignature",
    message: 'it was signed under the name "v5"',
  });
});

Deno.test(
  { name: "with verify-range every commit since the last verified one counts", ignore },
  async () => {
    await using source = await openSource();
    const { repository } = source;
    const one = await repository.commit({ files: { one: "1" }, signer: ann.ssh });
    await source.respec(verifying("HEAD"), { [RANGE]: "all" });
    await source.until({ status: "True", commit: one });

    const hidden = await repository.commit({ files: { two: "2" } });
    const covered = await repository.commit({ files: { three: "3" }, signer: ann.pgp });
    const refused = await source.look({
      status: "False",
      reason: "InvalidCommitSignature",
      message:
        `signature verification of commit '${hidden}' by Test Author <author@example.com> failed`,
    });
    assert.deepEqual(await servedFiles(refused), [".", "one"]);

    await source.respec(verifying("HEAD"));
    await source.until({ status: "True", commit: covered });

    await source.respec(verifying("HEAD"), { [RANGE]: "first-parent" });
    // The run that the annotation starts is over before there is anything new.
    await source.look({ status: "True", commit: covered });
    await repository.commit({ files: { side: "1" }, branch: "side" });
    await repository.commit({ files: { four: "4" }, signer: ann.ssh });
    const settings = ["-c", "gpg.format=ssh", "-c", `user.signingkey=${ann.ssh.key}`];
    await repository.git(...settings, "merge", "--quiet", "--no-ff", "-S", "--message=m", "side");
    const merged = await repository.commit({ files: { five: "5" }, signer: ann.ssh });
    const verified = await source.look({ status: "True", commit: merged });
    assert.match(JSON.stringify(verifiedOf(verified)), /3 commits since/);
  },
);

Deno.test({ name: "a verify-range that means nothing is refused by name", ignore }, async () => {
  await using source = await openSource();
  await source.repository.commit({ files: { one: "1" }, signer: ann.ssh });

  await source.respec(verifying("HEAD"), { [RANGE]: "some" });
  await source.until({
    status: "False",
    reason: "InvalidAnnotation",
    message: 'is "some": use all or first-parent',
  });
  await source.respec({}, { [RANGE]: "all" });
  await source.until({
    status: "False",
    reason: "InvalidAnnotation",
    message: "needs spec.verify",
  });
  await source.respec({});
  await source.until({ status: "True" });
});
