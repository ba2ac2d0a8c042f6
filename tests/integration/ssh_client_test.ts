/**
 * The git client over SSH, against OpenSSH's sshd and git's own upload-pack.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { hashKnownHosts, type SshKeyOptions } from "../support/ssh_keys.ts";
import { fetchBranch, limited, listing, MAIN, openSshScene } from "../support/ssh_scene.ts";

const ignore = lacks("git", "install git") || lacks("sshd", "install openssh-server");

Deno.test({ name: "a commit over SSH is the commit over HTTP", ignore }, async () => {
  await using scene = await openSshScene();
  await using web = await startGitServer();
  const { git, repo, login } = scene;
  await repo.commit({
    files: { "deploy/b.yaml": "b: 1\n".repeat(5_000), "bin/run": "#!/bin/sh\n" },
  });
  const id = await repo.commit({ files: { "deploy/b.yaml": "b: 2\n".repeat(5_000) } });
  const url = await web.serveRepository("app", repo.bareFolder);

  const [one, two] = await Promise.all([
    fetchBranch(git, repo.url, login),
    fetchBranch(git, url, undefined),
  ]);

  assert.equal(one.revision, `main@sha1:${id}`);
  assert.deepEqual(listing(one), listing(two));
  assert.equal(listing(one).length, 3);
});

const keys: { name: string; key: SshKeyOptions }[] = [
  { name: "ed25519", key: {} },
  { name: "ed25519 with a passphrase", key: { passphrase: "open sesame" } },
  { name: "ecdsa of 256 bits", key: { type: "ecdsa" } },
  {
    name: "ecdsa of 521 bits, in PEM, with a passphrase",
    key: { type: "ecdsa", bits: 521, form: "PEM", passphrase: "sesame" },
  },
  { name: "ecdsa of 384 bits, in PKCS #8", key: { type: "ecdsa", bits: 384, form: "PKCS8" } },
  { name: "rsa", key: { type: "rsa", bits: 3072 } },
  { name: "rsa in PEM", key: { type: "rsa", bits: 2048, form: "PEM" } },
  { name: "rsa in PKCS #8", key: { type: "rsa", bits: 2048, form: "PKCS8" } },
  { name: "rsa with a passphrase", key: { type: "rsa", bits: 2048, passphrase: "sesame" } },
];

for (const { name, key } of keys) {
  Deno.test({ name: `a key of type ${name} lets in`, ignore }, async () => {
    await using scene = await openSshScene({ key });

    const got = await scene.git.listRef(scene.repo.url, MAIN, scene.login, limited(30_000));

    assert.ok(got.ok, got.ok ? "" : got.message);
  });
}

Deno.test(
  { name: "an ed25519 key in PKCS #8, as OpenSSL writes it, lets in", ignore },
  async () => {
    await using scene = await openSshScene();
    const { generateKeyPairSync } = await import("node:crypto");
    const pair = generateKeyPairSync("ed25519");
    const identity = String(pair.privateKey.export({ format: "pem", type: "pkcs8" }));
    const { x = "" } = pair.publicKey.export({ format: "jwk" });
    const point = Uint8Array.fromBase64(x, { alphabet: "base64url" });
    const head = [0, 0, 0, 11, ...new TextEncoder().encode("ssh-ed25519"), 0, 0, 0, 32];
    const publicKey = `ssh-ed25519 ${new Uint8Array([...head, ...point]).toBase64()}`;
    await scene.server.allow({ identity, publicKey });

    const login = { ...scene.login, identity };
    const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

    assert.ok(got.ok, got.ok ? "" : got.message);
  },
);

const hostKeys: { name: string; hostKeys: SshKeyOptions[]; code: string | undefined }[] = [
  { name: "ed25519", hostKeys: [{}], code: undefined },
  { name: "ecdsa", hostKeys: [{ type: "ecdsa", bits: 521 }], code: undefined },
  { name: "rsa of 4096 bits", hostKeys: [{ type: "rsa", bits: 4096 }], code: undefined },
  { name: "rsa of 1024 bits", hostKeys: [{ type: "rsa", bits: 1024 }], code: "WeakKey" },
];

for (const { name, hostKeys: made, code } of hostKeys) {
  const ending = code === undefined ? "is accepted" : "is refused";
  Deno.test({ name: `a host key of type ${name} ${ending}`, ignore }, async () => {
    const config = ["RequiredRSASize 1024"];
    await using scene = await openSshScene({ server: { hostKeys: made, config } });

    const got = await scene.git.listRef(scene.repo.url, MAIN, scene.login, limited(30_000));

    assert.equal(got.ok ? undefined : got.code, code);
  });
}

Deno.test(
  { name: "a host with several keys is asked for the one that is known", ignore },
  async () => {
    const hostKeys = [{}, { type: "ecdsa" as const }, { type: "rsa" as const, bits: 2048 }];
    await using scene = await openSshScene({ server: { hostKeys } });

    for (const line of scene.server.knownHosts.trim().split("\n")) {
      const login = { ...scene.login, knownHosts: line };
      const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

      assert.ok(got.ok, `${line}: ${got.ok ? "" : got.message}`);
    }
  },
);

Deno.test({ name: "hashed names are recognized", ignore }, async () => {
  await using scene = await openSshScene();
  const knownHosts = await hashKnownHosts(scene.server.knownHosts);
  assert.match(knownHosts, /^\|1\|/);

  const login = { ...scene.login, knownHosts };
  const got = await scene.git.listRef(scene.repo.url, MAIN, login, limited(30_000));

  assert.ok(got.ok, got.ok ? "" : got.message);
});

Deno.test({ name: "a server that takes no variables speaks protocol 0", ignore }, async () => {
  await using scene = await openSshScene({ server: { allowsProtocol: false } });
  const { git, repo, login } = scene;
  const id = await repo.commit({ files: { "b.yaml": "b: 1\n" } });
  await repo.tag("v1", "annotated");
  const empty = await scene.server.createRepository("empty");

  const commit = await fetchBranch(git, repo.url, login);
  const tag = await git.listRef(repo.url, { tag: "v1" }, login, limited(30_000));
  const missing = await git.listRef(repo.url, { branch: "nope" }, login, limited(30_000));
  const nothing = await git.listRef(empty.url, MAIN, login, limited(30_000));

  assert.equal(commit.revision, `main@sha1:${id}`);
  assert.deepEqual(listing(commit), ["a.yaml a: 1\n", "b.yaml b: 1\n"]);
  assert.equal(tag.ok && tag.value.revision, `v1@sha1:${id}`);
  assert.equal(!missing.ok && missing.code, "RefNotFound");
  assert.equal(!nothing.ok && nothing.code, "EmptyRepository");
});

Deno.test({
  name: "repositories named by SHA-256 are fetched over SSH, by either protocol",
  ignore,
}, async (t) => {
  for (const allowsProtocol of [true, false]) {
    await t.step(allowsProtocol ? "protocol 2" : "protocol 0", async () => {
      await using scene = await openSshScene({ server: { allowsProtocol } });
      const repo = await scene.server.createRepository("long", "sha256");
      await repo.commit({ files: { "a.yaml": "a: 1\n" } });
      const id = await repo.commit({ files: { "a.yaml": "a: 2\n" } });

      const commit = await fetchBranch(scene.git, repo.url, scene.login);

      assert.equal(commit.revision, `main@sha256:${id}`);
      assert.deepEqual(listing(commit), ["a.yaml a: 2\n"]);
    });
  }
});

Deno.test({ name: "whatever a path holds, the server's shell sees one word", ignore }, async () => {
  await using scene = await openSshScene();
  const names = ["a'b; id", "$(id)", "a b!c", "`id`", '"quoted"', "-flag"];

  for (const name of names) {
    const repo = await scene.server.createRepository(name);
    const id = await repo.commit({ files: { a: "1" } });
    await scene.server.takeCommands();
    const got = await scene.git.listRef(repo.url, MAIN, scene.login, limited(30_000));
    const [command = ""] = await scene.server.takeCommands();

    assert.equal(got.ok && got.value.commit, id, got.ok ? "" : got.message);
    assert.match(command, /^git-upload-pack '/);
  }
});
