import assert from "node:assert/strict";
import { type Budget, defaultBudget, limitTime, Meter } from "./mod.ts";

/** A clock that goes on by one each time it is read. */
function tickingClock() {
  let nowMs = 0;
  return {
    now: () => 0,
    monotonicMs: () => nowMs++,
    after: () => ({ cancel: () => {} }),
  };
}

const spenders: readonly { name: string; spend: (meter: Meter) => void }[] = [
  { name: "bytes", spend: (meter) => meter.spendBytes(0, "a loop") },
  { name: "entries", spend: (meter) => meter.spendEntries(0, "a loop") },
  { name: "resources", spend: (meter) => meter.spendResources(0, "a loop") },
  { name: "nothing", spend: (meter) => meter.step("a loop") },
];

for (const { name, spend } of spenders) {
  Deno.test(`a loop that spends ${name} and never waits ends by the clock it reads`, () => {
    const meter = new Meter(limitTime(defaultBudget(), tickingClock(), 10));
    assert.throws(() => {
      for (;;) spend(meter);
    }, { limit: "time", message: "Time is up at a loop" });
  });
}

Deno.test("a loop that was called off ends too, time limit or not", () => {
  const budgets: Budget[] = [
    defaultBudget(AbortSignal.abort()),
    limitTime(defaultBudget(AbortSignal.abort()), tickingClock(), 1_000_000),
  ];
  for (const budget of budgets) {
    assert.throws(() => new Meter(budget).checkTime("a loop"), { limit: "time" });
  }
});

Deno.test("the clock is not read at every step", () => {
  let reads = 0;
  const time = { endMs: Infinity, nowMs: () => reads++ };
  const meter = new Meter({ ...defaultBudget(), time });
  for (let turn = 0; turn < 100_000; turn++) meter.step("a loop");
  assert.ok(reads > 100 && reads < 1_000, `${reads} reads`);
});
