import assert from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import {
  type Budget,
  defaultBudget,
  type FileMode,
  type FileTree,
  joinBytes,
  treeOf,
} from "../base/mod.ts";
import { paxRecord, rawEntry, sizedEntry, TAR_END } from "../testing/raw_tar.ts";
import { BLOCK_BYTES } from "./header.ts";
import { readArchive, type ReadOptions, readTar } from "./read.ts";
import { type Skip, writeArchive } from "./write.ts";

Deno.test("writeArchive() writes the golden archive's entries, modes and order", async () => {
  const tree = new Map([
    ...treeOf({ "sub/b.yaml": "b", "app.yaml": "a", "empty/.keep": "", "a.txt": "x", "a/b": "y" }),
    entry("run.sh", "100755", "#!/bin/sh\n"),
    entry("link", "120000", "app.yaml"),
    entry("lib", "160000", ""),
  ]);

  const archive = await write(tree);

  assert.deepEqual([...archive.subarray(0, 10)], [31, 139, 8, 0, 0, 0, 0, 0, 0, 255]);
  assert.deepEqual(listTar(gunzipSync(archive)), [
    "5 750 .",
    "5 750 a",
    "0 600 a/b",
    "0 600 a.txt",
    "0 600 app.yaml",
    "5 750 empty",
    "0 600 empty/.keep",
    "5 750 lib",
    "0 700 run.sh",
    "5 750 sub",
    "0 600 sub/b.yaml",
  ]);
});

Deno.test("writeArchive() names nobody and no time", async () => {
  const tar = gunzipSync(await write(treeOf({ a: "1" })));
  const block = tar.subarray(BLOCK_BYTES, 2 * BLOCK_BYTES);

  assert.equal(text(block.subarray(108, 124)), "0000000\x000000000\0");
  assert.equal(text(block.subarray(136, 148)), "00000000000\0");
  assert.equal(text(block.subarray(257, 265)), "ustar\x0000");
  assert.deepEqual([...block.subarray(265, 329)], Array(64).fill(0));
});

Deno.test("writeArchive() gives the same bytes for the same files in any order", async () => {
  const files = { b: "1", "a/x": "2", "a/y": "3" };

  const one = await write(treeOf(files));
  const two = await write(new Map([...treeOf(files)].reverse()));

  assert.deepEqual(one, two);
});

Deno.test("writeArchive() asks for files and folders, and keeps files of skipped folders", async () => {
  const tree = treeOf({ "a/b/keep": "1", "a/b/drop": "2", "c/drop": "3" });
  const skip: Skip = (path, isFolder) => path === "a/b" && isFolder || path.endsWith("drop");

  const archive = await write(tree, skip);

  assert.deepEqual(listTar(gunzipSync(archive)), [
    "5 750 .",
    "5 750 a",
    "0 600 a/b/keep",
    "5 750 c",
  ]);
});

const paths = [
  "a",
  "x".repeat(100),
  `${"d".repeat(60)}/${"e".repeat(60)}/f`,
  `${"d".repeat(154)}/${"f".repeat(100)}`,
  "x".repeat(101),
  `${"d".repeat(156)}/${"f".repeat(100)}`,
  "ä/ö",
  "日本/".repeat(60) + "x",
  "a b\tc\nd",
];

for (const path of paths) {
  Deno.test(`readArchive() reads back ${JSON.stringify(path).slice(0, 40)}`, async () => {
    const got = readArchive(await write(treeOf({ [path]: "content" })), defaultBudget());

    assert.ok(got.ok, got.ok ? "" : got.message);
    assert.deepEqual([...got.value.keys()], [path]);
    assert.equal(text(got.value.get(path)?.read()), "content");
  });
}

Deno.test("readArchive() reads back any tree", async () => {
  const part = fc.stringMatching(/^[a-zA-Z0-9ä_ -]{1,40}$/);
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const files = fc.uniqueArray(fc.tuple(path, fc.uint8Array({ maxLength: 1500 })), {
    selector: ([name]) => name.split("/")[0],
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      const got = readArchive(await write(treeOf(Object.fromEntries(entries))), defaultBudget());

      assert.ok(got.ok, got.ok ? "" : got.message);
      assert.equal(got.value.size, entries.length);
      for (const [name, content] of entries) {
        assert.deepEqual([...got.value.get(name)?.read() ?? []], [...content]);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("readTar() reads GNU long names and global comments", () => {
  const long = `${"long/".repeat(40)}name`;
  const tar = joinBytes(
    rawEntry({ path: "pax_global_header", type: "g", content: paxRecord("comment", "0123456") }),
    rawEntry({ path: "././@LongLink", type: "L", content: `${long}\0` }),
    rawEntry({ path: long.slice(0, 100), content: "1" }),
    rawEntry({ path: "./a/", type: "5" }),
    rawEntry({ path: "./a//b", mode: 0o6777, content: "2" }),
    TAR_END,
  );

  const got = readTar(tar, defaultBudget());

  assert.ok(got.ok, got.ok ? "" : got.message);
  assert.deepEqual([...got.value].map(([path, { mode }]) => `${mode} ${path}`), [
    `100644 ${long}`,
    "100755 a/b",
  ]);
});

Deno.test("readTar() leaves symbolic links out when asked, hard links never pass", () => {
  const options: ReadOptions = { links: "skip" };
  const link = joinBytes(
    rawEntry({ path: "l", type: "2" }),
    rawEntry({ path: "a", content: "1" }),
    TAR_END,
  );
  const hard = joinBytes(rawEntry({ path: "l", type: "1" }), TAR_END);

  const skipped = readTar(link, defaultBudget(), options);
  const refused = readTar(hard, defaultBudget(), options);

  assert.deepEqual(skipped.ok && [...skipped.value.keys()], ["a"]);
  assert.equal(!refused.ok && refused.code, "InvalidArchive");
});

// What would lead a program that writes files through a link, or to a neighbour's file, is only names here.
Deno.test("readTar() keeps apart what a file system takes for the same", () => {
  const tar = joinBytes(
    rawEntry({ path: "a", type: "2", target: "/tmp" }),
    rawEntry({ path: "a/x", content: "1" }),
    rawEntry({ type: "x", content: paxRecord("path", "ﬁ") }),
    rawEntry({ content: "2" }),
    rawEntry({ path: "fi", content: "3" }),
    rawEntry({ path: "b", type: "2", target: "a" }),
    rawEntry({ path: "c", type: "2", target: "b" }),
    TAR_END,
  );

  const got = readTar(tar, defaultBudget(), { links: "skip" });

  assert.deepEqual(got.ok && [...got.value.keys()].sort(), ["a/x", "fi", "ﬁ"]);
});

Deno.test("readTar() keeps of a mode whether its file is a program", () => {
  const modes = [0o644, 0o755, 0o6777, 0o1000];
  const entries = modes.map((mode, at) => rawEntry({ path: `f${at}`, mode }));

  const got = readTar(joinBytes(...entries, TAR_END), defaultBudget());

  const kept = got.ok ? [...got.value.values()].map(({ mode }) => mode) : [];
  assert.deepEqual(kept, ["100644", "100755", "100755", "100644"]);
});

const hostile: { name: string; tar: Uint8Array; budget?: Partial<Budget>; code?: string }[] = [
  { name: "a path that climbs out", tar: joinBytes(rawEntry({ path: "../x" }), TAR_END) },
  {
    name: "a path that climbs in the middle",
    tar: joinBytes(rawEntry({ path: "a/../../x" }), TAR_END),
  },
  {
    name: "a neighbour whose name begins as ours",
    tar: joinBytes(rawEntry({ path: "../app-evil/x" }), TAR_END),
  },
  { name: "an absolute path", tar: joinBytes(rawEntry({ path: "/etc/passwd" }), TAR_END) },
  { name: "a symbolic link", tar: joinBytes(rawEntry({ path: "a", type: "2" }), TAR_END) },
  { name: "a hard link", tar: joinBytes(rawEntry({ path: "a", type: "1" }), TAR_END) },
  { name: "a character device", tar: joinBytes(rawEntry({ path: "a", type: "3" }), TAR_END) },
  { name: "a pipe", tar: joinBytes(rawEntry({ path: "a", type: "6" }), TAR_END) },
  { name: "a GNU sparse file", tar: joinBytes(rawEntry({ path: "a", type: "S" }), TAR_END) },
  {
    name: "a file that is a folder too",
    tar: joinBytes(rawEntry({ path: "a" }), rawEntry({ path: "a/b" }), TAR_END),
  },
  {
    name: "a folder that is a file too",
    tar: joinBytes(rawEntry({ path: "a/b" }), rawEntry({ path: "a" }), TAR_END),
  },
  { name: "a wrong checksum", tar: joinBytes(damaged(rawEntry({ path: "a" }), 0, 98), TAR_END) },
  { name: "a negative size", tar: joinBytes(sizedEntry([0xff, ...Array(11).fill(0xff)]), TAR_END) },
  {
    name: "a size of 2^63",
    tar: joinBytes(sizedEntry([0x80, 0, 0, 0, 0x80, ...Array(7).fill(0)]), TAR_END),
  },
  {
    name: "a size of garbage",
    tar: joinBytes(sizedEntry([...new TextEncoder().encode("99999999999\0")]), TAR_END),
  },
  { name: "a size beyond the archive", tar: joinBytes(sizedEntry([...octal(5000)]), TAR_END) },
  {
    name: "a zero byte in a pax path",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "a\0../../x") }),
      rawEntry({ path: "a" }),
      TAR_END,
    ),
  },
  {
    name: "a pax path that climbs out",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "../x") }),
      rawEntry({ path: "a" }),
      TAR_END,
    ),
  },
  {
    name: "a global pax path",
    tar: joinBytes(
      rawEntry({ type: "g", content: paxRecord("path", "b") }),
      rawEntry({ path: "a" }),
      TAR_END,
    ),
  },
  {
    name: "two pax paths for one entry",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "b") }),
      rawEntry({ type: "x", content: paxRecord("path", "c") }),
      rawEntry({ path: "a" }),
      TAR_END,
    ),
  },
  {
    name: "a pax record that repeats its key",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "b") + paxRecord("path", "c") }),
      rawEntry({}),
      TAR_END,
    ),
  },
  {
    name: "a pax record without a length",
    tar: joinBytes(rawEntry({ type: "x", content: "path=b\n" }), TAR_END),
  },
  {
    name: "a pax sparse map",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("GNU.sparse.map", "0,1") }),
      rawEntry({}),
      TAR_END,
    ),
  },
  {
    name: "a pax record of 2 MiB",
    tar: joinBytes(rawEntry({ type: "x", content: paxRecord("x", "y".repeat(2 << 20)) }), TAR_END),
  },
  {
    name: "a pax record for no entry",
    tar: joinBytes(rawEntry({ type: "x", content: paxRecord("path", "b") }), TAR_END),
  },
  { name: "no end", tar: rawEntry({ path: "a", content: "1" }) },
  { name: "half an end", tar: joinBytes(rawEntry({ path: "a" }), new Uint8Array(BLOCK_BYTES)) },
  {
    name: "a path of a thousand folders",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "a/".repeat(1000) + "b") }),
      rawEntry({}),
      TAR_END,
    ),
  },
  {
    name: "a path of a hundred thousand folders",
    tar: joinBytes(
      rawEntry({ type: "x", content: paxRecord("path", "a/".repeat(100_000) + "b") }),
      rawEntry(),
      TAR_END,
    ),
  },
  {
    name: "a pax record that claims a gibibyte",
    tar: joinBytes(rawEntry({ type: "x", content: "1073741824 path=b\n" }), rawEntry(), TAR_END),
  },
  {
    name: "a path that is global and its entry's own",
    tar: joinBytes(
      rawEntry({ type: "g", content: paxRecord("path", "b") }),
      rawEntry({ type: "x", content: paxRecord("path", "c") }),
      rawEntry(),
      TAR_END,
    ),
  },
  {
    name: "more entries than allowed",
    tar: joinBytes(...Array.from({ length: 20 }, (_, at) => rawEntry({ path: `f${at}` })), TAR_END),
    budget: { entries: 10 },
    code: "TooLarge",
  },
  {
    name: "more bytes than allowed",
    tar: joinBytes(rawEntry({ path: "a", content: "x".repeat(5000) }), TAR_END),
    budget: { bytes: 4000 },
    code: "TooLarge",
  },
];

for (const { name, tar, budget, code } of hostile) {
  Deno.test(`readTar() refuses ${name}`, () => {
    const got = readTar(tar, { ...defaultBudget(), ...budget });

    assert.equal(got.ok ? "read" : got.code, code ?? "InvalidArchive");
  });
}

Deno.test("readTar() refuses an archive that is cut off at any block", async () => {
  const files = Array.from({ length: 50 }, (_, at) => [`d${at % 7}/f${at}`, "x".repeat(at * 37)]);
  const tar = gunzipSync(await write(treeOf(Object.fromEntries(files))));

  for (let length = 0; length < tar.length; length += BLOCK_BYTES) {
    const got = readTar(tar.subarray(0, length), defaultBudget());
    assert.equal(!got.ok && got.code, "InvalidArchive", `cut at ${length}`);
  }
});

Deno.test("readArchive() stops at gzip bombs, of one part and of many", () => {
  const bomb = gzipSync(new Uint8Array(64 << 20));
  const parts = joinBytes(...Array.from({ length: 64 }, () => gzipSync(new Uint8Array(1 << 20))));

  for (const archive of [bomb, parts]) {
    const got = readArchive(archive, defaultBudget());
    assert.equal(!got.ok && got.code, "TooLarge");
  }
});

Deno.test("readArchive() refuses what is not gzip, or not all of it", async () => {
  const archive = await write(treeOf({ a: "1" }));
  const flipped = archive.slice();
  flipped[flipped.length - 6] = (flipped[flipped.length - 6] ?? 0) ^ 1;

  for (const bytes of [new Uint8Array(), archive.subarray(0, -1), archive.subarray(1), flipped]) {
    const got = readArchive(bytes, defaultBudget());
    assert.equal(!got.ok && got.code, "InvalidArchive");
  }
});

Deno.test("readTar() fails only on purpose when a sound archive is damaged", async () => {
  const tar = gunzipSync(await write(treeOf({ "a/b": "1", ["ä".repeat(80)]: "2" })));
  fc.assert(
    fc.property(fc.nat(tar.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const got = readTar(damaged(tar, at, change), defaultBudget());
      for (const path of got.ok ? got.value.keys() : []) assert.doesNotMatch(path, /^\/|\.\./);
    }),
    { numRuns: 500 },
  );
});

function octal(value: number): Uint8Array {
  return new TextEncoder().encode(`${value.toString(8).padStart(11, "0")}\0`);
}

function damaged(tar: Uint8Array, at: number, change: number): Uint8Array {
  const copy = new Uint8Array(tar);
  copy[at] = (copy[at] ?? 0) ^ change;
  return copy;
}

function entry(path: string, mode: FileMode, content: string): [string, ReturnType<typeof make>] {
  return [path, make(mode, content)];
}

function make(mode: FileMode, content: string) {
  return { mode, read: () => new TextEncoder().encode(content) };
}

async function write(tree: FileTree, skip?: Skip): Promise<Uint8Array<ArrayBuffer>> {
  return joinBytes(
    ...await Array.fromAsync(writeArchive(tree, skip === undefined ? {} : { skip })),
  );
}

/** Type, mode and path of each entry, read without our reader. */
function listTar(tar: Uint8Array): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; (tar[at] ?? 0) !== 0;) {
    const name = text(tar.subarray(at, at + 100)).replace(/\0.*$/s, "");
    const mode = parseInt(text(tar.subarray(at + 100, at + 107)), 8).toString(8);
    const size = parseInt(text(tar.subarray(at + 124, at + 135)), 8);
    lines.push(`${String.fromCharCode(tar[at + 156] ?? 0)} ${mode} ${name}`);
    at += BLOCK_BYTES + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return lines;
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
