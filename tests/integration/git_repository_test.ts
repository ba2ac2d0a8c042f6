/**
 * The fields of a GitRepository, and its life from creation to deletion, with real servers on both sides.
 *
 * @module
 */
import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { configMapYaml, pause } from "../support/app.ts";
import { type TestNamespace, useTestCluster } from "../support/control_plane.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git?.stop());

interface Source extends AsyncDisposable {
  readonly namespace: TestNamespace;
  readonly ref: ObjectRef;
  readonly repository: TestRepository;
  readonly first: string;
  respec(spec: Readonly<Record<string, unknown>>): Promise<void>;
}

/** A repository with one commit and the GitRepository that follows it. */
async function openSource(
  files: Readonly<Record<string, string>>,
  spec: Readonly<Record<string, unknown>> = {},
): Promise<Source> {
  const namespace = await cluster.openNamespace();
  const repository = await git.createRepository(`src-${namespace.name}`);
  const first = await repository.commit({ files });
  const respec = (spec: Readonly<Record<string, unknown>>) =>
    toolkit.apply(gitRepository(namespace.name, "app", { url: repository.url, ...spec }));
  await respec(spec);
  return {
    namespace,
    ref: gitRepositoryRef(namespace.name, "app"),
    repository,
    first,
    respec,
    async [Symbol.asyncDispose]() {
      await toolkit.cluster.remove(gitRepositoryRef(namespace.name, "app"));
      await namespace[Symbol.asyncDispose]();
    },
  };
}

/** What the artifact's URL answers: status and the paths of the files in it. */
async function download(source: KubeObject): Promise<{ status: number; paths: string[] }> {
  const answer = await fetch(String(fieldOf(source, "status", "artifact", "url")));
  const bytes = await answer.bytes();
  if (answer.status !== 200) return { status: answer.status, paths: [] };
  const tar = gunzipSync(bytes);
  const paths: string[] = [];
  // POSIX ustar: a block of 512 bytes with name, size and type, then the file in whole blocks.
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const text = (from: number, length: number) =>
      new TextDecoder().decode(tar.subarray(at + from, at + from + length)).replace(/\0.*$/s, "");
    if (text(156, 1) !== "5") paths.push(text(0, 100));
    at += 512 + Math.ceil(Number.parseInt(text(124, 12), 8) / 512) * 512;
  }
  return { status: answer.status, paths: paths.toSorted() };
}

const TREE = {
  "deploy/a.yaml": configMapYaml("a", "one"),
  "deploy/notes.txt": "notes\n",
  "docs/index.md": "# docs\n",
  "logo.png": "not really",
};

Deno.test("the artifact is the commit, named by branch and hash", async () => {
  await using source = await openSource(TREE);

  const ready = await toolkit.untilReady(source.ref, { status: "True", reason: "Succeeded" });

  const revision = `main@sha1:${source.first}`;
  assert.equal(readinessOf(ready)?.message, `stored artifact for revision '${revision}'`);
  const artifact = fieldOf(ready, "status", "artifact");
  assert.equal(fieldOf(artifact, "revision"), revision);
  assert.match(String(fieldOf(artifact, "digest")), /^sha256:[0-9a-f]{64}$/);
  assert.equal(
    fieldOf(artifact, "path"),
    `gitrepository/${source.namespace.name}/app/${source.first}.tar.gz`,
  );
  assert.equal(fieldOf(ready, "status", "observedGeneration"), ready.metadata.generation);
  const { status, paths } = await download(ready);
  assert.equal(status, 200);
  // What is no source of manifests is left out, as Flux does without being asked.
  assert.deepEqual(paths, ["deploy/a.yaml", "deploy/notes.txt", "docs/index.md"]);
});

const ignores = [
  {
    name: "spec.ignore takes the place of what is left out by default",
    spec: { ignore: "/*\n!/deploy\n*.txt\n" },
    files: TREE,
    want: ["deploy/a.yaml"],
  },
  {
    name: ".sourceignore does so too, and both count",
    spec: { ignore: "*.txt\n" },
    files: { ...TREE, ".sourceignore": "docs/\n" },
    want: [".sourceignore", "deploy/a.yaml", "logo.png"],
  },
];

for (const { name, spec, files, want } of ignores) {
  Deno.test(name, async () => {
    await using source = await openSource(files, spec);

    const ready = await toolkit.untilReady(source.ref, { status: "True" });

    assert.deepEqual((await download(ready)).paths, want);
  });
}

Deno.test("changed ignore rules make another artifact of the same commit", async () => {
  await using source = await openSource(TREE);
  const before = await toolkit.untilReady(source.ref, { status: "True" });

  await source.respec({ ignore: "docs/\n" });
  const after = await toolkit.untilObserved(source.ref);

  const digests = [before, after].map((object) => fieldOf(object, "status", "artifact", "digest"));
  assert.notEqual(digests[0], digests[1]);
  assert.ok(!(await download(after)).paths.includes("docs/index.md"));
});

Deno.test("a new commit is found at the next interval, nobody asks", async () => {
  await using source = await openSource(TREE, { interval: "1s" });
  await toolkit.untilReady(source.ref, { status: "True", commit: source.first });

  const second = await source.repository.commit({ files: { "deploy/b.yaml": "" } });

  const ready = await toolkit.untilReady(source.ref, { status: "True", commit: second });
  assert.ok((await download(ready)).paths.includes("deploy/b.yaml"));
});

Deno.test("without news a run costs one request and writes nothing but that it was", async () => {
  await using source = await openSource(TREE);
  const before = await toolkit.untilReady(source.ref, { status: "True" });
  const path = new URL(source.repository.url).pathname;
  const requests = () => git.requests.filter((request) => request.path.startsWith(path)).length;
  const asked = requests();

  await toolkit.nudge(source.ref);
  const { annotations } = (await toolkit.read(source.ref)).metadata;
  const token = annotations?.["reconcile.fluxcd.io/requestedAt"];
  const after = await toolkit.until(
    source.ref,
    "handled",
    (object) => fieldOf(object, "status", "lastHandledReconcileAt") === token,
  );

  assert.deepEqual(fieldOf(after, "status", "artifact"), fieldOf(before, "status", "artifact"));
  assert.deepEqual(fieldOf(after, "status", "conditions"), fieldOf(before, "status", "conditions"));
  // The protocol's capabilities and the one ref; no pack.
  assert.ok(requests() - asked <= 2, `${requests() - asked} requests`);
});

Deno.test("another branch is followed when the spec names it", async () => {
  await using source = await openSource(TREE);
  await toolkit.untilReady(source.ref, { status: "True", commit: source.first });
  const other = await source.repository.commit({
    branch: "other",
    files: { "deploy/b.yaml": configMapYaml("b", "x") },
  });

  await source.respec({ ref: { branch: "other" } });
  const ready = await toolkit.untilReady(source.ref, { status: "True", commit: other });

  assert.equal(fieldOf(ready, "status", "artifact", "revision"), `other@sha1:${other}`);
});

Deno.test("a branch that was set back is followed back", async () => {
  await using source = await openSource(TREE);
  const second = await source.repository.commit({ files: { "deploy/b.yaml": "" } });
  await source.repository.git("reset", "--quiet", "--hard", source.first);
  await toolkit.nudge(source.ref);
  await toolkit.untilReady(source.ref, { status: "True", commit: second });

  await source.repository.git("push", "--quiet", "--force", "origin", "main");
  await toolkit.nudge(source.ref);

  const ready = await toolkit.untilReady(source.ref, { status: "True", commit: source.first });
  assert.ok(!(await download(ready)).paths.includes("deploy/b.yaml"));
});

Deno.test("suspended, it fetches nothing; resumed, it catches up", async () => {
  await using source = await openSource(TREE, { interval: "1s" });
  await toolkit.untilReady(source.ref, { status: "True" });
  await source.respec({ interval: "1s", suspend: true });
  await toolkit.untilObserved(source.ref);
  const path = new URL(source.repository.url).pathname;
  git.requests.length = 0;

  const second = await source.repository.commit({ files: { "deploy/b.yaml": "" } });
  await pause(2_000);
  const asked = git.requests.filter((request) => request.path.startsWith(path)).length;
  await source.respec({ interval: "1s", suspend: false });

  assert.equal(asked, 0);
  await toolkit.untilReady(source.ref, { status: "True", commit: second });
});

Deno.test("a login from a Secret opens a repository, and its change is noticed at the next run", async () => {
  await using server = await startGitServer({ auth: { username: "u", password: "p" } });
  await using namespace = await cluster.openNamespace();
  const repository = await server.createRepository("locked");
  const commit = await repository.commit({ files: TREE });
  const login = (password: string): KubeObject => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace: namespace.name, name: "login" },
    data: { username: btoa("u"), password: btoa(password) },
  });
  const ref = gitRepositoryRef(namespace.name, "app");
  await toolkit.apply(
    login("wrong"),
    gitRepository(namespace.name, "app", { url: repository.url, secretRef: { name: "login" } }),
  );
  await toolkit.untilReady(ref, { status: "False", reason: "GitOperationFailed" });

  await toolkit.apply(login("p"));
  await toolkit.nudge(ref);
  const ready = await toolkit.untilReady(ref, { status: "True", commit });

  assert.ok(!JSON.stringify(ready.status).includes("wrong"));
  await toolkit.remove(ref);
});

Deno.test("deleted, it takes its artifact along", async () => {
  await using source = await openSource(TREE);
  const ready = await toolkit.untilReady(source.ref, { status: "True" });

  await toolkit.remove(source.ref);

  assert.equal((await download(ready)).status, 404);
});

Deno.test("after a crash the artifact is served again, at the address of the new process", async () => {
  await using source = await openSource(TREE);
  const before = await toolkit.untilReady(source.ref, { status: "True" });
  const digest = fieldOf(before, "status", "artifact", "digest");

  await toolkit.crash();
  const after = await toolkit.until(
    source.ref,
    "served again",
    (object) =>
      object !== undefined &&
      fieldOf(object, "status", "artifact", "url") !== fieldOf(before, "status", "artifact", "url"),
  );

  assert.ok(after);
  assert.equal((await download(after)).status, 200);
  assert.equal(fieldOf(after, "status", "artifact", "digest"), digest);
  assert.equal(readinessOf(after)?.status, "True");
});
