import assert from "node:assert/strict";
import { defaultBudget } from "../base/mod.ts";
import { gitObjectId, type PackObject, packOf, treeObject } from "../testing/git_objects.ts";
import { buildFileTree } from "./checkout.ts";
import { SHA1 } from "./object_format.ts";
import { PackReader } from "./pack.ts";

const FILE = "100644";
const FOLDER = "40000";
const COMMIT = "ab".repeat(20);

const objects: PackObject[] = [];

function put(type: "blob" | "tree", content: Uint8Array): string {
  const id = gitObjectId(type, content);
  const isNew = objects.every((object) => gitObjectId(type, object.content) !== id);
  if (isNew) objects.push({ type: type === "blob" ? 3 : 2, content });
  return id;
}

const blob = (text: string) => put("blob", new TextEncoder().encode(text));
const folder = (...lines: Parameters<typeof treeObject>[0]) => put("tree", treeObject(lines));

const inner = folder([FILE, "x", blob("x")], [FILE, "ä.yaml", blob("umlaut")]);
const root = folder(
  [FOLDER, "a", folder([FOLDER, "b", inner], [FILE, "c", blob("c")], [FOLDER, "d", inner])],
  [FILE, "a0", blob("a0")],
  ["100755", "e", blob("e")],
  ["120000", "link", blob("e")],
  ["160000", "module", COMMIT],
);

/** In git's order: the folder `a` before `a0`. */
const FILES = [
  "100644 a/b/x x",
  "100644 a/b/ä.yaml umlaut",
  "100644 a/c c",
  "100644 a/d/x x",
  "100644 a/d/ä.yaml umlaut",
  "100644 a0 a0",
  "100755 e e",
  "120000 link e",
  "160000 module ",
];
const PATHS = FILES.map((line) => line.split(" ")[1] ?? "");

function openTree() {
  const reader = new PackReader(SHA1, defaultBudget());
  reader.push(packOf(objects));
  return buildFileTree(reader.finish(), root, SHA1, defaultBudget());
}

Deno.test("PackTree gives every file in git's order, as often as it is asked", () => {
  const tree = openTree();

  for (let time = 0; time < 2; time++) {
    const files = [...tree].map(([path, file]) =>
      `${file.mode} ${path} ${new TextDecoder().decode(file.read())}`
    );
    assert.deepEqual(files, FILES);
  }
  assert.equal(tree.size, FILES.length);
});

Deno.test("PackTree is read as a Map", () => {
  const tree = openTree();
  const visited: string[] = [];
  tree.forEach((file, path, whole) => {
    assert.equal(whole, tree);
    visited.push(`${file.mode} ${path}`);
  });

  assert.deepEqual([...tree.keys()], PATHS);
  assert.deepEqual([...new Map(tree).keys()], PATHS);
  assert.deepEqual(visited, [...tree].map(([path, { mode }]) => `${mode} ${path}`));
  assert.deepEqual([...tree.values()].map(({ sizeBytes }) => sizeBytes), [
    1,
    6,
    1,
    1,
    6,
    2,
    1,
    1,
    0,
  ]);
});

Deno.test("PackTree finds files by their paths, and nothing else", () => {
  const tree = openTree();

  for (const [path, { mode, sizeBytes }] of tree) {
    const found = tree.get(path);
    assert.deepEqual([found?.mode, found?.sizeBytes], [mode, sizeBytes]);
    assert.equal(tree.has(path), true);
  }
  assert.equal(tree.get("module")?.commit, COMMIT);
  for (
    const path of ["", "a", "a/", "a/b", "x", "/a0", "a//c", "a/c/", "a/b/../c", "a/b/z", "no/c"]
  ) {
    assert.equal(tree.get(path), undefined, path);
    assert.equal(tree.has(path), false, path);
  }
});
