import assert from "node:assert/strict";
import type { KubeObject } from "../kube/mod.ts";
import { openThings, THING, thing, type ThingStage } from "../testing/thing_kind.ts";
import { ready, retry } from "./outcome.ts";

const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";
const MINUTE = 60_000;

const changes: { name: string; change: KubeObject; runs: number }[] = [
  { name: "a new generation", change: thing({ value: "b" }), runs: 1 },
  { name: "a request", change: thing({}, { annotations: { [REQUESTED_AT]: "1" } }), runs: 1 },
  { name: "another annotation", change: thing({}, { annotations: { note: "1" } }), runs: 0 },
  { name: "a label", change: thing({}, { labels: { note: "1" } }), runs: 0 },
  { name: "a status by somebody else", change: { ...thing(), status: { other: 1 } }, runs: 0 },
];

for (const { name, change, runs } of changes) {
  Deno.test(`${name} starts ${runs === 0 ? "no run" : "a run"}`, async () => {
    const stage = openThings();
    await stage.clock.advance(0);
    stage.runs.length = 0;

    stage.cluster.seed(withFinalizer(change));
    await stage.clock.advance(0);

    assert.equal(stage.runs.length, runs);
  });
}

Deno.test("a request that is taken back starts no run, another one does", async () => {
  const stage = openThings({ things: [thing({}, { annotations: { [REQUESTED_AT]: "1" } })] });
  await stage.clock.advance(0);

  stage.cluster.seed(withFinalizer(thing()));
  await stage.clock.advance(0);
  assert.equal(stage.runs.length, 1);
  stage.cluster.seed(withFinalizer(thing({}, { annotations: { [REQUESTED_AT]: "2" } })));
  await stage.clock.advance(0);

  assert.equal(stage.runs.length, 2);
  assert.equal(stage.stored()?.status?.lastHandledReconcileAt, "2");
});

Deno.test("our own writes start no run", async () => {
  const stage = openThings();

  await stage.clock.advance(MINUTE - 1);

  assert.equal(stage.runs.length, 1);
});

Deno.test("a change that comes while the object runs is seen by one more run, not lost", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stage = openThings({
    async reconcile({ spec }) {
      if (spec.value === undefined) await promise;
      return ready("Succeeded", "done", { status: { value: spec.value } });
    },
  });
  await stage.clock.advance(0);

  stage.cluster.seed(withFinalizer(thing({ value: "b" }, request("1"))));
  stage.cluster.seed(withFinalizer(thing({ value: "c" }, request("2"))));
  await stage.clock.advance(0);
  resolve();
  await stage.clock.advance(0);

  assert.deepEqual(stage.runs.map(({ value }) => value), [undefined, "c"]);
  assert.equal(stage.stored()?.status?.value, "c");
  assert.equal(stage.stored()?.status?.lastHandledReconcileAt, "2");
});

Deno.test("a run records the request that it found, not one that came meanwhile", async () => {
  const stage = openThings({
    things: [thing({}, request("1"))],
    reconcile() {
      if (stage.runs.length === 1) stage.cluster.seed(withFinalizer(thing({}, request("2"))));
      return ready("Succeeded", `run ${stage.runs.length}`);
    },
  });

  await stage.clock.advance(0);

  const recorded = stage.statusWrites().map(({ body }) => JSON.stringify(body));
  const handled = recorded.map((body) => /"lastHandledReconcileAt":"(\d)"/.exec(body)?.[1]);
  // The first try of the first run met a conflict and was computed again.
  assert.deepEqual([...new Set(handled)], ["1", "2"]);
  assert.equal(stage.runs.length, 2);
});

Deno.test("a cache that lags behind our own write is not believed", async () => {
  const steps: (string[] | undefined)[] = [];
  const stage = openThings({
    reconcile({ status }) {
      steps.push(status?.steps);
      return ready("Succeeded", "done", { status: { steps: [...(status?.steps ?? []), "x"] } });
    },
  });
  await stage.clock.advance(0);
  for (const informer of stage.cluster.informers) informer.pause();

  for (let time = 0; time < 3; time++) {
    stage.running.enqueue("apps", "a", "test");
    await stage.clock.advance(0);
  }

  assert.deepEqual(steps, [undefined, ["x"], ["x", "x"], ["x", "x", "x"]]);
  assert.equal(stage.cluster.requests.filter(({ verb }) => verb === "get").length, 0);
});

Deno.test("what we remember of an object ends with it: its successor is read from the cache", async () => {
  const stage = openThings({ kind: { finalize: () => Promise.resolve(ready("Succeeded", "")) } });
  await stage.clock.advance(0);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);
  stage.cluster.seed(thing({ value: "new" }));
  await stage.clock.advance(0);

  assert.deepEqual(stage.runs.map(({ value }) => value), [undefined, "new"]);
  assert.equal(stage.stored()?.status?.value, "new");
});

Deno.test("an object that is replaced while it runs: the old run writes nothing to the new object", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  const stage = openThings({
    async reconcile({ spec }, run) {
      if (spec.value === "new") return ready("Succeeded", "new");
      signal = run.signal;
      await promise;
      return ready("Succeeded", "old");
    },
  });
  await stage.clock.advance(0);
  stage.cluster.seed(thing());
  stage.cluster.drop(THING);
  stage.cluster.seed(thing({ value: "new" }));
  await stage.clock.advance(0);
  assert.equal(signal?.aborted, true);

  resolve();
  await stage.clock.advance(0);

  assert.equal(stage.stored()?.status?.conditions?.[0]?.message, "new");
  assert.deepEqual(stage.statusWrites().length, 1);
});

Deno.test("enqueue() of an object that is not there is harmless", async () => {
  const stage = openThings({ things: [] });

  stage.running.enqueue("apps", "nobody", "test");
  await stage.clock.advance(5 * MINUTE);

  assert.deepEqual([stage.runs, stage.cluster.writes], [[], []]);
  assert.equal(await lostWakeups(stage), 0);
});

Deno.test("only objects of the given namespaces are touched", async () => {
  const others = ["apps", "team-a", "team-b"].map((namespace) => thing({}, { namespace }));
  const stage = openThings({ things: others, deps: { namespaces: ["team-a", "team-b"] } });

  await stage.clock.advance(0);

  const touched = new Set(stage.cluster.writes.map(({ namespace }) => namespace));
  assert.deepEqual([...touched].sort(), ["team-a", "team-b"]);
});

Deno.test("one namespace and the label selector narrow the watch itself", async () => {
  const stage = openThings({ deps: { namespaces: ["apps"], labelSelector: "shard=1" } });
  await stage.clock.advance(0);

  assert.deepEqual(stage.cluster.informers[0]?.options, {
    namespace: "apps",
    labelSelector: "shard=1",
  });
  assert.deepEqual(stage.runs, []);
});

Deno.test("no more objects run at once than the kind's concurrency", async () => {
  let active = 0;
  let most = 0;
  const stage = openThings({
    things: ["a", "b", "c", "d", "e"].map((name) => thing({}, { name })),
    async reconcile(_, { clock }) {
      most = Math.max(most, ++active);
      await new Promise<void>((resolve) => void clock.after(10, resolve));
      active--;
      return ready("Succeeded", "done");
    },
  });

  await stage.clock.advance(100);

  assert.deepEqual([most, stage.runs.length], [2, 5]);
});

Deno.test("failures back off per object, and success makes the next failure the first again", async () => {
  let isFailing = true;
  const stage = openThings({
    things: [thing({ interval: "1h" })],
    reconcile: () => isFailing ? retry("Failed", { message: "no" }) : ready("Succeeded", "done"),
  });
  await stage.clock.advance(750 + 1_500 + 3_000);
  const failing = stage.runs.map(({ atMs }) => atMs);
  isFailing = false;
  stage.running.enqueue("apps", "a", "test");
  await stage.clock.advance(0);
  isFailing = true;
  stage.runs.length = 0;

  stage.running.enqueue("apps", "a", "test");
  await stage.clock.advance(750);

  assert.deepEqual(failing, [0, 750, 2_250, 5_250]);
  assert.deepEqual(stage.runs.map(({ atMs }) => atMs - 5_250), [0, 750]);
});

Deno.test("stop() calls off what runs, waits for it, and writes nothing more", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stage = openThings({
    async reconcile(_, { signal }) {
      await new Promise((ended) => signal.addEventListener("abort", ended));
      await promise;
      return ready("Succeeded", "done");
    },
  });
  await stage.clock.advance(0);
  let isStopped = false;

  const stopping = stage.running.stop().then(() => isStopped = true);
  await stage.clock.advance(1_000);
  assert.equal(isStopped, false);
  resolve();
  await stopping;
  stage.cluster.seed(withFinalizer(thing({ value: "later" })));
  stage.running.enqueue("apps", "a", "later");
  await stage.clock.advance(10 * MINUTE);

  assert.deepEqual([stage.statusWrites(), stage.runs.length], [[], 1]);
  assert.deepEqual([stage.clock.pending, stage.cluster.informers], [0, []]);
});

Deno.test("stop() leaves a run that does not end after the time of grace, and it cannot write", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  const stage = openThings({
    async reconcile(_, run) {
      await promise;
      await run.checkpoint({ value: "x" }).catch((error) => failures.push(error.message));
      return ready("Succeeded", "done");
    },
  });
  await stage.clock.advance(0);

  const stopping = stage.running.stop(3_000);
  await stage.clock.advance(3_000);
  await stopping;
  resolve();
  await stage.clock.advance(0);

  assert.deepEqual(failures, ["The run was called off"]);
  assert.deepEqual(stage.statusWrites(), []);
});

Deno.test("without the lease nothing runs; with it everything does", async () => {
  let mayWrite = false;
  const stage = openThings({ deps: { mayWrite: () => mayWrite } });
  await stage.clock.advance(10_000);
  assert.deepEqual([stage.runs, stage.cluster.writes], [[], []]);

  mayWrite = true;
  await stage.clock.advance(1_000);

  assert.equal(stage.stored()?.status?.conditions?.[0]?.status, "True");
});

Deno.test("the watchdog finds nothing to do, whatever state objects rest in", async () => {
  const stage = openThings({
    things: [
      thing({ interval: "1h" }, { name: "ready" }),
      thing({ suspend: true }, { name: "suspended" }),
      thing({ interval: "0s" }, { name: "once" }),
      thing({ value: "wait" }, { name: "waits" }),
      thing({ value: "stall" }, { name: "stalled" }),
      { ...thing({}, { name: "unreadable" }), spec: { value: 1 } },
    ],
    reconcile({ spec }) {
      if (spec.value === "stall") return { kind: "stalled", reason: "Invalid", message: "no" };
      if (spec.value !== "wait") return ready("Succeeded", "done");
      const until = { kind: "dependency", objects: [], retryMs: 60 * MINUTE } as const;
      return { kind: "wait", reason: "Waiting", message: "waits", until };
    },
  });

  await stage.clock.advance(30 * MINUTE);

  assert.equal(await lostWakeups(stage), 0);
  const ran = stage.runs.map(({ name }) => name).sort();
  assert.deepEqual(ran, ["once", "ready", "stalled", "waits"]);
});

Deno.test("series of an object end with it", async () => {
  const stage = openThings({ kind: { finalize: () => Promise.resolve(ready("Succeeded", "")) } });
  await stage.clock.advance(0);
  assert.match(await stage.metrics.text(), /gotk_reconcile_duration_seconds_count\{.*name="a"/);

  stage.cluster.drop(THING);
  await stage.clock.advance(0);

  assert.doesNotMatch(await stage.metrics.text(), /name="a"/);
});

async function lostWakeups(stage: ThingStage): Promise<number> {
  const found = /sluice_lost_wakeups_total\{.*\} (\d+)/.exec(await stage.metrics.text());
  return Number(found?.[1] ?? 0);
}

function request(token: string): { annotations: Record<string, string> } {
  return { annotations: { [REQUESTED_AT]: token } };
}

/** As a person applies it: our finalizer stays. */
function withFinalizer(object: KubeObject): KubeObject {
  return {
    ...object,
    metadata: { ...object.metadata, finalizers: ["finalizers.fluxcd.io"] },
  };
}
