import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Budget, defaultBudget, type FileTree } from "../../lib/base/mod.ts";
import { type Commit, type Credentials, openGit, type RefSpec } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { captureText } from "../../tools/process.ts";

const ignore = lacks("git", "install git");

Deno.test(
  { name: "fetchTree() gives every file as git itself checks it out", ignore },
  async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    await repo.commit({ files: generatedFiles(400) });
    // A second commit of small changes leaves deltas in the pack.
    await repo.commit({ files: { ...changedFiles(400), "bin/run.sh": "#!/bin/sh\n" } });
    await Deno.symlink("run.sh", `${repo.workFolder}/bin/link`);
    await repo.git("update-index", "--add", "--chmod=+x", "bin/run.sh");
    const id = await repo.commit({ message: "three\n\nbody" });
    await repo.git("-C", repo.bareFolder, "repack", "-adf", "--depth=50", "--window=50");
    const listed = await repo.git("ls-tree", "-r", "HEAD");

    const commit = await fetchRef(repo.url, { branch: "main" });

    assert.equal(commit.revision, `main@sha1:${id}`);
    assert.equal(commit.message, "three\n\nbody\n");
    assert.equal(commit.author.name, "Test Author");
    assert.equal(objectDigest("commit", commit.raw), id);
    assert.deepEqual(lsTree(commit.tree), listed.split("\n"));
  },
);

Deno.test({ name: "listRef() of an unchanged repository costs one request", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: { a: "1" } });
  await using client = openClient();
  await client.git.listRef(repo.url, { branch: "main" }, undefined, defaultBudget());
  server.requests.length = 0;

  const got = await client.git.listRef(repo.url, { branch: "main" }, undefined, defaultBudget());

  assert.ok(got.ok);
  assert.deepEqual(server.requests.map(({ method }) => method), ["POST"]);
});

Deno.test(
  { name: "listRef() finds the latest of equal versions without their files", ignore },
  async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    await repo.git("-C", repo.bareFolder, "config", "uploadpack.allowFilter", "true");
    await repo.commit({ files: generatedFiles(100) });
    await repo.tag("1.0.0+b", "greater by name");
    const later = await repo.commit({ files: { a: "1" } });
    await repo.tag("1.0.0+a");
    await using http = openHttp();
    const git = openGit({ http, pickTags: (tags) => ({ ok: true, value: tags }) });
    const ref = { semver: "1.x" };

    const first = await git.listRef(repo.url, ref, undefined, defaultBudget());
    const asked = server.requests.splice(0);
    const second = await git.listRef(repo.url, ref, undefined, defaultBudget());

    assert.ok(first.ok, first.ok ? "" : first.message);
    assert.equal(first.value.revision, `1.0.0+a@sha1:${later}`);
    assert.ok(asked.every(({ sizeBytes }) => sizeBytes < 2_000), "no tree was sent");
    assert.deepEqual(second, first);
    assert.equal(server.requests.length, 1);
  },
);

Deno.test({ name: "the client speaks protocol 0 to old servers", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: generatedFiles(20) });
  await repo.tag("v1", "annotated");
  // A server that does not know the header answers as if it were not there.
  await using http = openHttp({
    transport(request) {
      request.headers.delete("git-protocol");
      return fetch(request);
    },
  });
  const git = openGit({ http });
  const empty = await server.createRepository("empty");

  const ref = await git.listRef(repo.url, { tag: "v1" }, undefined, defaultBudget());
  assert.ok(ref.ok);
  const commit = await git.fetchTree(repo.url, ref.value, undefined, defaultBudget());
  const missing = await git.listRef(repo.url, { branch: "nope" }, undefined, defaultBudget());
  const nothing = await git.listRef(empty.url, { branch: "main" }, undefined, defaultBudget());

  assert.equal(commit.ok && commit.value.tree.size, 20);
  assert.equal(!missing.ok && missing.code, "RefNotFound");
  assert.equal(!nothing.ok && nothing.code, "EmptyRepository");
});

const refCases: { name: string; ref: (ids: Ids) => RefSpec; want: (ids: Ids) => string }[] = [
  { name: "a branch", ref: () => ({ branch: "main" }), want: ({ two }) => `main@sha1:${two}` },
  {
    name: "a branch with slashes",
    ref: () => ({ branch: "feat/x" }),
    want: ({ three }) => `feat/x@sha1:${three}`,
  },
  { name: "a plain tag", ref: () => ({ tag: "light" }), want: ({ one }) => `light@sha1:${one}` },
  {
    name: "an annotated tag, to its commit",
    ref: () => ({ tag: "v1.0.0" }),
    want: ({ one }) => `v1.0.0@sha1:${one}`,
  },
  {
    name: "a full name",
    ref: () => ({ name: "refs/heads/feat/x" }),
    want: ({ three }) => `refs/heads/feat/x@sha1:${three}`,
  },
  {
    name: "the full name of an annotated tag",
    ref: () => ({ name: "refs/tags/v1.0.0^{}" }),
    want: ({ one }) => `refs/tags/v1.0.0@sha1:${one}`,
  },
  { name: "a commit", ref: ({ one }) => ({ commit: one }), want: ({ one }) => `sha1:${one}` },
  {
    name: "a commit on a branch",
    ref: ({ one }) => ({ commit: one, branch: "main" }),
    want: ({ one }) => `main@sha1:${one}`,
  },
];

const anyCases: readonly (readonly [any: (ids: Ids) => string, want: (ids: Ids) => string])[] = [
  [() => "HEAD", ({ two }) => `HEAD@sha1:${two}`],
  [() => "main", ({ two }) => `main@sha1:${two}`],
  [() => "feat/x", ({ three }) => `feat/x@sha1:${three}`],
  [() => "heads/feat/x", ({ three }) => `feat/x@sha1:${three}`],
  [() => "refs/heads/main", ({ two }) => `main@sha1:${two}`],
  [() => "v1.0.0", ({ one }) => `v1.0.0@sha1:${one}`],
  // A tag goes before the branch of its name.
  [() => "both", ({ one }) => `both@sha1:${one}`],
  [({ one }) => one, ({ one }) => `sha1:${one}`],
];

interface Ids {
  readonly one: string;
  readonly two: string;
  readonly three: string;
}

Deno.test({ name: "listRef() and fetchTree() follow a ref in every form", ignore }, async (t) => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  const one = await repo.commit({ files: { a: "1" } });
  await repo.tag("light");
  await repo.tag("v1.0.0", "the first");
  await repo.tag("both");
  const two = await repo.commit({ files: { a: "2" } });
  const three = await repo.commit({ files: { a: "3" }, branch: "feat/x" });
  await repo.git("push", "--quiet", "origin", "refs/heads/feat/x:refs/heads/both");
  const ids = { one, two, three };

  for (const { name, ref, want } of refCases) {
    await t.step(name, async () => {
      const commit = await fetchRef(repo.url, ref(ids));

      assert.equal(commit.revision, want(ids));
      assert.equal(objectDigest("commit", commit.raw), commit.commit);
      if (ref(ids).tag === "v1.0.0") assert.match(text(commit.rawTag), /\n\nthe first\n$/);
    });
  }
  for (const [any, want] of anyCases) {
    await t.step(`any: ${any(ids)}`, async () => {
      const commit = await fetchRef(repo.url, { any: any(ids) });

      assert.equal(commit.revision, want(ids));
      // What git itself fetches by that name.
      await repo.git("fetch", "--quiet", "--depth=1", repo.bareFolder, any(ids));
      assert.equal(commit.commit, await repo.git("rev-parse", "FETCH_HEAD^{commit}"));
    });
  }
});

Deno.test({ name: "listRef() fails in the words of Flux", ignore }, async (t) => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: { a: "1" } });
  const empty = await server.createRepository("empty");
  const info = "info/refs?service=git-upload-pack";
  const cases: { url: string; ref?: RefSpec; mode?: GitServer["mode"]; want: [string, string] }[] =
    [
      {
        url: repo.url,
        ref: { branch: "nope" },
        want: ["RefNotFound", `couldn't find remote ref "refs/heads/nope"`],
      },
      {
        url: repo.url,
        ref: {},
        want: ["RefNotFound", `couldn't find remote ref "refs/heads/master"`],
      },
      {
        url: repo.url,
        ref: { any: "nope" },
        want: ["RefNotFound", `couldn't find remote ref "nope"`],
      },
      {
        url: repo.url,
        ref: { name: "refs/pull/8/head" },
        want: ["UnresolvedRef", "unable to resolve ref 'refs/pull/8/head' to a specific commit"],
      },
      { url: empty.url, want: ["EmptyRepository", "git repository is empty"] },
      {
        url: repo.url,
        mode: "unauthorized",
        want: ["Unauthorized", "authentication required: who are you?"],
      },
      {
        url: repo.url,
        mode: "broken",
        want: [
          "UnexpectedStatus",
          `unexpected client error: unexpected requesting "${repo.url}/${info}" status code: 500`,
        ],
      },
    ];

  for (const { url, ref, mode, want } of cases) {
    await t.step(want.join(": "), async () => {
      server.mode = mode ?? "serve";
      await using client = openClient();

      const got = await client.git.listRef(
        url,
        ref ?? { branch: "main" },
        undefined,
        defaultBudget(),
      );

      assert.deepEqual(!got.ok && [got.code, got.message], want);
    });
  }
  server.mode = "serve";

  await t.step("a missing repository", async () => {
    await using client = openClient();
    const url = `${server.url}/nope.git`;

    const got = await client.git.listRef(url, {}, undefined, defaultBudget());

    assert.equal(!got.ok && got.code, "RepositoryNotFound");
    assert.match(got.ok ? "" : got.message, /^repository not found: /);
  });

  await t.step("a server that is gone", async () => {
    const { url } = server;
    await server.stop();
    await using client = openClient();

    const got = await client.git.listRef(`${url}/app.git`, {}, undefined, defaultBudget());

    assert.equal(!got.ok && got.code, "Unreachable");
    const host = new URL(url).host;
    const want = `Get "${url}/app.git/${info}": dial tcp ${host}: connect: connection refused`;
    assert.equal(!got.ok && got.message, want);
  });
});

Deno.test({ name: "fetchTree() says which commit it cannot find", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: { a: "1" } });
  const commit = "0123456789".repeat(4);
  await using client = openClient();

  const ref = { commit, ref: "", revision: `sha1:${commit}` };
  const got = await client.git.fetchTree(repo.url, ref, undefined, defaultBudget());

  const want = `unable to resolve commit object for '${commit}': object not found`;
  assert.deepEqual(!got.ok && [got.code, got.message], ["UnknownCommit", want]);
});

Deno.test({ name: "fetchTree() logs in, and never shows the password", ignore }, async () => {
  const auth = { username: "me", password: "open-sesame" };
  await using server = await startGitServer({ auth });
  const repo = await server.createRepository("app");
  await repo.commit({ files: { a: "1" } });

  const commit = await fetchRef(repo.url, { branch: "main" }, auth);
  await using client = openClient();
  const wrong = { ...auth, password: "open-barley" };
  const inUrl = repo.url.replace("://", "://me:open-rice@");
  const refused = await client.git.listRef(repo.url, {}, wrong, defaultBudget());
  const refusedUrl = await client.git.listRef(inUrl, {}, undefined, defaultBudget());
  const allowedUrl = await client.git.listRef(
    repo.url.replace("://", "://me:open-sesame@"),
    { branch: "main" },
    undefined,
    defaultBudget(),
  );

  assert.equal(commit.tree.size, 1);
  assert.ok(allowedUrl.ok);
  for (const got of [refused, refusedUrl]) {
    assert.equal(!got.ok && got.code, "Unauthorized");
    assert.doesNotMatch(JSON.stringify(got), /open-/);
  }
});

Deno.test({
  name: "listRef() trusts the authority it was given, and no other",
  ignore: ignore || lacks("openssl", "install openssl"),
}, async () => {
  const tls = await makeCertificate();
  await using server = await startGitServer({ tls });
  const repo = await server.createRepository("app");
  await repo.commit({ files: { a: "1" } });
  await using client = openClient();
  const ref = { branch: "main" };

  const refused = await client.git.listRef(repo.url, ref, undefined, defaultBudget());
  const got = await client.git.listRef(repo.url, ref, { caCert: tls.cert }, defaultBudget());

  assert.equal(!refused.ok && refused.code, "Unreachable");
  assert.match(refused.ok ? "" : refused.message, /x509: certificate signed by unknown authority$/);
  assert.ok(got.ok, got.ok ? "" : got.message);
});

Deno.test({ name: "listRef() of a server that hangs ends with its budget", ignore }, async () => {
  await using server = await startGitServer();
  server.mode = "hang";
  await using client = openClient();
  const budget = { ...defaultBudget(), signal: AbortSignal.timeout(200) };

  const got = await client.git.listRef(`${server.url}/app.git`, {}, undefined, budget);

  assert.equal(!got.ok && got.code, "Timeout");
});

const smallBudgets: { name: string; budget: Partial<Budget> }[] = [
  { name: "bytes", budget: { bytes: 4_000 } },
  { name: "entries", budget: { entries: 20 } },
  { name: "depth", budget: { depth: 1 } },
];

for (const { name, budget } of smallBudgets) {
  Deno.test({ name: `fetchTree() stops when its budget of ${name} is spent`, ignore }, async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    await repo.commit({ files: { ...generatedFiles(30), "a/b/c/d": "deep" } });
    await using client = openClient();
    const ref = await client.git.listRef(repo.url, { branch: "main" }, undefined, defaultBudget());
    assert.ok(ref.ok);

    const small = { ...defaultBudget(), ...budget };
    const got = await client.git.fetchTree(repo.url, ref.value, undefined, small);

    assert.equal(!got.ok && got.code, "TooLarge");
  });
}

/** A certificate for loopback that vouches for itself. */
async function makeCertificate(): Promise<{ cert: string; key: string }> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-tls-" });
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const constraints = ["-addext", "basicConstraints=critical,CA:FALSE", "-days", "2"];
  const made = await captureText([
    ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "),
    ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
    ...subject,
    ...constraints,
  ]);
  assert.ok(made.ok, made.ok ? "" : made.message);
  const cert = await Deno.readTextFile(`${folder}/cert.pem`);
  const key = await Deno.readTextFile(`${folder}/key.pem`);
  await Deno.remove(folder, { recursive: true });
  return { cert, key };
}

function openClient() {
  const http = openHttp();
  return { git: openGit({ http }), [Symbol.asyncDispose]: () => http[Symbol.asyncDispose]() };
}

async function fetchRef(
  url: string,
  spec: RefSpec,
  login?: Credentials,
): Promise<Commit> {
  await using client = openClient();
  const ref = await client.git.listRef(url, spec, login, defaultBudget());
  assert.ok(ref.ok, ref.ok ? "" : ref.message);
  const commit = await client.git.fetchTree(url, ref.value, login, defaultBudget());
  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  return commit.value;
}

/** Files of the size and likeness of manifests. */
function generatedFiles(count: number): Record<string, string> {
  const files: Record<string, string> = {};
  for (let index = 0; index < count; index++) {
    const lines = Array.from(
      { length: 20 + index % 60 },
      (_, line) => `key${line}: ${index * line}`,
    );
    files[`apps/group${index % 7}/app${index}.yaml`] = lines.join("\n");
  }
  return files;
}

function changedFiles(count: number): Record<string, string> {
  const changed = Object.entries(generatedFiles(count)).filter((_, index) => index % 3 === 0);
  return Object.fromEntries(
    changed.map(([path, content]) => [path, `${content}\nchanged: true\n`]),
  );
}

/** The tree as `git ls-tree -r` prints it, ids computed from the contents. */
function lsTree(tree: FileTree): readonly string[] {
  return [...tree].map(([path, file]) =>
    `${file.mode} blob ${objectDigest("blob", file.read())}\t${path}`
  );
}

function objectDigest(type: string, content: Uint8Array): string {
  return createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
