/**
 * Runs that started from what was not so any more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import {
  conditions,
  held,
  openThings,
  THING,
  type ThingOutcome,
  type ThingStage,
  type ThingStatus,
} from "../testing/thing_kind.ts";
import { ready, type Run } from "./mod.ts";

const BEFORE = { steps: ["a"], conditions: [] };

/** As another process leaves it, which the cache of this one does not hear of. */
function changeUnseen(stage: ThingStage, change: Readonly<Record<string, unknown>>): void {
  for (const informer of stage.cluster.informers) informer.pause();
  const known = stage.cluster.peek(THING);
  assert.ok(known);
  const metadata = { ...known.metadata, ...Object(change.metadata) };
  stage.cluster.seed({ ...known, ...change, metadata });
}

/** What a run may do, and how it ends. */
type Reconcile = (
  steps: string[],
  run: Pick<Run<ThingStatus>, "checkpoint" | "confirm" | "progress">,
) => Promise<ThingOutcome>;

/** A thing that somebody changes as soon as its first run has begun. */
function open(change: Readonly<Record<string, unknown>>, reconcile: Reconcile) {
  const seen: string[][] = [];
  const stage: ThingStage = openThings({
    things: [{ ...held(), status: BEFORE }],
    reconcile(thing, run) {
      const steps = thing.status?.steps ?? [];
      seen.push(steps);
      if (seen.length === 1) changeUnseen(stage, change);
      return reconcile(steps, run);
    },
  });
  return { stage, seen };
}

const writes: readonly {
  readonly name: string;
  readonly reconcile: Reconcile;
}[] = [
  {
    name: "at its checkpoint",
    async reconcile(steps, run) {
      await run.checkpoint({ steps: [...steps, "mine"] });
      return ready("Succeeded", "done");
    },
  },
  {
    name: "at its end",
    reconcile: (steps) =>
      Promise.resolve(ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } })),
  },
  {
    name: "when it asks, having shown a step",
    async reconcile(steps, run) {
      await run.progress("under way", { flush: true });
      await run.confirm();
      return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
    },
  },
  {
    name: "at its end, having shown a step",
    async reconcile(steps, run) {
      await run.progress("under way", { flush: true });
      return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
    },
  },
  {
    name: "at its end, having put something else on record",
    async reconcile(steps, run) {
      await run.checkpoint({ value: String(steps.length) });
      return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
    },
  },
  {
    name: "when it asks",
    async reconcile(steps, run) {
      await run.confirm();
      return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
    },
  },
];

for (const { name, reconcile } of writes) {
  Deno.test(`a run that finds ${name} that it started from an old record is made anew`, async () => {
    const { stage, seen } = open({ status: { steps: ["a", "theirs"] } }, reconcile);

    await stage.clock.advance(0);
    const steps = stage.stored()?.status?.steps;
    await stage.clock.advance(750);

    assert.deepEqual(steps, ["a", "theirs"]);
    assert.deepEqual(seen, [["a"], ["a", "theirs"]]);
    assert.deepEqual(stage.stored()?.status?.steps, ["a", "theirs", "mine"]);
    assert.equal(conditions(stage.stored()).Ready?.status, "True");
  });
}

Deno.test("an outdated run says nothing, not even that it failed", async () => {
  const { stage } = open({ status: { steps: ["theirs"] } }, async (_, run) => {
    await run.confirm();
    return ready("Succeeded", "done");
  });

  await stage.clock.advance(0);

  assert.deepEqual(stage.statusWrites(), []);
  assert.deepEqual(stage.events, []);
});

const unrelated: readonly { name: string; change: Readonly<Record<string, unknown>> }[] = [
  { name: "nothing", change: {} },
  {
    name: "a label",
    change: { metadata: { labels: { mine: "x" } } },
  },
  {
    name: "a condition",
    change: { status: { ...BEFORE, conditions: [{ type: "Theirs", status: "True" }] } },
  },
];

for (const { name, change } of unrelated) {
  Deno.test(`a run goes on when ${name} was changed since it began`, async () => {
    const { stage, seen } = open(change, async (steps, run) => {
      await run.confirm();
      return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
    });

    await stage.clock.advance(0);

    assert.equal(seen.length, 1);
    assert.deepEqual(stage.stored()?.status?.steps, ["a", "mine"]);
  });
}

Deno.test("what a run wrote itself does not make it outdated", async () => {
  const { stage, seen } = open({}, async (_, run) => {
    await run.checkpoint({ steps: ["a", "b"], value: "x" });
    await run.confirm();
    await run.checkpoint({ steps: ["b"] });
    await run.confirm();
    return ready("Succeeded", "done", { status: { steps: ["c"] } });
  });

  await stage.clock.advance(0);

  assert.equal(seen.length, 1);
  assert.deepEqual(stage.stored()?.status?.steps, ["c"]);
});

Deno.test("a server that gives no answer to the question ends the run, which is tried again", async () => {
  const { stage, seen } = open({}, async (steps, run) => {
    await run.confirm();
    return ready("Succeeded", "done", { status: { steps: [...steps, "mine"] } });
  });
  stage.cluster.inject({ verb: "get" }, { failure: fail("Unreachable", "no answer"), times: 1 });

  await stage.clock.advance(0);
  const before = stage.stored()?.status?.steps;
  await stage.clock.advance(750);

  assert.deepEqual(before, ["a"]);
  assert.equal(seen.length, 2);
  assert.deepEqual(stage.stored()?.status?.steps, ["a", "mine"]);
});
