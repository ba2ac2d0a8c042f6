import assert from "node:assert/strict";
import { treeOf } from "../../lib/base/mod.ts";
import { lfsWarning } from "./lfs_pointers.ts";

const ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${
  "1".repeat(64)
}\nsize 9\n`;

const cases: { name: string; files: Record<string, string>; want: string | undefined }[] = [
  { name: "no LFS at all", files: { "a.bin": POINTER }, want: undefined },
  {
    name: "a pointer",
    files: { ".gitattributes": ATTRIBUTES, "a.bin": POINTER, "b.yaml": "a: 1\n" },
    want: '"a.bin"',
  },
  {
    name: "attributes in a folder",
    files: { "x/.gitattributes": ATTRIBUTES, "x/a.bin": POINTER },
    want: '"x/a.bin"',
  },
  {
    name: "a pointer that is not stored",
    files: { ".gitattributes": ATTRIBUTES, "a.skip": POINTER },
    want: undefined,
  },
  {
    name: "a long file that begins like one",
    files: { ".gitattributes": ATTRIBUTES, "a.bin": POINTER + "x".repeat(1024) },
    want: undefined,
  },
  {
    name: "many pointers",
    files: {
      ".gitattributes": ATTRIBUTES,
      ...Object.fromEntries([..."abcdefg"].map((name) => [name, POINTER])),
    },
    want: '"a", "b", "c", "d", "e" and 2 more',
  },
];

for (const { name, files, want } of cases) {
  Deno.test(`lfsWarning() of a tree with ${name}`, () => {
    const got = lfsWarning(treeOf(files), (path) => path.endsWith(".skip"));

    const before = "Git LFS is not followed, these files are stored as pointers: ";
    assert.equal(got?.message, want && before + want);
  });
}
