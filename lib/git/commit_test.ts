import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../base/mod.ts";
import { assertGrowsWithSize } from "../testing/growth.ts";
import { commitTitle, parseCommit, parseTagTarget } from "./commit.ts";
import { GitError } from "./failure.ts";
import { SHA1, SHA256 } from "./object_format.ts";

const TREE = "ab".repeat(20);
const WHO = "Ann Other <ann@example.com> 1700000000 -0130";

Deno.test("parseCommit() reads parents, people, signature and message", () => {
  const got = parseCommit(
    SHA1,
    bytes([
      `tree ${TREE}`,
      `parent ${"1".repeat(40)}`,
      `parent ${"2".repeat(40)}`,
      `author ${WHO}`,
      `committer <> 5 +0000`,
      "gpgsig -----BEGIN",
      " tree not a header",
      " -----END",
      "",
      "subject",
      "",
      "body\n",
    ]),
  );

  assert.deepEqual(got, {
    tree: TREE,
    parents: ["1".repeat(40), "2".repeat(40)],
    author: { name: "Ann Other", email: "ann@example.com", timeSeconds: 1700000000, zone: "-0130" },
    committer: { name: "", email: "", timeSeconds: 5, zone: "+0000" },
    message: "subject\n\nbody\n",
  });
});

Deno.test("parseCommit() knows SHA-256 ids", () => {
  const tree = "cd".repeat(32);

  assert.equal(
    parseCommit(SHA256, bytes([`tree ${tree}`, `author ${WHO}`, `committer ${WHO}`, ""])).tree,
    tree,
  );
});

const broken: { name: string; lines: readonly string[] }[] = [
  { name: "no tree", lines: [`author ${WHO}`, `committer ${WHO}`] },
  { name: "a short tree id", lines: ["tree abc", `author ${WHO}`, `committer ${WHO}`] },
  { name: "no author", lines: [`tree ${TREE}`, `committer ${WHO}`] },
  {
    name: "a tree that only the message names",
    lines: [`author ${WHO}`, `committer ${WHO}`, "", `tree ${TREE}`],
  },
  {
    name: "a parent that git does not see",
    lines: [`tree ${TREE}`, `author ${WHO}`, `parent ${TREE}`, `committer ${WHO}`],
  },
  {
    name: "a parent before the tree",
    lines: [`parent ${TREE}`, `tree ${TREE}`, `author ${WHO}`, `committer ${WHO}`],
  },
  {
    name: "a damaged parent",
    lines: [`tree ${TREE}`, "parent x", `author ${WHO}`, `committer ${WHO}`],
  },
];

for (const { name, lines } of broken) {
  Deno.test(`parseCommit() refuses ${name}`, () => {
    assert.throws(() => parseCommit(SHA1, bytes([...lines, ""])), GitError);
  });
}

Deno.test("parseCommit() takes time in proportion to the headers", async () => {
  await assertGrowsWithSize(
    10_000,
    (size) => bytes(Array(size).fill("parent")),
    (raw) => assert.throws(() => parseCommit(SHA1, raw), GitError),
  );
});

Deno.test("parseTagTarget() reads what an annotated tag names", () => {
  assert.equal(parseTagTarget(SHA1, bytes([`object ${TREE}`, "type commit", "", "v1"])), TREE);
  assert.throws(() => parseTagTarget(SHA1, bytes(["type commit"])), GitError);
});

Deno.test("parseCommit() fails only on purpose when it is given noise", () => {
  const start = fc.constantFrom("", `tree ${TREE}\n`, `tree ${TREE}\nauthor <`, "\n\n");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (head, noise) => {
      try {
        parseCommit(SHA1, joinBytes(head, noise, `\nauthor ${WHO}\ncommitter x\n\n`));
      } catch (thrown) {
        assert.ok(thrown instanceof GitError);
      }
    }),
    { numRuns: 300 },
  );
});

function bytes(lines: readonly string[]): Uint8Array {
  return new TextEncoder().encode(lines.join("\n"));
}

Deno.test("commitTitle() gives the first line, at most 50 characters of it", () => {
  const long = "😀".repeat(51);

  const got = ["a\n\nb", "\na", "  a ", "", long].map(commitTitle);

  assert.deepEqual(got, ["a", "", "  a ", "", `${"😀".repeat(50)}...`]);
});
