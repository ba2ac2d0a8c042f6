import assert from "node:assert/strict";
import {
  conditions,
  held,
  openThings,
  THING,
  thing,
  type ThingOutcome,
  unreadable,
} from "../testing/thing_kind.ts";
import { type EventRecord, ready, retry, wait } from "./outcome.ts";

const MINUTE = 60_000;
const NEWS: EventRecord = { type: "Normal", reason: "News", message: "it happened" };

Deno.test("deletion cleans up, tells what happened, and lets the object go", async () => {
  const finalized: string[] = [];
  const stage = openThings({
    kind: {
      finalize({ metadata }, run) {
        finalized.push(`${metadata.name} woken=${run.woken}`);
        return Promise.resolve(ready("Succeeded", "clean", { events: [NEWS] }));
      },
    },
  });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.deepEqual(finalized, ["a woken=false"]);
  assert.deepEqual(stage.events, [{ about: "a", ...NEWS }]);
  assert.equal(stage.stored(), undefined);
  assert.equal(stage.clock.nextInMs !== undefined && stage.runs.length, 1);
});

Deno.test("cleaning up that fails keeps the object, says why, and is tried again", async () => {
  const outcomes: ThingOutcome[] = [
    retry("PruneFailed", { message: "no permission" }),
    wait("Progressing", "1 object left", { kind: "time", delayMs: 1_000 }),
    ready("Succeeded", "clean"),
  ];
  const stage = openThings({
    kind: {
      finalize: () => Promise.resolve(outcomes.shift() ?? ready("Succeeded", "clean")),
    },
  });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);
  const first = conditions(stage.stored()).Ready?.message;
  await stage.clock.advance(750);
  const second = conditions(stage.stored()).Ready?.message;
  await stage.clock.advance(1_000);

  assert.deepEqual([first, second], ["no permission", "1 object left"]);
  assert.equal(stage.stored(), undefined);
});

Deno.test("deletion calls off the run under way, which then writes nothing", async () => {
  const stage = openThings({
    async reconcile(_, { signal }) {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return ready("Succeeded", "done", { events: [NEWS] });
    },
    kind: { finalize: () => Promise.resolve(ready("Succeeded", "clean")) },
  });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.equal(stage.stored(), undefined);
  assert.deepEqual([stage.statusWrites(), stage.events], [[], []]);
});

Deno.test("a deleted object that others hold is let go of once and then left alone", async () => {
  let cleaned = 0;
  const stage = openThings({
    things: [thing({}, { finalizers: ["other.dev/hold"] })],
    kind: {
      finalize() {
        cleaned++;
        return Promise.resolve(ready("Succeeded", "clean"));
      },
    },
  });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(30 * MINUTE);

  assert.equal(cleaned, 1);
  assert.deepEqual(stage.stored()?.metadata.finalizers, ["other.dev/hold"]);
  assert.doesNotMatch(await stage.metrics.text(), /sluice_lost_wakeups_total\{/);
});

Deno.test("a suspended object is cleaned up after as well", async () => {
  let cleaned = 0;
  const stage = openThings({
    things: [held({ suspend: true })],
    kind: {
      finalize() {
        cleaned++;
        return Promise.resolve(ready("Succeeded", "clean"));
      },
    },
  });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.deepEqual([cleaned, stage.stored()], [1, undefined]);
});

Deno.test("a deleted object that cannot be read is released, and that is said", async () => {
  const stage = openThings({
    things: [unreadable()],
    kind: { finalize: () => Promise.reject(new Error("not called")) },
  });
  await stage.clock.advance(0);
  stage.events.length = 0;

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.equal(stage.stored(), undefined);
  assert.deepEqual(stage.events, [{
    about: "a",
    type: "Warning",
    reason: "InvalidSpec",
    message: "Released without cleaning up: spec.value is not text",
  }]);
});

Deno.test("a kind that has nothing to clean up lets its objects go", async () => {
  const stage = openThings();
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.equal(stage.stored(), undefined);
});
