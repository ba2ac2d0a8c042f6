import assert from "node:assert/strict";
import { defaultBudget } from "../../lib/base/mod.ts";
import { keepTags } from "./scan.ts";

/** Each takes a backtracking engine longer than the universe lasts on one of the tags below. */
const HOSTILE = ["^(a+)+$", "^(a|aa)+$", "^(a+a+)+b$", "^(\\w+\\s?)*$"] as const;
const TAGS = Array.from({ length: 1_000 }, (_, index) => `${"a".repeat(110)}-${index}`);

for (const expression of HOSTILE) {
  Deno.test(`keepTags() ends with ${expression}`, async () => {
    const kept = await keepTags([...TAGS, "aab", "aaa"], [expression], defaultBudget());

    assert.ok(kept.ok && kept.value.length >= TAGS.length && kept.value.length < TAGS.length + 2);
  });
}

Deno.test("keepTags() lets others have their turn meanwhile", async () => {
  let turns = 0;
  let isOver = false;
  const takeTurns = () => {
    turns++;
    if (!isOver) setTimeout(takeTurns, 0);
  };
  takeTurns();

  await keepTags(TAGS, HOSTILE, defaultBudget());
  isOver = true;

  assert.ok(turns > 1, "nobody else had a turn");
});

Deno.test("keepTags() ends when its time is up", async () => {
  const got = await keepTags(TAGS, HOSTILE, defaultBudget(AbortSignal.abort()));

  assert.equal(got.ok ? "ok" : got.code, "Timeout");
});

Deno.test("keepTags() gives each tag once, in descending order of its letters", async () => {
  const got = await keepTags(
    ["1.9", "1.10", "1.9", "a", "B", "x.sig"],
    ["\\.sig$"],
    defaultBudget(),
  );

  assert.deepEqual(got, { ok: true, value: ["a", "B", "1.9", "1.10"] });
});
