/**
 * Submodules from real servers: over http and ssh, nested, with the login that belongs to each.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { type Credentials, fetchSubmodules, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { openSsh } from "../../lib/ssh/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { listEntries } from "../support/archive.ts";
import { useTestCluster } from "../support/control_plane.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";
import { makeSshKey } from "../support/ssh_keys.ts";
import { startSshServer } from "../support/ssh_server.ts";
import { gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });
const LOGIN = { username: "me", password: "secret" };

Deno.test("spec.recurseSubmodules puts pinned commits into the artifact, and takes them out again", async () => {
  await using git = await startGitServer();
  const lib = await git.createRepository("lib");
  const deep = await git.createRepository("deep");
  const app = await git.createRepository("app");
  await deep.commit({ files: { "c.yaml": "c: 1\n" } });
  await lib.commit({ files: { "b.yaml": "b: 1\n" } });
  await addSubmodule(lib, deep, "deep", deep.url);
  const commit = await addSubmodule(app, lib, "lib", "../lib.git");
  await lib.commit({ files: { "later.yaml": "b: 2\n" } });
  await using namespace = await cluster.openNamespace();
  const respec = (recurseSubmodules: boolean) =>
    toolkit.apply(gitRepository(namespace.name, "app", { url: app.url, recurseSubmodules }));
  const until = (isRecursed: boolean | undefined) =>
    toolkit.until(
      gitRepositoryRef(namespace.name, "app"),
      `observedRecurseSubmodules ${isRecursed}`,
      (object) =>
        fieldOf(object, "status", "observedRecurseSubmodules") === isRecursed &&
        String(fieldOf(object, "status", "artifact", "revision")).endsWith(commit),
    );

  await respec(false);
  assert.deepEqual(await filesOf(await until(undefined)), []);
  await respec(true);
  assert.deepEqual(await filesOf(await until(true)), ["lib/b.yaml", "lib/deep/c.yaml"]);
  await respec(false);
  assert.deepEqual(await filesOf(await until(undefined)), []);
});

Deno.test("a submodule that cannot be had fails the source, and what is served stays", async () => {
  await using git = await startGitServer();
  const lib = await git.createRepository("lib");
  const app = await git.createRepository("app");
  await lib.commit({ files: { "b.yaml": "b: 1\n" } });
  const good = await addSubmodule(app, lib, "lib", "../lib.git");
  await using namespace = await cluster.openNamespace();
  const ref = gitRepositoryRef(namespace.name, "app");
  const spec = { url: app.url, recurseSubmodules: true };
  await toolkit.apply(gitRepository(namespace.name, "app", spec));
  await toolkit.untilReady(ref, { status: "True", commit: good });

  await app.commit({
    files: { ".gitmodules": '[submodule "../../x"]\npath = lib\nurl = ../lib.git\n' },
  });
  await toolkit.nudge(ref);
  const failed = await toolkit.untilReady(ref, {
    status: "False",
    reason: "GitOperationFailed",
    message: '.gitmodules: line 1: "../../x" is no name of a submodule',
  });
  assert.deepEqual(await filesOf(failed), ["lib/b.yaml"]);

  const text = '[submodule "lib"]\npath = lib\nurl = ../lib.git\nupdate = !touch owned\n';
  const repaired = await app.commit({ files: { ".gitmodules": text } });
  await toolkit.nudge(ref);
  await toolkit.untilReady(ref, { status: "True", commit: repaired });
});

Deno.test("the parent's login goes to submodules of the same server only", async () => {
  await using guarded = await startGitServer({ auth: LOGIN });
  await using other = await startGitServer({ auth: LOGIN });
  const app = await guarded.createRepository("app");
  const mine = await guarded.createRepository("mine");
  const theirs = await other.createRepository("theirs");
  await mine.commit({ files: { "b.yaml": "b: 1\n" } });
  await theirs.commit({ files: { "c.yaml": "c: 1\n" } });
  await addSubmodule(app, mine, "mine", mine.url);

  assert.deepEqual(await fetchFiles(app, LOGIN), [".gitmodules", "mine/b.yaml"]);
  const inUrl = guarded.url.replace("://", "://me:secret@");
  assert.deepEqual(await fetchFiles({ ...app, url: `${inUrl}/app.git` }, undefined), [
    ".gitmodules",
    "mine/b.yaml",
  ]);
  await addSubmodule(app, theirs, "theirs", theirs.url);
  const refused = `submodule "theirs" from '${theirs.url}': authentication required: who are you?`;
  assert.equal(await fetchFiles(app, LOGIN), refused);
});

Deno.test({
  name: "submodules over ssh use the parent's key at the same server",
  ignore: lacks("sshd", "install openssh-server"),
  async fn() {
    await using server = await startSshServer();
    const key = await makeSshKey();
    await server.allow(key);
    const app = await server.createRepository("app");
    const lib = await server.createRepository("lib");
    await lib.commit({ files: { "b.yaml": "b: 1\n" } });
    await addSubmodule(app, lib, "lib", "../lib.git");

    const login = { identity: key.identity, knownHosts: server.knownHosts };
    assert.deepEqual(await fetchFiles(app, login), [".gitmodules", "lib/b.yaml"]);
  },
});

/** As `git submodule add` does, without a clone. */
async function addSubmodule(
  repository: TestRepository,
  submodule: TestRepository,
  path: string,
  url: string,
): Promise<string> {
  const pinned = await submodule.git("rev-parse", "HEAD");
  const file = `${repository.workFolder}/.gitmodules`;
  await repository.git("config", "--file", file, `submodule.${path}.path`, path);
  await repository.git("config", "--file", file, `submodule.${path}.url`, url);
  await Deno.mkdir(`${repository.workFolder}/${path}`);
  await repository.git("add", ".gitmodules");
  await repository.git("update-index", "--add", "--cacheinfo", `160000,${pinned},${path}`);
  await repository.git("commit", "--quiet", "--message", `add ${path}`);
  await repository.git("push", "--quiet", "--force", "origin", "HEAD:main");
  return await repository.git("rev-parse", "HEAD");
}

async function fetchFiles(
  { url }: { readonly url: string },
  login: Credentials | undefined,
): Promise<readonly string[] | string> {
  await using http = openHttp();
  await using ssh = openSsh();
  const git = openGit({ http, ssh });
  const found = await git.listRef(url, { branch: "main" }, login, defaultBudget());
  assert.ok(found.ok, found.ok ? "" : found.message);
  const commit = await git.fetchTree(url, found.value, login, defaultBudget());
  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  const parent = { url, login, tree: commit.value.tree };
  const whole = await fetchSubmodules(git, parent, defaultBudget());
  return whole.ok ? [...whole.value.keys()].toSorted() : whole.message;
}

async function filesOf(object: unknown): Promise<readonly string[]> {
  const entries = await listEntries(String(fieldOf(object, "status", "artifact", "url")));
  return entries.filter((entry) => entry.endsWith(".yaml"));
}
