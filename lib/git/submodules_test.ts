import assert from "node:assert/strict";
import { defaultBudget, fail, type FileTree, ok, treeOf } from "../base/mod.ts";
import type { Credentials, GitClient } from "./client.ts";
import { fetchSubmodules } from "./submodules.ts";

const ONE = "1".repeat(40);
const TWO = "2".repeat(40);

type Repositories = Readonly<Record<string, FileTree>>;

/** A tree with files and pinned commits; each of those is named in `.gitmodules` with its url. */
function tree(
  files: Readonly<Record<string, string>>,
  modules: Readonly<Record<string, readonly [url: string, commit: string]>> = {},
): FileTree {
  const lines = Object.entries(modules).map(([path, [url]]) =>
    `[submodule "${path}"]\npath = "${path}"\nurl = ${url}\n`
  );
  const text = lines.length === 0 ? {} : { ".gitmodules": lines.join("") };
  const pinned = Object.entries(modules).map(([path, [, commit]]) =>
    [path, { mode: "160000", sizeBytes: 0, commit, read: () => new Uint8Array() }] as const
  );
  return new Map([...treeOf({ ...text, ...files }), ...pinned]);
}

/** Gives repositories by `url#commit`, and tells what was asked with which user. */
function fakeGit(repositories: Repositories) {
  const asked: string[] = [];
  const signature = { name: "a", email: "a@b", timeSeconds: 0, zone: "+0000" };
  const fetchTree: GitClient["fetchTree"] = (url, { commit, ref, revision }, login) => {
    asked.push(`${login?.username ?? "nobody"} ${url}`);
    const files = repositories[`${url}#${commit.slice(0, 1)}`];
    if (files === undefined) return Promise.resolve(fail("EmptyRepository", "nothing there"));
    const commitOf = { commit, ref, revision, tree: files, parents: [], message: "" };
    const by = { author: signature, committer: signature };
    return Promise.resolve(ok({ ...commitOf, ...by, raw: new Uint8Array() }));
  };
  return { asked, fetchTree };
}

async function fetchAll(root: FileTree, repositories: Repositories, budget = defaultBudget()) {
  const git = fakeGit(repositories);
  const login: Credentials = { username: "me", password: "secret" };
  const parent = { url: "https://host/team/app.git", login, tree: root };
  const got = await fetchSubmodules(git, parent, budget);
  const told = got.ok ? [...got.value.keys()].toSorted() : `${got.code}: ${got.message}`;
  return { got, told, asked: git.asked };
}

Deno.test("fetchSubmodules() puts submodules and theirs where they belong", async () => {
  const root = tree({ "a.yaml": "a" }, { "x/lib": ["../lib.git", ONE] });

  const { got, told, asked } = await fetchAll(root, {
    "https://host/team/lib.git#1": tree({ b: "b" }, { deep: ["https://other/deep", TWO] }),
    "https://other/deep#2": tree({ c: "c" }),
  });

  const want = [".gitmodules", "a.yaml", "x/lib/.gitmodules", "x/lib/b", "x/lib/deep/c"];
  assert.deepEqual(told, want);
  assert.deepEqual(asked, ["me https://host/team/lib.git", "nobody https://other/deep"]);
  assert.equal(got.ok && new TextDecoder().decode(got.value.get("x/lib/deep/c")?.read()), "c");
});

Deno.test("fetchSubmodules() leaves what nobody names an empty folder, and what nobody pins away", async () => {
  const root = new Map(tree({ a: "a" }, { lib: ["../lib.git", ONE] }));
  root.set(".gitmodules", {
    mode: "100644",
    read: () => new TextEncoder().encode('[submodule "x"]\npath = x\nurl = ../lib.git\n'),
  });

  const { told, asked } = await fetchAll(root, {});

  assert.deepEqual(told, [".gitmodules", "a", "lib"]);
  assert.deepEqual(asked, []);
});

Deno.test("fetchSubmodules() keeps the folder of an empty submodule", async () => {
  const root = tree({}, { lib: ["../lib.git", ONE] });

  const { told } = await fetchAll(root, { "https://host/team/lib.git#1": tree({}) });

  assert.deepEqual(told, [".gitmodules", "lib"]);
});

const MODULE = { "https://host/team/lib.git#1": tree({ "A/x": "x" }) };
const NESTED = Object.fromEntries(
  Array.from({ length: 12 }, (_, at) => [
    `https://host/${at}#1`,
    tree({}, { next: [`https://host/${at + 1}`, ONE] }),
  ]),
);
const MANY = Object.fromEntries(
  Array.from({ length: 201 }, (_, at) => [`m${at}`, ["../lib.git", ONE] as const]),
);

const failures: {
  name: string;
  root: FileTree;
  repositories?: Repositories;
  bytes?: number;
  want: RegExp;
}[] = [
  {
    name: "names the submodule that cannot be fetched, and its address without a password",
    root: tree({}, { lib: ["https://u:pw@other/lib", ONE] }),
    want: /^Submodule: submodule "lib" from 'https:\/\/other\/lib': nothing there$/,
  },
  {
    name: "refuses addresses that lead elsewhere than to a git server",
    root: tree({}, { lib: ["file:///etc", ONE] }),
    want: /^Submodule: submodule "lib": its url begins neither/,
  },
  {
    name: "refuses a pinned folder whose name has a carriage return (CVE-2025-48384)",
    root: tree({}, { "sub\r": ["../lib.git", ONE] }),
    want: /control characters/,
  },
  {
    name: "refuses links that a submodule's folder could be taken for (CVE-2024-32002)",
    root: new Map([
      ...tree({}, { Lib: ["../lib.git", ONE] }),
      ["lib/a", { mode: "120000" as const, read: () => new TextEncoder().encode(".git") }],
    ]),
    repositories: MODULE,
    want: /"Lib\/A\/x" collides with the link "lib\/a"/,
  },
  {
    name: "goes ten deep and no deeper",
    root: tree({}, { next: ["https://host/0", ONE] }),
    repositories: NESTED,
    want: /more than 10 deep/,
  },
  {
    name: "fetches two hundred and no more",
    root: tree({}, MANY),
    repositories: MODULE,
    want: /more than 200 submodules/,
  },
  {
    name: "spends one budget for all",
    root: tree({ a: "x".repeat(100) }, { lib: ["../lib.git", ONE] }),
    repositories: MODULE,
    bytes: 100,
    want: /used up/,
  },
];

for (const { name, root, repositories = {}, bytes, want } of failures) {
  Deno.test(`fetchSubmodules() ${name}`, async () => {
    const budget = { ...defaultBudget(), ...(bytes !== undefined && { bytes }) };

    const { told } = await fetchAll(root, repositories, budget);

    assert.match(String(told), want);
  });
}
