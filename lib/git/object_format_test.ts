import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { defaultBudget, joinBytes } from "../base/mod.ts";
import { appendingDelta, noiseOf, type PackObject, packOf } from "../testing/git_objects.ts";
import { GitError } from "./failure.ts";
import { type ObjectFormat, objectId, SHA1, SHA256 } from "./object_format.ts";
import { PackReader } from "./pack.ts";

for (const format of [SHA1, SHA256]) {
  Deno.test(`objectId() is what git computes by ${format.name}`, () => {
    for (const length of [0, 1, 55, 300, 4_080, 4_090, 5_000, 70_000]) {
      const content = noiseOf(length);
      const head = `tree ${length}\0`;
      const want = createHash(format.name).update(head).update(content).digest("hex");
      assert.equal(objectId(format, "tree", content), want);
    }
  });
}

/**
 * Takes whatever says MARK for an attack: nobody has computed a collision of two objects of git yet. How real ones
 * are found is tested beside `digestSha1()`.
 */
const MARK = "made to collide";
const MARKED: ObjectFormat = {
  ...SHA1,
  digest(head, content) {
    return { ...SHA1.digest(head, content), isAttack: textOf(content).includes(MARK) };
  },
};

Deno.test("objectId() refuses what shows the signs of an attack, and names it", () => {
  const content = joinBytes(`a: ${MARK}\n`);
  const id = objectId(SHA1, "blob", content);

  assert.throws(
    () => objectId(MARKED, "blob", content),
    new GitError("InvalidData", `The blob ${id} shows the signs of a SHA-1 collision attack`),
  );
});

const marked = joinBytes("x".repeat(100), MARK, "y".repeat(100));
const large = joinBytes(noiseOf(9_000), marked, noiseOf(9_000));
const base = joinBytes("a base\n", MARK.slice(0, 5));
const packs: { name: string; type: string; objects: readonly PackObject[] }[] = [
  { name: "a commit", type: "commit", objects: [{ type: 1, content: marked }] },
  { name: "a tree", type: "tree", objects: [{ type: 2, content: marked }] },
  { name: "a blob", type: "blob", objects: [{ type: 3, content: marked }] },
  { name: "a tag", type: "tag", objects: [{ type: 4, content: marked }] },
  { name: "the middle of a large blob", type: "blob", objects: [{ type: 3, content: large }] },
  {
    name: "what a delta and its base make together",
    type: "blob",
    objects: [
      { type: 3, content: base },
      { type: 6, back: 1, content: appendingDelta(base, joinBytes(MARK.slice(5))) },
    ],
  },
  {
    name: "the last of many",
    type: "blob",
    objects: [
      ...Array.from({ length: 50 }, (_, index) => ({ type: 3, content: joinBytes(`${index}`) })),
      { type: 3, content: marked },
    ],
  },
];

for (const { name, type, objects } of packs) {
  Deno.test(`PackReader refuses an attack in ${name}`, () => {
    readPack(SHA1, objects);
    assert.throws(
      () => readPack(MARKED, objects),
      (thrown) =>
        thrown instanceof GitError && thrown.code === "InvalidData" &&
        /^The \w+ [0-9a-f]{40} shows the signs of a SHA-1 collision attack$/.test(thrown.message) &&
        thrown.message.startsWith(`The ${type} `),
    );
  });
}

function readPack(format: ObjectFormat, objects: readonly PackObject[]): void {
  const reader = new PackReader(format, defaultBudget());
  reader.push(packOf(objects));
  reader.finish();
}

function textOf(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}
