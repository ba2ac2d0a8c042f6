import assert from "node:assert/strict";
import { thing } from "../testing/thing_kind.ts";
import { nextRun } from "./next_run.ts";
import { type Outcome, ready, retry, stalled, wait } from "./outcome.ts";

const MINUTE = 60_000;
const DONE: Outcome<unknown> = ready("Succeeded", "done");
const FAILED: Outcome<unknown> = retry("Failed", { message: "no" });
const TIME = { kind: "time", delayMs: 5 } as const;

const cases = [
  { name: "ready: at the interval", outcome: DONE, want: { kind: "after", delayMs: 10 * MINUTE } },
  {
    name: "ready: after a delay of its own, which is not spread",
    outcome: { ...DONE, afterMs: 7 },
    jitter: 5,
    random: 0,
    want: { kind: "after", delayMs: 7 },
  },
  {
    name: "ready, the least of the spread",
    outcome: DONE,
    jitter: 5,
    random: 0,
    want: { kind: "after", delayMs: 9.5 * MINUTE },
  },
  {
    name: "ready, the most of the spread",
    outcome: DONE,
    jitter: 5,
    random: 1,
    want: { kind: "after", delayMs: 10.5 * MINUTE },
  },
  {
    name: "ready, but the summary says no: as a failure",
    outcome: DONE,
    isReady: false,
    want: { kind: "backoff" },
  },
  {
    name: "ready, a spread that leaves nothing of the interval: in a second",
    outcome: DONE,
    jitter: 150,
    random: 0,
    want: { kind: "after", delayMs: 1_000 },
  },
  {
    name: "ready, no interval: never by itself",
    outcome: DONE,
    interval: "0s",
    want: { kind: "after", delayMs: Infinity },
  },
  {
    name: "ready, a negative interval: never by itself",
    outcome: DONE,
    interval: "-1m",
    want: { kind: "after", delayMs: Infinity },
  },
  {
    name: "ready, a tiny interval: once a second",
    outcome: DONE,
    interval: "1ns",
    want: { kind: "after", delayMs: 1_000 },
  },
  {
    name: "ready, an interval that cannot be read: in a minute",
    outcome: DONE,
    interval: "soon",
    want: { kind: "after", delayMs: MINUTE },
  },
  { name: "retry: backs off", outcome: FAILED, want: { kind: "backoff" } },
  {
    name: "retry: after a delay of its own",
    outcome: { ...FAILED, afterMs: 2 * MINUTE },
    jitter: 5,
    random: 0,
    want: { kind: "after", delayMs: 2 * MINUTE },
  },
  {
    name: "stalled: rests",
    outcome: stalled<unknown>("Invalid", { message: "no" }),
    want: { kind: "rest" },
  },
  {
    name: "stalled by what others may mend: parks",
    outcome: stalled<unknown>("Circle", { message: "no" }, { until: TIME }),
    want: { kind: "park", until: TIME },
  },
  {
    name: "wait: parks",
    outcome: wait<unknown>("Waiting", "for x", TIME),
    want: { kind: "park", until: TIME },
  },
  {
    name: "wait for nothing: backs off",
    outcome: { kind: "wait", reason: "Waiting", message: "for nothing" } as const,
    want: { kind: "backoff" },
  },
];

for (
  const { name, outcome, isReady = true, interval = "10m", jitter = 0, random = 0.5, want } of cases
) {
  Deno.test(`nextRun() after ${name}`, () => {
    const object = { ...thing(), spec: { interval } };

    const got = nextRun({ jitterPercent: jitter }, object, outcome, {
      isReady,
      random: () => random,
    });

    assert.deepEqual(got, want);
  });
}

Deno.test("nextRun() goes by the kind's own interval where it has one", () => {
  const kind = { jitterPercent: 0, intervalMs: () => Infinity };

  const got = nextRun(kind, { ...thing(), spec: {} }, DONE, { isReady: true, random: () => 0 });

  assert.deepEqual(got, { kind: "after", delayMs: Infinity });
});
