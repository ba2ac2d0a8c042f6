import assert from "node:assert/strict";
import fc from "fast-check";
import { defaultBudget, joinBytes } from "../base/mod.ts";
import { gitObjectId, packOf, treeObject } from "../testing/git_objects.ts";
import { buildFileTree } from "./checkout.ts";
import { GitError } from "./failure.ts";
import { SHA1 } from "./object_format.ts";
import { PackReader } from "./pack.ts";
import { parseTree } from "./tree.ts";

const ID = "ab".repeat(20);
const FILE = "100644";
const LINK = "120000";

Deno.test("parseTree() reads every mode that git writes", () => {
  const content = treeObject([
    [FILE, "a", ID],
    ["100755", "b", ID],
    [LINK, "c", ID],
    ["160000", "d", ID],
    ["40000", "e", ID],
    ["100664", "ä", ID],
  ]);

  const got = parseTree(SHA1, content);

  assert.deepEqual(got.map(({ mode, name }) => `${mode} ${name}`), [
    "100644 a",
    "100755 b",
    "120000 c",
    "160000 d",
    "40000 e",
    "100644 ä",
  ]);
});

Deno.test("parseTree() orders folders as if their names ended in a slash", () => {
  const content = treeObject([[FILE, "a.b", ID], ["40000", "a", ID], [FILE, "a0", ID]]);

  assert.equal(parseTree(SHA1, content).length, 3);
});

const names: readonly (string | Uint8Array)[] = [
  "",
  ".",
  "..",
  "a/b",
  "/",
  "..\\x",
  "a\\b",
  ".git",
  ".GIT",
  ".Git",
  ".gIt ",
  ".git.",
  ".git . .",
  ".git::$INDEX_ALLOCATION",
  ".git:stream",
  "git~1",
  "GIT~1",
  "git~1.",
  ".g\u200cit",
  ".gi\u200dt",
  "\u200e.git",
  ".git\u200f",
  ".g\u202ait",
  ".git\u202e",
  ".\u206agit",
  ".git\u206f",
  "\ufeff.git",
  ".GI\u200cT.",
  new Uint8Array([0xff, 0xfe]),
  new Uint8Array([0x2e, 0xc0, 0xae]),
  "x".repeat(5000),
];

for (const name of names) {
  Deno.test(`parseTree() refuses the name ${JSON.stringify(name).slice(0, 60)}`, () => {
    assert.throws(() => parseTree(SHA1, treeObject([[FILE, name, ID]])), GitError);
  });
}

const lookAlikes = [
  ".gitignore",
  ".gitattributes",
  "git",
  "git~2",
  "a.git",
  ".github",
  "..a",
  "...",
  "~",
  "-x",
];

for (const name of lookAlikes) {
  Deno.test(`parseTree() takes the name ${name}`, () => {
    assert.equal(parseTree(SHA1, treeObject([[FILE, name, ID]])).length, 1);
  });
}

for (const mode of ["0160000", "0120000", "040000", "100777", "777", "0", "100600", "x", ""]) {
  Deno.test(`parseTree() refuses the mode "${mode}"`, () => {
    assert.throws(() => parseTree(SHA1, treeObject([[mode, "a", ID]])), GitError);
  });
}

const trees: { name: string; content: Uint8Array }[] = [
  { name: "the same name twice", content: treeObject([[FILE, "a", ID], [FILE, "a", ID]]) },
  {
    name: "one name for a file and a folder",
    content: treeObject([[FILE, "a", ID], [FILE, "a.b", ID], ["40000", "a", ID]]),
  },
  { name: "names out of order", content: treeObject([[FILE, "b", ID], [FILE, "a", ID]]) },
  { name: ".gitmodules as a link", content: treeObject([[LINK, ".gitmodules", ID]]) },
  { name: ".GITMODULES as a link", content: treeObject([[LINK, ".GITMODULES", ID]]) },
  { name: "an id that is cut off", content: treeObject([[FILE, "a", ID]]).subarray(0, 20) },
  { name: "a name without an end", content: new TextEncoder().encode("100644 abc") },
];

for (const { name, content } of trees) {
  Deno.test(`parseTree() refuses ${name}`, () => {
    assert.throws(() => parseTree(SHA1, content), GitError);
  });
}

Deno.test("parseTree() fails only on purpose when it is given noise", () => {
  const start = fc.constantFrom("", "100644 a\0", "40000 ", "120000 x\0");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, noise) => {
      try {
        parseTree(SHA1, joinBytes(head, noise));
      } catch (thrown) {
        assert.ok(thrown instanceof GitError);
      }
    }),
    { numRuns: 500 },
  );
});

const BLOB = new TextEncoder().encode("content");
const BLOB_ID = gitObjectId("blob", BLOB);

const collisions: { name: string; lines: Parameters<typeof treeObject>[0]; refused: boolean }[] = [
  {
    name: "a link whose name differs from a folder's by case",
    lines: [["40000", "A", "SUB"], [LINK, "a", BLOB_ID]],
    refused: true,
  },
  {
    name: "a link whose name differs from a file's by case",
    lines: [[FILE, "README", BLOB_ID], [LINK, "readme", BLOB_ID]],
    refused: true,
  },
  {
    name: "a link whose name is another form of a file's",
    lines: [[FILE, "fi", BLOB_ID], [LINK, "\ufb01", BLOB_ID]],
    refused: true,
  },
  {
    name: "a link whose name has a sign more that HFS+ ignores",
    lines: [["40000", "A", "SUB"], [LINK, "a\u200c", BLOB_ID]],
    refused: true,
  },
  {
    name: "files whose names differ by case",
    lines: [[FILE, "README", BLOB_ID], [FILE, "readme", BLOB_ID]],
    refused: false,
  },
  { name: "a link alone", lines: [[LINK, "a", BLOB_ID]], refused: false },
];

for (const { name, lines, refused } of collisions) {
  Deno.test(`buildFileTree() ${refused ? "refuses" : "takes"} ${name}`, () => {
    const sub = treeObject([[FILE, "x", BLOB_ID]]);
    const subId = gitObjectId("tree", sub);
    const root = treeObject(
      lines.map(([mode, path, id]) => [mode, path, id === "SUB" ? subId : id]),
    );
    const pack = readPack([
      { type: 3, content: BLOB },
      { type: 2, content: sub },
      { type: 2, content: root },
    ]);
    const build = () => buildFileTree(pack, gitObjectId("tree", root), SHA1, defaultBudget());

    if (refused) assert.throws(build, GitError);
    else assert.equal(build().size, lines.length);
  });
}

Deno.test("buildFileTree() stops at folders that stand for billions of files", () => {
  // Ten levels, each with ten times the level below: ten billion files in eleven objects.
  const objects = [{ type: 3, content: BLOB as Uint8Array }];
  let below: readonly [string, string] = [FILE, BLOB_ID];
  for (let level = 0; level < 10; level++) {
    const [mode, id] = below;
    const tree = treeObject(Array.from({ length: 10 }, (_, index) => [mode, `f${index}`, id]));
    objects.push({ type: 2, content: tree });
    below = ["40000", gitObjectId("tree", tree)];
  }
  const [, root] = below;
  const budget = { ...defaultBudget(), entries: 10_000 };

  assert.throws(() => buildFileTree(readPack(objects), root, SHA1, budget), { limit: "entries" });
});

Deno.test("buildFileTree() counts a content as often as it is used", () => {
  const content = new Uint8Array(1 << 20);
  const id = gitObjectId("blob", content);
  const root = treeObject(Array.from({ length: 10 }, (_, index) => [FILE, `f${index}`, id]));
  const pack = readPack([{ type: 3, content }, { type: 2, content: root }]);
  const budget = { ...defaultBudget(), bytes: 5 << 20 };

  assert.throws(() => buildFileTree(pack, gitObjectId("tree", root), SHA1, budget), {
    limit: "bytes",
  });
});

Deno.test("buildFileTree() keeps submodules as entries without content", () => {
  const root = treeObject([["160000", "lib", ID]]);
  const pack = readPack([{ type: 2, content: root }]);

  const tree = buildFileTree(pack, gitObjectId("tree", root), SHA1, defaultBudget());

  assert.equal(tree.get("lib")?.mode, "160000");
  assert.equal(tree.get("lib")?.read().length, 0);
});

Deno.test("buildFileTree() refuses a folder or content that the pack lacks or that is another kind", () => {
  const blob = { type: 3, content: BLOB };
  for (const mode of [FILE, "40000"]) {
    const root = treeObject([[mode, "a", mode === FILE ? ID : BLOB_ID]]);
    const pack = readPack([blob, { type: 2, content: root }]);

    assert.throws(
      () => buildFileTree(pack, gitObjectId("tree", root), SHA1, defaultBudget()),
      GitError,
    );
  }
});

function readPack(objects: Parameters<typeof packOf>[0]): PackReader {
  const reader = new PackReader(SHA1, defaultBudget());
  reader.push(packOf(objects));
  reader.finish();
  return reader;
}
