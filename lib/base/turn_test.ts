import assert from "node:assert/strict";
import { defaultBudget } from "./budget.ts";
import { inTurns } from "./turn.ts";

/** Keeps the thread to itself. */
function busy(): void {
  const endMs = performance.now() + 4;
  while (performance.now() < endMs);
}

Deno.test("inTurns() lets others have their turn meanwhile", async () => {
  const seen: string[] = [];
  setTimeout(() => seen.push("somebody else"), 0);

  const isDone = await inTurns(["a", "b", "c", "d", "e"], (item) => {
    busy();
    seen.push(item);
  }, defaultBudget());

  assert.equal(isDone, true);
  assert.notEqual(seen.at(-1), "somebody else");
  assert.deepEqual(seen.filter((it) => it.length === 1), ["a", "b", "c", "d", "e"]);
});

Deno.test("inTurns() ends when the run is called off by one of the others", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 0);
  let taken = 0;

  const isDone = await inTurns(Array.from({ length: 100 }), () => {
    busy();
    taken++;
  }, defaultBudget(controller.signal));

  assert.equal(isDone, false);
  assert.ok(taken > 0 && taken < 100);
});

Deno.test("inTurns() takes no step where the time is up before", async () => {
  const budget = defaultBudget(AbortSignal.abort());

  assert.equal(await inTurns([1], () => assert.fail(), budget), false);
});
