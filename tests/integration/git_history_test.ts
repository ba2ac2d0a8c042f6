/**
 * `fetchHistory` against the real git: the commits of a range are those that `git rev-list` names.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { defaultBudget } from "../../lib/base/mod.ts";
import { openGit } from "../../lib/git/mod.ts";
import { openHttp } from "../../lib/http/mod.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacks } from "../support/requirements.ts";

const ignore = lacks("git", "install git");

/** A history with everything in it: names of commits that `make` gives. */
async function makeHistory(repo: TestRepository): Promise<Readonly<Record<string, string>>> {
  const ids: Record<string, string> = {};
  const add = async (name: string, branch?: string) => {
    const files = { [name]: `${name}\n`.repeat(500) };
    ids[name] = await repo.commit({ files, message: name, ...(branch && { branch }) });
  };
  await add("root");
  await add("one");
  await add("side", "old-branch");
  await repo.git("switch", "--quiet", "main");
  await add("two");
  await add("three");
  await repo.git("merge", "--quiet", "--no-ff", "--message=merge", "old-branch");
  await add("after");
  ids["merge"] = await repo.git("rev-parse", "HEAD~1");
  await repo.git("switch", "--quiet", "--create=rewritten", ids["two"] ?? "");
  await add("other", "rewritten");
  await repo.git("switch", "--quiet", "--orphan", "alien");
  await add("alien", "alien");
  return ids;
}

const ranges: { name: string; from: string; to: string; requests: number }[] = [
  { name: "a line", from: "root", to: "two", requests: 1 },
  { name: "one commit", from: "merge", to: "after", requests: 1 },
  { name: "nothing", from: "after", to: "after", requests: 2 },
  { name: "a merge of a branch that began before", from: "three", to: "after", requests: 2 },
  { name: "a merge of a branch that began there", from: "one", to: "after", requests: 1 },
  { name: "what replaced other commits", from: "after", to: "other", requests: 3 },
  { name: "a step back", from: "after", to: "two", requests: 3 },
  { name: "a history that has nothing in common", from: "after", to: "alien", requests: 3 },
  { name: "a history that a merge left behind", from: "side", to: "after", requests: 2 },
];

for (const filter of [true, false]) {
  for (const version of [2, 0]) {
    const how = `protocol ${version}, ${filter ? "commits alone" : "files with them"}`;
    Deno.test({ name: `fetchHistory() gives what rev-list names: ${how}`, ignore }, async (t) => {
      await using server = await startGitServer();
      const repo = await server.createRepository("app");
      await repo.git("-C", repo.bareFolder, "config", "uploadpack.allowFilter", String(filter));
      await repo.git("-C", repo.bareFolder, "config", "uploadpack.allowAnySHA1InWant", "true");
      const ids = await makeHistory(repo);
      await using http = openHttp({
        transport(request) {
          if (version === 0) request.headers.delete("git-protocol");
          return fetch(request);
        },
      });
      const git = openGit({ http });

      for (const { name, from, to, requests } of ranges) {
        for (const firstParentOnly of [false, true]) {
          await t.step(`${name}${firstParentOnly ? ", first parents" : ""}`, async () => {
            const [old, want] = [ids[from] ?? "", ids[to] ?? ""];
            const only = firstParentOnly ? ["--first-parent"] : [];
            const listed = await repo.git("rev-list", ...only, want, `^${old}`);
            server.requests.length = 0;

            const range = { from: old, to: want, firstParentOnly };
            const got = await git.fetchHistory(repo.url, range, undefined, defaultBudget());

            assert.ok(got.ok, got.ok ? "" : got.message);
            const wanted = listed.split("\n").filter((id) => id !== "");
            assert.deepEqual(got.value.map(({ id }) => id).toSorted(), wanted.toSorted());
            for (const { id, raw, author } of got.value) {
              assert.equal(commitId(raw), id);
              assert.equal(author.name, "Test Author");
            }
            const posts = server.requests.filter(({ method }) => method === "POST");
            assert.ok(posts.length <= requests, `${posts.length} requests`);
            if (filter) assert.ok(posts.every(({ sizeBytes }) => sizeBytes < 5_000), "no files");
          });
        }
      }
    });
  }
}

Deno.test(
  { name: "fetchHistory() takes all for new when the old commit is forgotten", ignore },
  async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    await repo.commit({ files: { a: "1" } });
    const to = await repo.commit({ files: { a: "2" } });
    await using http = openHttp();
    const range = { from: "7".repeat(40), to, firstParentOnly: false };

    const got = await openGit({ http }).fetchHistory(repo.url, range, undefined, defaultBudget());

    assert.equal(got.ok && got.value.length, 2);
  },
);

Deno.test(
  { name: "fetchHistory() refuses a history that the server cut off", ignore },
  async () => {
    await using server = await startGitServer();
    const repo = await server.createRepository("app");
    const from = await repo.commit({ files: { a: "1" } });
    await repo.commit({ files: { a: "2" } });
    const to = await repo.commit({ files: { a: "3" } });
    const shallow = await server.createRepository("shallow");
    await Deno.remove(shallow.bareFolder, { recursive: true });
    const source = `file://${repo.bareFolder}`;
    await repo.git("clone", "--quiet", "--bare", "--depth=1", source, shallow.bareFolder);
    await using http = openHttp();
    const range = { from, to, firstParentOnly: false };

    const got = await openGit({ http }).fetchHistory(
      shallow.url,
      range,
      undefined,
      defaultBudget(),
    );

    assert.match(got.ok ? "" : got.message, /does not send the whole history/);
  },
);

function commitId(raw: Uint8Array): string {
  return createHash("sha1").update(`commit ${raw.length}\0`).update(raw).digest("hex");
}
