import assert from "node:assert/strict";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { RepairPace } from "./repair_pace.ts";

Deno.test("RepairPace lets the first repairs of an object through at once", () => {
  const pace = new RepairPace(new FakeClock());

  for (let repair = 0; repair < 10; repair++) {
    assert.equal(pace.pauseMs("a"), 0, `repair ${repair}`);
    pace.count("a");
  }

  assert.equal(pace.pauseMs("a"), 2_000);
  assert.equal(pace.pauseMs("b"), 0);
});

Deno.test("RepairPace settles at about one repair a minute in an endless fight", () => {
  const clock = new FakeClock();
  const pace = new RepairPace(clock);
  let repairs = 0;

  // Undone by the other side the moment we have written.
  while (clock.monotonicMs() < 3_600_000) {
    clock.tick(pace.pauseMs("a") || 100);
    pace.count("a");
    repairs++;
  }

  assert.ok(repairs > 50 && repairs < 90, `${repairs} repairs in an hour`);
});

Deno.test("RepairPace forgets objects that nobody fights over any more", () => {
  const clock = new FakeClock();
  const pace = new RepairPace(clock);
  for (let object = 0; object < 100; object++) pace.count(`old-${object}`);

  clock.tick(120_000);
  pace.count("new");

  assert.equal(pace.size, 1);
});
