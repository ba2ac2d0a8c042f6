/**
 * A new commit costs what is new: against git's own server, beside git's own client.
 *
 * @module
 */
import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { type Commit, type Credentials, type GitClient, openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import { captureText } from "../../tools/process.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("git", "install git");

/** How a server may be reached. */
const PROTOCOLS = [
  { name: "protocol 2", transport: undefined },
  {
    name: "protocol 0",
    transport(request: Request) {
      request.headers.delete("git-protocol");
      return fetch(request);
    },
  },
];

for (const { name, transport } of PROTOCOLS) {
  Deno.test({ name: `one new commit costs its objects only, by ${name}`, ignore }, async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    await repo.commit({ files: files(300) });
    await using http = openHttp(transport === undefined ? {} : { transport });
    const git = openGit({ http });
    const first = await measured(server, () => fetchMain(git, repo));
    const clone = await cloneOf(repo);

    for (const change of [{ "g1/f1.yaml": text(1, "changed") }, { "new/deep/x.yaml": "x: 1\n" }]) {
      const id = await repo.commit({ files: change });
      const next = await measured(server, () => fetchMain(git, repo));
      const peer = await measured(server, () => fetchWithGit(clone));

      assert.equal(next.value.revision, `main@sha1:${id}`);
      assert.deepEqual(listing(next.value), await lsTree(repo));
      assert.ok(next.sizeBytes <= 2 * peer.sizeBytes, `${next.sizeBytes} to ${peer.sizeBytes}`);
      assert.ok(next.sizeBytes * 10 < first.sizeBytes, `${next.sizeBytes} of ${first.sizeBytes}`);
    }
    await Deno.remove(clone, { recursive: true });
  });
}

Deno.test({ name: "many commits one after the other give every file", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(40) });
  await using http = openHttp();
  const git = openGit({ http });

  for (let round = 0; round < 60; round++) {
    const path = `g${round % 7}/f${round % 40}.yaml`;
    await repo.commit({ files: { [path]: text(round, `round ${round}`) } });
    if (round % 3 === 0) await repo.commit({ delete: [path] });
    const commit = await fetchMain(git, repo);

    if (round % 10 === 9) assert.deepEqual(listing(commit), await lsTree(repo));
  }
});

Deno.test({ name: "a history that was written anew is fetched all the same", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(20) });
  await using http = openHttp();
  const git = openGit({ http });
  await fetchMain(git, repo);

  await repo.git("checkout", "--quiet", "--orphan", "fresh");
  await repo.git("branch", "-D", "main");
  await repo.git("branch", "-m", "main");
  const id = await repo.commit({ files: { "only.yaml": "a: 1\n" } });
  await repo.git("-C", repo.bareFolder, "reflog", "expire", "--expire=now", "--all");
  await repo.git("-C", repo.bareFolder, "gc", "--quiet", "--prune=now");
  const commit = await fetchMain(git, repo);

  assert.equal(commit.commit, id);
  assert.deepEqual(listing(commit), await lsTree(repo));
});

Deno.test({ name: "the same commit again costs next to nothing", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(50) });
  await using http = openHttp();
  const git = openGit({ http });
  await fetchMain(git, repo);

  const again = await measured(server, () => fetchMain(git, repo));

  assert.ok(again.sizeBytes < 1_000, `${again.sizeBytes} bytes`);
  assert.deepEqual(listing(again.value), await lsTree(repo));
});

Deno.test({ name: "nobody builds on what another login has fetched", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(50) });
  await using http = openHttp();
  const git = openGit({ http });
  const first = await measured(server, () => fetchMain(git, repo));

  const login = { username: "other", password: "login" };
  const other = await measured(server, () => fetchMain(git, repo, login));

  assert.ok(other.sizeBytes * 2 > first.sizeBytes, `${other.sizeBytes} of ${first.sizeBytes}`);
});

Deno.test({ name: "a holder whose words change builds on what was fetched", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(50) });
  await using http = openHttp();
  const git = openGit({ http });
  const login = { username: "me", password: "of this hour", holder: "h" };
  const first = await measured(server, () => fetchMain(git, repo, login));

  const next = { ...login, password: "of the next hour" };
  const again = await measured(server, () => fetchMain(git, repo, next));

  assert.ok(again.sizeBytes * 2 < first.sizeBytes, `${again.sizeBytes} of ${first.sizeBytes}`);
});

Deno.test({ name: "what is kept is bounded", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("app");
  await repo.commit({ files: files(50) });
  await using http = openHttp();
  const git = openGit({ http, keptBytes: 1_000 });
  const first = await measured(server, () => fetchMain(git, repo));

  const again = await measured(server, () => fetchMain(git, repo));

  assert.ok(again.sizeBytes * 2 > first.sizeBytes, `${again.sizeBytes} of ${first.sizeBytes}`);
});

Deno.test({ name: "repositories named by SHA-256 are followed over HTTP", ignore }, async () => {
  await using server = await startGitServer();
  const repo = await server.createRepository("long", "sha256");
  await repo.commit({ files: files(50) });
  await using http = openHttp();
  const git = openGit({ http });
  await fetchMain(git, repo);

  const id = await repo.commit({ files: { "g1/f1.yaml": text(1, "changed") } });
  const next = await measured(server, () => fetchMain(git, repo));

  assert.equal(next.value.revision, `main@sha256:${id}`);
  assert.deepEqual(listing(next.value), await lsTree(repo));
  assert.ok(next.sizeBytes < 3_000, `${next.sizeBytes} bytes`);
});

async function fetchMain(
  git: GitClient,
  { url }: TestRepository,
  login?: Credentials,
): Promise<Commit> {
  const ref = await git.listRef(url, { branch: "main" }, login, defaultBudget());
  assert.ok(ref.ok, ref.ok ? "" : ref.message);
  const commit = await git.fetchTree(url, ref.value, login, defaultBudget());
  assert.ok(commit.ok, commit.ok ? "" : commit.message);
  return commit.value;
}

/** What a step comes to, and the bytes that the server sent for it. */
async function measured<T>(
  server: GitServer,
  step: () => Promise<T>,
): Promise<{ value: T; sizeBytes: number }> {
  server.requests.length = 0;
  const value = await step();
  const sizeBytes = server.requests.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { value, sizeBytes };
}

async function cloneOf({ url }: TestRepository): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-clone-" });
  await runGit("clone", "--quiet", "--depth=1", url, folder);
  return folder;
}

async function fetchWithGit(folder: string): Promise<void> {
  await runGit("-C", folder, "fetch", "--quiet", "--depth=1", "origin", "main");
  await runGit("-C", folder, "reset", "--quiet", "--hard", "FETCH_HEAD");
}

async function runGit(...args: readonly string[]): Promise<void> {
  const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  const run = await captureText(["git", ...args], { env });
  assert.ok(run.ok, run.ok ? "" : run.message);
}

/** The files of the last commit, as git sees them. */
async function lsTree(repo: TestRepository): Promise<string[]> {
  const paths = (await repo.git("ls-tree", "-r", "--name-only", "HEAD")).split("\n");
  return await Promise.all(
    paths.map(async (path) => `${path} ${await Deno.readTextFile(`${repo.workFolder}/${path}`)}`),
  );
}

function listing({ tree }: Commit): string[] {
  return [...tree].map(([path, file]) => `${path} ${new TextDecoder().decode(file.read())}`);
}

function files(count: number): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`g${at % 7}/f${at}.yaml`, text(at, "first")]),
  );
}

/** Text that does not shrink to nothing. */
function text(seed: number, word: string): string {
  let state = seed + 1;
  const lines = Array.from({ length: 30 }, (_, at) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return `key${at}: ${state.toString(36)}`;
  });
  return `word: ${word}\n${lines.join("\n")}\n`;
}
