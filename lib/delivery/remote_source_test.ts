import assert from "node:assert/strict";
import {
  type Budget,
  defaultBudget,
  fail,
  type Failure,
  ok,
  type Result,
  treeOf,
} from "../base/mod.ts";
import type { Commit, GitClient, RefSpec, RemoteRef } from "../git/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import type { RemoteSession } from "./remote_builds.ts";
import { openRemoteSource } from "./remote_source.ts";

const ME = { name: "me", email: "me@example.com", timeSeconds: 0, zone: "+0000" };

/** What a server has: repositories by URL, with commits by ref; answers by URL. */
interface World {
  readonly repositories?: Record<string, Record<string, string>>;
  readonly files?: Record<string, () => Response>;
  readonly failure?: Failure;
  readonly budget?: Partial<Budget>;
}

/** A source in a world, and what was asked of that world. */
function openWorld({ repositories = {}, files = {}, failure, budget }: World) {
  const asked: string[] = [];
  const logins: unknown[] = [];
  const git: GitClient = {
    listRef(url: string, ref: RefSpec, login): Promise<Result<RemoteRef>> {
      asked.push(`list ${url} ${ref.any}`);
      logins.push(login);
      if (failure !== undefined) return Promise.resolve(failure);
      const commits = repositories[url];
      if (commits === undefined) return Promise.resolve(fail("RepositoryNotFound", "not found\n"));
      const commit = commits[ref.any ?? ""];
      if (commit === undefined) return Promise.resolve(fail("RefNotFound", `no ref ${ref.any}`));
      return Promise.resolve(ok({ revision: commit, commit, ref: ref.any ?? "" }));
    },
    fetchTree(url: string, ref: RemoteRef): Promise<Result<Commit>> {
      asked.push(`fetch ${url} ${ref.commit}`);
      const tree = treeOf({ "a.yaml": `commit: ${ref.commit}\n` });
      const raw = new Uint8Array();
      const said = { parents: [], message: "", author: ME, committer: ME, raw };
      return Promise.resolve(ok({ ...ref, tree, ...said }));
    },
    fetchHistory: () => Promise.reject(new Error("a build needs no history")),
  };
  const clock = new FakeClock();
  const http = openHttp({
    clock,
    transport: (request) => {
      asked.push(`GET ${request.url}`);
      logins.push(request.headers.get("authorization") ?? undefined);
      const answer = files[request.url];
      if (answer === undefined) return Promise.resolve(new Response("none", { status: 404 }));
      const tag = request.headers.get("if-none-match");
      const response = answer();
      if (tag !== null && tag === response.headers.get("etag")) {
        return Promise.resolve(new Response(null, { status: 304 }));
      }
      return Promise.resolve(response);
    },
  });
  const source = openRemoteSource({ git, http, clock });
  const open = () => source.open({ ...defaultBudget(), ...budget });
  return { asked, logins, open };
}

async function fetchOne(session: RemoteSession, address: string): Promise<string> {
  const fetched = (await session.fetch([address])).get(address);
  if (fetched === undefined) return "nothing";
  if (!fetched.ok) return `${fetched.code}: ${fetched.message}`;
  const { tree, path, isFile } = fetched.value;
  const text = new TextDecoder().decode(tree.get(isFile ? path : "a.yaml")?.read());
  return `${isFile ? "file" : `folder "${path}"`} ${text.trim()}`;
}

const REPOSITORY = "https://host/o/r";
const repositories = {
  [REPOSITORY]: { HEAD: "c1", v1: "c2" },
  "https://host/o/r.git": { v1: "c3" },
};
const page = () =>
  new Response("<!DOCTYPE html><p>hi", { headers: { "content-type": "text/plain" } });

const leads = [
  {
    name: "a file before a repository",
    address: REPOSITORY,
    world: { repositories, files: { [REPOSITORY]: () => new Response("kind: A\n") } },
    want: "file kind: A",
    asked: [`GET ${REPOSITORY}`],
  },
  {
    name: "a repository where there is no file",
    address: `${REPOSITORY}/sub?ref=v1`,
    world: { repositories },
    want: 'folder "sub" commit: c2',
    asked: [`GET ${REPOSITORY}/sub?ref=v1`, `list ${REPOSITORY} v1`, `fetch ${REPOSITORY} c2`],
  },
  {
    name: "a repository whose address is a page for people",
    address: REPOSITORY,
    world: { repositories, files: { [REPOSITORY]: page } },
    want: 'folder "" commit: c1',
    asked: [`GET ${REPOSITORY}`, `list ${REPOSITORY} HEAD`, `fetch ${REPOSITORY} c1`],
  },
  {
    name: "a marked repository without asking for a file",
    address: `${REPOSITORY}.git//sub?ref=v1`,
    world: { repositories },
    want: 'folder "sub" commit: c3',
    asked: [`list ${REPOSITORY}.git v1`, `fetch ${REPOSITORY}.git c3`],
  },
  {
    name: "a file whose address looks like a repository's",
    address: "https://host/a//b.yaml",
    world: { files: { "https://host/a//b.yaml": () => new Response("kind: B\n") } },
    want: "file kind: B",
    asked: ["list https://host/a HEAD", "GET https://host/a//b.yaml"],
  },
  {
    name: "a repository at GitHub by its short form",
    address: "github.com/o/r?ref=v1",
    world: { repositories: { "https://github.com/o/r": { v1: "c9" } } },
    want: 'folder "" commit: c9',
    asked: ["list https://github.com/o/r v1", "fetch https://github.com/o/r c9"],
  },
  {
    name: "nothing",
    address: REPOSITORY,
    world: {},
    want:
      `RepositoryNotFound: Cannot fetch remote base "${REPOSITORY}": it is no file (it answered ` +
      "404) and no repository (not found); correct the address; what needs a login must be copied " +
      "into the repository",
    asked: [`GET ${REPOSITORY}`, `list ${REPOSITORY} HEAD`],
  },
  {
    name: "a ref that is not there",
    address: `${REPOSITORY}.git?ref=v9`,
    world: { repositories },
    want:
      `RefNotFound: Cannot fetch remote base "${REPOSITORY}.git?ref=v9": no ref v9; correct its ref`,
    asked: [`list ${REPOSITORY}.git v9`],
  },
  {
    name: "SSH",
    address: "git@host:o/r//sub",
    world: {},
    want:
      'Unsupported: Cannot fetch remote base "git@host:o/r//sub": SSH needs a key, and remote ' +
      "bases are fetched without a login; write https://host/o/r, or copy it into the repository",
    asked: [],
  },
  {
    name: "a path that leaves its repository",
    address: "github.com/o/r//../x",
    world: {},
    want: 'InvalidAddress: Cannot fetch remote base "github.com/o/r//../x": its path leaves the ' +
      "repository; write it as https://host/organisation/repository//folder?ref=v1.0.0",
    asked: [],
  },
  {
    name: "a host that the runtime keeps closed",
    address: "https://host:8443/o/r.git",
    world: { failure: fail("NotPermitted", "access to host:8443 is not permitted") },
    want:
      'NotPermitted: Cannot fetch remote base "https://host:8443/o/r.git": access to host:8443 is ' +
      'not permitted; add host:8443 to --allow-net of this process, see "Remote bases" in ' +
      "deploy/README.md",
    asked: ["list https://host:8443/o/r.git HEAD"],
  },
  {
    name: "a repository that is too large",
    address: `${REPOSITORY}.git?ref=v1`,
    world: { repositories, budget: { bytes: 5 } },
    want: `TooLarge: Cannot fetch remote base "${REPOSITORY}.git?ref=v1": More than 5 bytes at ` +
      `${REPOSITORY}.git; copy the part that is needed into the repository`,
    asked: [`list ${REPOSITORY}.git v1`, `fetch ${REPOSITORY}.git c3`],
  },
] satisfies { name: string; address: string; world: World; want: string; asked: string[] }[];

for (const { name, address, world, want, asked } of leads) {
  Deno.test(`RemoteSession finds ${name}`, async () => {
    const here = openWorld(world);

    assert.equal(await fetchOne(here.open(), address), want);
    assert.deepEqual(here.asked, asked);
  });
}

Deno.test("RemoteSession fetches each repository and ref once, whatever the path", async () => {
  const { asked, open } = openWorld({ repositories });
  const addresses = ["a", "b", "c"].map((path) => `${REPOSITORY}.git//${path}?ref=v1`);

  const fetched = await open().fetch([...addresses, ...addresses]);

  assert.equal(fetched.size, 3);
  assert.deepEqual(asked, [`list ${REPOSITORY}.git v1`, `fetch ${REPOSITORY}.git c3`]);
});

Deno.test("openRemoteSource() keeps an unchanged commit and an unchanged file", async () => {
  const file = "https://host/x.yaml";
  const commits: Record<string, string> = { v1: "c1" };
  let etag = "one";
  const { asked, open } = openWorld({
    repositories: { "https://host/o/r.git": commits },
    files: { [file]: () => new Response("kind: A\n", { headers: { etag } }) },
  });
  const base = "https://host/o/r.git?ref=v1";

  const before = await open().find([base, file]);
  await open().fetch([base, file]);
  await open().fetch([base, file]);
  const unchanged = await open().find([base, file]);
  const downloads = asked.filter((line) => line.startsWith("fetch")).length;
  commits["v1"] = "c2";
  etag = "two";
  const after = await fetchOne(open(), base);

  assert.deepEqual(unchanged, before);
  assert.equal(downloads, 1);
  assert.equal(after, 'folder "" commit: c2');
});

Deno.test("RemoteSession sends no login but the one in the address", async () => {
  const { logins, open } = openWorld({
    repositories,
    files: { "https://host/x.yaml": () => new Response("kind: A\n") },
  });

  await open().fetch([`${REPOSITORY}.git`, "https://host/x.yaml"]);
  assert.deepEqual(logins, [undefined, undefined]);

  await open().fetch(["https://me:p%40ss@host/x.yaml"]);
  assert.equal(logins.at(-1), `Basic ${btoa("me:p@ss")}`);
});

Deno.test("RemoteSession names no password in its failures", async () => {
  const got = await fetchOne(openWorld({}).open(), "https://me:secret@host/o/r");

  assert.match(got, /^RepositoryNotFound: /);
  assert.doesNotMatch(got, /secret/);
});

Deno.test("RemoteSession ends with a bounded number of addresses", async () => {
  const { asked, open } = openWorld({ repositories });
  const addresses = Array.from({ length: 205 }, (_, index) => `github.com/o/r${index}`);

  const fetched = await open().find(addresses);

  const codes = [...fetched.values()].map((found) => found.ok ? "" : found.code);
  assert.equal(codes.filter((code) => code === "TooLarge").length, 5);
  assert.equal(asked.length, 200);
});
