import assert from "node:assert/strict";
import { judgePushes, type Wanted } from "./judge.ts";
import { parseCommits, parseMoves, type Story, type ToldCommit } from "./story.ts";

const [BOT, ANN] = ["bot@example.com", "ann@example.com"] as const;
const [MAIN, COPY] = ["refs/heads/main", "refs/heads/review"] as const;
const FILE = "apps/web.yaml";

function line(tag: string): string {
  return `image: example.test/web:${tag} # {"$imagepolicy": "ns:app"}`;
}

function commit(id: string, parent: string, by: string, from: string, to: string): ToldCommit {
  const change = { removed: [line(from)], added: [line(to)] };
  return { id, parents: [parent], by, changes: new Map([[FILE, change]]) };
}

/** Ann's first commit, two updates, and her revert between them. */
const GOOD: readonly ToldCommit[] = [
  { id: "a", parents: [], by: ANN, changes: new Map([["README", { removed: [], added: ["x"] }]]) },
  commit("b", "a", BOT, "0", "1"),
  commit("c", "b", ANN, "1", "0"),
  commit("d", "c", BOT, "0", "2"),
];

function story(commits: readonly ToldCommit[], moves: Story["moves"]): Story {
  return { moves, commits: new Map(commits.map((each) => [each.id, each])) };
}

function moved(ref: string, ...ids: readonly string[]): Story["moves"] {
  return ids.map((to, index) => ({ ref, from: ids[index - 1], to }));
}

const MOVES = [...moved(MAIN, "a", "b", "c", "d"), ...moved(COPY, "b", "d")];
const WANTED: Wanted = {
  bot: BOT,
  path: "apps/",
  branch: MAIN,
  copy: COPY,
  tags: ["1", "2"],
  lastPush: "d",
};

/** The good story with another last commit. */
function ending(last: Partial<ToldCommit>): Story {
  const end = { ...commit("d", "c", BOT, "0", "2"), ...last };
  return story([...GOOD.slice(0, -1), end], MOVES);
}

function changing(path: string, change: { removed: string[]; added: string[] }) {
  return new Map([[FILE, { removed: [line("0")], added: [line("2")] }], [path, change]]);
}

const bugs: readonly {
  readonly bug: string;
  readonly story: Story;
  readonly wanted?: Partial<Wanted>;
  readonly want: RegExp;
}[] = [
  {
    bug: "a branch that is forced",
    story: story(
      [...GOOD, commit("e", "b", BOT, "1", "2")],
      [...MOVES, { ref: MAIN, from: "d", to: "e" }],
    ),
    want: /main was moved from d to e/,
  },
  {
    bug: "an update that is written twice",
    story: story(
      [...GOOD, commit("e", "d", BOT, "2", "2")],
      [...MOVES, ...moved(MAIN, "d", "e").slice(1), ...moved(COPY, "d", "e").slice(1)],
    ),
    wanted: { lastPush: "e" },
    want: /^wrote 1, 2, 2, not 1, 2$/,
  },
  {
    bug: "an update that is lost",
    story: story(GOOD.slice(0, -1), [...moved(MAIN, "a", "b", "c"), ...moved(COPY, "b")]),
    wanted: { lastPush: "b" },
    want: /^wrote 1, not 1, 2$/,
  },
  { bug: "an empty commit", story: ending({ changes: new Map() }), want: /d is empty/ },
  { bug: "a merge", story: ending({ parents: ["c", "b"] }), want: /d has 2 parents/ },
  { bug: "a new root", story: ending({ parents: [] }), want: /d has 0 parents/ },
  {
    bug: "a file elsewhere",
    story: ending({ changes: changing("web.yaml", { removed: [line("0")], added: [line("2")] }) }),
    want: /^d changes web\.yaml$/,
  },
  {
    bug: "another line",
    story: ending({ changes: changing("apps/b.yaml", { removed: ["a: 1"], added: ["a: 2"] }) }),
    want: /d changes more than a value in apps\/b\.yaml/,
  },
  {
    bug: "a line that is gone",
    story: ending({ changes: changing("apps/b.yaml", { removed: [line("0")], added: [] }) }),
    want: /d changes more than a value in apps\/b\.yaml/,
  },
  {
    bug: "a copy that is left behind",
    story: story(GOOD, [...moved(MAIN, "a", "b", "c", "d"), ...moved(COPY, "b")]),
    want: /^refs\/heads\/review lacks d$/,
  },
  {
    bug: "a status that knows nothing of it",
    story: story(GOOD, MOVES),
    wanted: { lastPush: "b" },
    want: /^status tells of b, not of d$/,
  },
];

Deno.test("judgePushes() finds nothing wrong with two updates and a revert between them", () => {
  assert.deepEqual(judgePushes(story(GOOD, MOVES), WANTED), []);
});

for (const { bug, story, wanted = {}, want } of bugs) {
  Deno.test(`judgePushes() finds ${bug}`, () => {
    const found = judgePushes(story, { ...WANTED, ...wanted });

    assert.ok(found.some((trouble) => want.test(trouble)), `found: ${found.join("\n")}`);
  });
}

Deno.test("a story is read from reflogs and git log", () => {
  const [a, b] = ["a".repeat(40), "b".repeat(40)];
  const log = `${"0".repeat(40)} ${a} Ann <a> 1 +0000\tpush\n${a} ${b} Ann <a> 2 +0000\tpush\n`;
  const patch = [
    `\n\ndiff --git a/${FILE} b/${FILE}`,
    "index 1..2 100644",
    `--- a/${FILE}`,
    `+++ b/${FILE}`,
    "@@ -1 +1 @@",
    "--- old",
    "+++ new",
    "diff --git a/x b/x",
    "new file mode 100644",
    "",
  ].join("\n");

  assert.deepEqual(parseMoves(MAIN, log), moved(MAIN, a, b));
  assert.deepEqual([...parseCommits(`\0${a}\0\0${ANN}\0\0${b}\0${a} ${a}\0${BOT}\0${patch}`)], [
    [a, { id: a, parents: [], by: ANN, changes: new Map() }],
    [b, {
      id: b,
      parents: [a, a],
      by: BOT,
      changes: new Map([
        [FILE, { removed: ["-- old"], added: ["++ new"] }],
        ["x", { removed: [], added: [] }],
      ]),
    }],
  ]);
});
