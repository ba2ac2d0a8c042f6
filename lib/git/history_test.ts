import assert from "node:assert/strict";
import { defaultBudget, joinBytes, ok } from "../base/mod.ts";
import { gitObjectId, packOf } from "../testing/git_objects.ts";
import { asResult } from "./failure.ts";
import { type FetchedPack, readHistory } from "./history.ts";
import { SHA1 } from "./object_format.ts";
import { PackReader } from "./pack.ts";

/** Commits by name, each on top of the ones that are named. */
const HISTORY = {
  root: [],
  old: ["root"],
  hidden: ["old"],
  side: ["root"],
  merge: ["hidden", "side"],
  top: ["merge"],
} satisfies Record<string, string[]>;
type Name = keyof typeof HISTORY;
const NAMES: readonly Name[] = ["root", "old", "hidden", "side", "merge", "top"];

const objects = new Map<string, Uint8Array>();
for (const name of NAMES) {
  const parents = HISTORY[name].map((parent) => `parent ${id(parent)}\n`).join("");
  const who = "A <a@b> 1 +0000";
  const head = `tree ${"1".repeat(40)}\n${parents}author ${who}\ncommitter ${who}\n`;
  objects.set(name, joinBytes(`${head}\n${name}\n`));
}

const cases: {
  name: string;
  /** What the server sends, call by call. */
  answers: readonly (readonly Name[])[];
  firstParentOnly?: boolean;
  want: readonly Name[] | string;
}[] = [
  {
    name: "goes on to the whole history where a merge leads past the start",
    answers: [["top", "merge", "hidden"], NAMES],
    want: ["top", "merge", "hidden", "side"],
  },
  {
    name: "needs no more for first parents",
    answers: [["top", "merge", "hidden"]],
    firstParentOnly: true,
    want: ["top", "merge", "hidden"],
  },
  {
    name: "refuses a server that leaves a commit out as if it were known",
    answers: [["top", "merge", "side", "root"], ["top", "merge", "side", "root", "old"]],
    want: "InvalidData",
  },
  {
    name: "refuses a server that leaves out what was known before",
    answers: [["top", "merge", "hidden"], ["top", "merge", "hidden", "side", "old"]],
    want: "InvalidData",
  },
  {
    name: "refuses a server that sends nothing",
    answers: [[], [], []],
    want: "InvalidData",
  },
];

for (const { name, answers, firstParentOnly = false, want } of cases) {
  Deno.test(`readHistory() ${name}`, async () => {
    const left = [...answers];
    const range = { from: id("old"), to: id("top"), firstParentOnly };

    const got = await asResult(() =>
      readHistory(range, () => Promise.resolve(ok(pack(left.shift() ?? []))), defaultBudget())
    );

    if (typeof want === "string") assert.equal(!got.ok && got.code, want);
    else assert.deepEqual(got.ok && got.value.map((commit) => commit.id), want.map(id));
    assert.deepEqual(left, []);
  });
}

function id(name: string): string {
  return gitObjectId("commit", objects.get(name) ?? new Uint8Array());
}

function pack(names: readonly Name[]): FetchedPack {
  const contents = names.map((name) => objects.get(name) ?? new Uint8Array());
  const reader = new PackReader(SHA1, defaultBudget());
  reader.push(packOf(contents.map((content) => ({ type: 1, content }))));
  return { pack: reader.finish(), format: SHA1 };
}
