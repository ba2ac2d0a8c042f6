import assert from "node:assert/strict";
import { FakeClock } from "../testing/fake_clock.ts";
import type { Until, WatchedObject } from "./outcome.ts";
import { Parking } from "./parking.ts";

const MINUTE = 60_000;
const OBJECT: WatchedObject = {
  apiVersion: "v1",
  kind: "Pod",
  namespace: "apps",
  name: "p",
  seen: "1",
};

const limits: { name: string; until: Until; wantMs: number }[] = [
  { name: "time", until: { kind: "time", delayMs: 700 }, wantMs: 700 },
  {
    name: "a dependency",
    until: { kind: "dependency", objects: [OBJECT], retryMs: 30_000 },
    wantMs: 30_000,
  },
  {
    name: "health, whose deadline is a moment",
    until: { kind: "healthy", objects: [OBJECT], deadlineMs: 5_000 },
    wantMs: 4_000,
  },
  {
    name: "health, past its deadline",
    until: { kind: "healthy", objects: [OBJECT], deadlineMs: 500 },
    wantMs: 0,
  },
];

for (const { name, until, wantMs } of limits) {
  Deno.test(`Parking ends a wait for ${name} by time`, async () => {
    const { clock, parking, woken } = harness();
    await clock.advance(1_000);

    parking.park("a", until, undefined, () => woken.push(clock.monotonicMs() - 1_000));
    await clock.advance(MINUTE);

    assert.deepEqual(woken, [wantMs]);
    assert.deepEqual([parking.has("a"), clock.pending], [false, 0]);
  });
}

Deno.test("Parking wakes once for a burst of changes, and stops to watch", async () => {
  const { clock, parking, woken, watch, change, watching } = harness();
  parking.park("a", dependency("1"), watch, () => woken.push(clock.monotonicMs()));
  assert.equal(watching(), 1);

  await clock.advance(100);
  for (let time = 0; time < 5; time++) change();
  await clock.advance(MINUTE);

  assert.deepEqual(woken, [120]);
  assert.deepEqual([watching(), clock.pending], [0, 0]);
});

Deno.test("Parking hears of a change that the watch knows from the start", async () => {
  const { clock, parking, woken } = harness();

  parking.park("a", dependency("1"), (_, wake) => {
    wake();
    return () => {};
  }, () => woken.push(clock.monotonicMs()));
  await clock.advance(MINUTE);

  assert.deepEqual(woken, [20]);
});

Deno.test("Parking slows down for one that is woken again by what it has seen already", async () => {
  const { clock, parking, woken } = harness();
  let seen = "1";
  function park(): void {
    parking.park("a", dependency(seen), (_, wake) => {
      wake();
      return () => {};
    }, () => {
      woken.push(clock.monotonicMs());
      if (woken.length === 4) seen = "2";
      if (woken.length < 6) park();
    });
  }

  park();
  await clock.advance(MINUTE);

  const pauses = woken.map((at, index) => at - (woken[index - 1] ?? 0));
  assert.deepEqual(pauses, [20, 40, 80, 160, 20, 40]);
});

Deno.test("Parking.leave() ends a wait without waking, and what comes late is not heard", async () => {
  const { clock, parking, woken, watch, change, watching } = harness();
  parking.park("a", dependency("1"), watch, () => woken.push(1));
  change();

  parking.leave("a");
  change();
  await clock.advance(MINUTE);

  assert.deepEqual([woken, watching(), clock.pending, parking.has("a")], [[], 0, 0, false]);
});

Deno.test("Parking.park() again replaces the wait", async () => {
  const { clock, parking, woken, watch, watching } = harness();
  parking.park("a", dependency("1"), watch, () => woken.push(1));

  parking.park("a", { kind: "time", delayMs: 10 }, watch, () => woken.push(2));
  await clock.advance(MINUTE);

  assert.deepEqual([woken, watching()], [[2], 0]);
});

Deno.test("Parking.clear() ends all waits", async () => {
  const { clock, parking, woken, watch, watching } = harness();
  for (const key of ["a", "b"]) parking.park(key, dependency("1"), watch, () => woken.push(1));

  parking.clear();
  await clock.advance(MINUTE);

  assert.deepEqual([woken, watching(), clock.pending], [[], 0, 0]);
});

function dependency(seen: string): Until {
  return { kind: "dependency", objects: [{ ...OBJECT, seen }], retryMs: 30_000 };
}

function harness() {
  const clock = new FakeClock();
  const wakes = new Set<() => void>();
  return {
    clock,
    parking: new Parking(clock),
    woken: [] as number[],
    watch(_: readonly WatchedObject[], wake: () => void) {
      const own = () => wake();
      wakes.add(own);
      return () => wakes.delete(own);
    },
    change: () => wakes.forEach((wake) => wake()),
    watching: () => wakes.size,
  };
}
