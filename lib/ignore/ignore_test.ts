import assert from "node:assert/strict";
import { treeOf } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { compileIgnore, parsePatterns, readIgnoreRules } from "./ignore.ts";

const PLAIN = [
  "a.yaml",
  "b.jpg",
  "docs/x.md",
  "docs/keep.md",
  ".github/w.yaml",
  "x.zip",
  ".gitignore",
];

// The trees and answers of the golden scenario git-ignore.
const cases = [
  {
    name: "uses the defaults when nobody wrote patterns",
    files: PLAIN,
    want: ["a.yaml", "docs/x.md", "docs/keep.md"],
  },
  {
    name: "keeps the defaults when spec.ignore has only comments",
    files: PLAIN,
    spec: "# nothing\n",
    want: ["a.yaml", "docs/x.md", "docs/keep.md"],
  },
  {
    name: "replaces the defaults by spec.ignore, but never ships git's own files",
    files: PLAIN,
    spec: "docs/\n",
    want: ["a.yaml", "b.jpg", ".github/w.yaml", "x.zip"],
  },
  {
    name: "lets a later line bring a folder back",
    files: PLAIN,
    spec: "/*\n!/docs\n/docs/x.md\n",
    want: ["docs/keep.md"],
  },
  {
    name: "scopes a file's patterns to its folder",
    files: ["a.yaml", "deep/no.txt", "deep/yes.txt", "no.txt"],
    ignoreFiles: { "deep/.sourceignore": "no.txt\n" },
    want: ["a.yaml", "deep/yes.txt", "no.txt", "deep/.sourceignore"],
  },
  {
    name: "takes .git for a folder only, so that a submodule's file stays",
    files: ["lib/.git", ".git/config"],
    want: ["lib/.git"],
  },
];

for (const { name, files, ignoreFiles, spec, want } of cases) {
  Deno.test(`readIgnoreRules() ${name}`, () => {
    const tree = treeOf({
      ...Object.fromEntries(files.map((path) => [path, "x"])),
      ...ignoreFiles,
    });

    const rules = readIgnoreRules(tree, spec);

    assert.ok(rules.ok);
    assert.deepEqual([...tree.keys()].filter((path) => !rules.value(path, false)), want);
  });
}

Deno.test("readIgnoreRules() skips links called .sourceignore", () => {
  const tree = new Map([...treeOf({ "a.md": "x" })]);
  tree.set(".sourceignore", { mode: "120000", read: () => new TextEncoder().encode("*.md") });

  const rules = readIgnoreRules(tree);

  assert.ok(rules.ok && !rules.value("a.md", false));
});

Deno.test("readIgnoreRules() refuses a million patterns at once", () => {
  const rules = readIgnoreRules(treeOf({ ".sourceignore": "a\n".repeat(400_000) }));

  assert.equal(!rules.ok && rules.code, "TooLarge");
});

Deno.test("readIgnoreRules() refuses a file beyond its limit", () => {
  const rules = readIgnoreRules(treeOf({ ".sourceignore": "a".repeat((1 << 20) + 1) }));

  assert.equal(!rules.ok && rules.code, "TooLarge");
});

Deno.test("compileIgnore() is not slowed down by stars and brackets", async () => {
  const ignored = compileIgnore(parsePatterns(`${"*a".repeat(20)}b\n${"[a".repeat(2000)}`, []));

  await assertGrowsWithSize(
    5_000,
    (size) => "a".repeat(size),
    (path) => assert.equal(ignored(path, false), false),
  );
});
