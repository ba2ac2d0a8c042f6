import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import { conditions, held, openThings, thing, unreadable } from "../testing/thing_kind.ts";
import { type EventRecord, ready, retry, stalled } from "./outcome.ts";

const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const MINUTE = 60_000;
const NEWS: EventRecord = { type: "Normal", reason: "News", message: "it happened" };
const DONE = { status: "True", reason: "Succeeded", message: "done" };

Deno.test("a new object gets its finalizer and one status", async () => {
  const stage = openThings({ things: [thing({ value: "x" })] });

  await stage.clock.advance(0);

  assert.deepEqual(stage.cluster.writes.map(({ verb, subresource }) => [verb, subresource]), [
    ["patch", undefined],
    ["patch", "status"],
  ]);
  assert.deepEqual(stage.stored()?.metadata.finalizers, ["finalizers.fluxcd.io"]);
  assert.deepEqual(stage.stored()?.status, {
    observedGeneration: 1,
    value: "x",
    conditions: [{
      type: "Ready",
      status: "True",
      reason: "Succeeded",
      message: "value 'x'",
      observedGeneration: 1,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }],
  });
});

Deno.test("runs with nothing new make no request at all", async () => {
  const stage = openThings();
  await stage.clock.advance(0);
  stage.cluster.requests.length = 0;

  await stage.clock.advance(5 * MINUTE);

  assert.equal(stage.runs.length, 6);
  assert.deepEqual(stage.cluster.requests, []);
});

Deno.test("a quick run with news makes one status write, however many steps it names", async () => {
  const stage = openThings({
    async reconcile({ spec }, run) {
      await run.progress("one", { drift: true });
      await run.progress("two");
      return ready("Succeeded", "done", { status: { value: spec.value } });
    },
  });
  await stage.clock.advance(0);
  stage.cluster.requests.length = 0;

  stage.cluster.seed({ ...held(), spec: { value: "b" } });
  await stage.clock.advance(0);

  assert.deepEqual(stage.cluster.writes.map(({ subresource }) => subresource), ["status"]);
});

Deno.test("a run that lasts shows its step after a second, and then its end", async () => {
  const stage = openThings({
    async reconcile(_, run) {
      await run.progress("working");
      await new Promise<void>((resolve) => void run.clock.after(1_500, resolve));
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(999);
  assert.equal(stage.stored()?.status, undefined);
  await stage.clock.advance(1);
  const during = stage.stored()?.status?.conditions?.map(({ type, message }) => [type, message]);
  await stage.clock.advance(500);

  assert.deepEqual(during, [["Reconciling", "working"], ["Ready", "working"]]);
  assert.deepEqual(conditions(stage.stored()), { Ready: DONE });
});

Deno.test("a step that is to be shown at once is", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stage = openThings({
    async reconcile(_, run) {
      await run.progress("scanning", { flush: true });
      await promise;
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(0);
  const during = conditions(stage.stored());
  resolve();
  await stage.clock.advance(0);

  assert.equal(during.Reconciling?.message, "scanning");
  assert.deepEqual(conditions(stage.stored()), { Ready: DONE });
});

Deno.test("what a run leaves behind cannot write after its end", async () => {
  const late: unknown[] = [];
  const stage = openThings({
    reconcile(_, run) {
      run.clock.after(10, () => {
        void run.progress("late", { flush: true });
        run.checkpoint({ value: "late" }).catch(({ message }) => late.push(message));
      });
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(5_000);

  assert.deepEqual(late, ["The run was called off"]);
  assert.deepEqual(stage.statusWrites().length, 1);
});

Deno.test("a checkpoint is on record before the run goes on", async () => {
  let recorded: unknown;
  const stage = openThings({
    async reconcile(_, run) {
      await run.checkpoint({ steps: ["a", "b"] });
      recorded = stage.stored()?.status?.steps;
      return ready("Succeeded", "done", { status: { steps: ["b"] } });
    },
  });

  await stage.clock.advance(0);

  assert.deepEqual(recorded, ["a", "b"]);
  assert.deepEqual(stage.stored()?.status?.steps, ["b"]);
});

Deno.test("a checkpoint that is not confirmed ends the run, which is tried again", async () => {
  let applied = 0;
  const stage = openThings({
    async reconcile(_, run) {
      await run.checkpoint({ steps: ["a"] });
      applied++;
      return ready("Succeeded", "done");
    },
  });
  const failure = fail("InternalError", "etcd is away");
  stage.cluster.inject({ verb: "patch", subresource: "status" }, { failure });

  await stage.clock.advance(0);
  const after = { applied, conditions: conditions(stage.stored()) };
  await stage.clock.advance(750);

  assert.equal(after.applied, 0);
  assert.deepEqual(after.conditions.Ready, {
    status: "False",
    reason: "ReconciliationFailed",
    message: "Cannot write the status: etcd is away",
  });
  assert.equal(applied, 1);
});

Deno.test("a lease that is lost in the middle of a run stops it at its next write", async () => {
  let mayWrite = true;
  let applied = 0;
  const stage = openThings({
    async reconcile(_, run) {
      mayWrite = false;
      await run.checkpoint({ steps: ["a"] });
      applied++;
      return ready("Succeeded", "done");
    },
    deps: { mayWrite: () => mayWrite },
  });

  await stage.clock.advance(5 * MINUTE);

  assert.equal(applied, 0);
  assert.deepEqual(stage.statusWrites(), []);
  assert.equal(stage.runs.length, 1);
});

Deno.test("a reconcile function that throws is our bug: logged, shown, tried again", async () => {
  const stage = openThings({
    reconcile() {
      if (stage.runs.length === 1) throw new TypeError("x is undefined");
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(0);
  const shown = conditions(stage.stored());
  await stage.clock.advance(750);

  assert.equal(shown.Ready?.message, "Internal error: x is undefined");
  assert.deepEqual(
    stage.lines.filter(({ level }) => level === "error").map(({ msg, error }) => [msg, error]),
    [["reconcile function threw", "x is undefined"]],
  );
  assert.deepEqual(conditions(stage.stored()), { Ready: DONE });
});

Deno.test("a bug is told in an event, without what only we may read", async () => {
  const stage = openThings({
    reconcile() {
      throw new TypeError("no answer of https://bob:pw@host/x");
    },
  });

  await stage.clock.advance(0);

  const message = "Internal error: no answer of https://*****@host/x";
  assert.equal(conditions(stage.stored()).Ready?.message, message);
  assert.deepEqual(stage.events, [{ about: "a", type: "Warning", reason: "Failed", message }]);
});

Deno.test("a new generation is announced, and leaves Ready as it is until there is news", async () => {
  const stage = openThings({
    async reconcile(_, run) {
      await new Promise<void>((resolve) => void run.clock.after(1_500, resolve));
      return ready("Succeeded", "done");
    },
  });
  await stage.clock.advance(2_000);

  stage.cluster.seed(held({ value: "b" }));
  await stage.clock.advance(1_100);

  assert.deepEqual(conditions(stage.stored()), {
    Reconciling: {
      status: "True",
      reason: "Progressing",
      message: "processing object: new generation 1 -> 2",
    },
    Ready: DONE,
  });
});

Deno.test("events are sent after the status is written, and not when it was not", async () => {
  const stage = openThings({ reconcile: () => ready("Succeeded", "done", { events: [NEWS] }) });
  const failure = fail("InternalError", "no");
  stage.cluster.inject({ verb: "patch", subresource: "status" }, { failure });

  await stage.clock.advance(0);
  assert.deepEqual(stage.events, []);
  await stage.clock.advance(750);

  assert.deepEqual(stage.events, [{ about: "a", ...NEWS }]);
});

Deno.test("another writer's conflict is no news: the status is computed again on top of theirs", async () => {
  const stage = openThings({
    reconcile() {
      const theirs = { type: "Drifted", status: "True", reason: "Theirs", message: "m" };
      stage.cluster.seed({ ...held(), status: { conditions: [theirs] } }, "somebody");
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(0);

  assert.deepEqual(conditions(stage.stored()), {
    Ready: DONE,
    Drifted: { status: "True", reason: "Theirs", message: "m" },
  });
  assert.deepEqual(stage.lines.filter(({ msg }) => msg === "object not written"), []);
});

Deno.test("conflicts without end are tried again later, silently", async () => {
  const stage = openThings({ things: [held()] });
  stage.cluster.inject({ verb: "patch" }, { failure: fail("Conflict", "modified"), times: 5 });

  await stage.clock.advance(2_000);

  assert.deepEqual(stage.runs.length, 2);
  assert.equal(stage.stored()?.status?.observedGeneration, 1);
  assert.deepEqual(stage.lines.filter(({ msg }) => msg === "object not written"), []);
});

Deno.test("a status that cannot be found is tried again, ever more rarely", async () => {
  const stage = openThings({ things: [held()] });
  stage.cluster.inject({ verb: "patch" }, { failure: fail("NotFound", "gone"), times: 2 });

  await stage.clock.advance(0);
  await stage.clock.advance(750 + 1_500);

  assert.equal(stage.runs.length, 3);
});

const suspended: { name: string; status?: object; want: object | undefined }[] = [
  { name: "created suspended", want: undefined },
  {
    name: "suspended when ready",
    status: { observedGeneration: 1, conditions: [condition("Ready", "True")] },
    want: { observedGeneration: 2, conditions: [condition("Ready", "True")] },
  },
  {
    name: "suspended while failing",
    status: { observedGeneration: 1, conditions: [condition("Ready", "False")] },
    want: { observedGeneration: 1, conditions: [condition("Ready", "False")] },
  },
];

for (const { name, status, want } of suspended) {
  Deno.test(`an object ${name} is left alone but for its bookkeeping`, async () => {
    const stage = openThings({ things: [] });
    stage.cluster.seed({ ...held(), ...(status && { status }) });
    stage.cluster.seed({ ...held(), spec: { suspend: true }, ...(status && { status }) });

    await stage.clock.advance(10 * MINUTE);

    assert.deepEqual(stage.runs, []);
    assert.deepEqual(stage.stored()?.status, want);
  });
}

Deno.test("a request to a suspended object is recorded, and resuming it starts a run", async () => {
  const stage = openThings({ things: [held({ suspend: true })] });
  await stage.clock.advance(0);

  const asked = held({ suspend: true });
  asked.metadata.annotations = { [REQUESTED_AT]: "now" };
  stage.cluster.seed(asked);
  await stage.clock.advance(0);
  const recorded = stage.stored()?.status?.lastHandledReconcileAt;
  stage.cluster.seed(held());
  await stage.clock.advance(0);

  assert.equal(recorded, "now");
  assert.equal(stage.runs.length, 1);
});

Deno.test("suspending ends the plans of a failing object", async () => {
  const stage = openThings({ reconcile: () => retry("Failed", { message: "no" }) });
  await stage.clock.advance(0);

  stage.cluster.seed(held({ suspend: true }));
  await stage.clock.advance(30 * MINUTE);

  assert.equal(stage.runs.length, 1);
});

Deno.test("an object that cannot be read is stalled alone, and says which field", async () => {
  const stage = openThings({ things: [unreadable(), thing({}, { name: "b" })] });

  await stage.clock.advance(10 * MINUTE);

  const wrong = { reason: "InvalidSpec", message: "spec.value is not text" };
  assert.deepEqual(conditions(stage.stored()), {
    Stalled: { status: "True", ...wrong },
    Ready: { status: "False", ...wrong },
  });
  assert.deepEqual(stage.events, [{ about: "a", type: "Warning", ...wrong }]);
  assert.equal(stage.stored("b")?.status?.conditions?.[0]?.status, "True");
});

Deno.test("an object that can be read again runs", async () => {
  const stage = openThings({ things: [unreadable()] });
  await stage.clock.advance(0);

  stage.cluster.seed(held({ value: "x" }));
  await stage.clock.advance(0);

  assert.deepEqual(Object.keys(conditions(stage.stored())), ["Ready"]);
});

Deno.test("a stalled object rests until somebody asks", async () => {
  const stage = openThings({ reconcile: () => stalled("InvalidUrl", { message: "bad" }) });
  await stage.clock.advance(30 * MINUTE);
  assert.equal(stage.runs.length, 1);

  stage.running.enqueue("apps", "a", "test");
  await stage.clock.advance(0);

  assert.equal(stage.runs.length, 2);
  assert.equal(stage.statusWrites().length, 1);
});

Deno.test("one line at the end of each run says how it went", async () => {
  const stage = openThings();

  await stage.clock.advance(0);

  const [line, ...others] = stage.lines.filter(({ level }) => level === "info");
  const { reconcileID, ts: _, ...rest } = line ?? {};
  assert.match(String(reconcileID), /^[0-9a-f-]{36}$/);
  assert.deepEqual([rest, others], [{
    level: "info",
    msg: "reconciliation finished",
    controller: "thing",
    controllerGroup: "test.dev",
    controllerKind: "Thing",
    Thing: { name: "a", namespace: "apps" },
    namespace: "apps",
    name: "a",
    outcome: "ready",
    reason: "Succeeded",
    message: "value ''",
    durationMs: 0,
  }, []]);
});

function condition(type: string, status: "True" | "False") {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return { type, status, reason: "R", message: "m", observedGeneration: 1, lastTransitionTime };
}
