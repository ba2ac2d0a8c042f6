import assert from "node:assert/strict";
import { openThings, thing, type ThingOptions } from "../testing/thing_kind.ts";
import { ready, wait } from "./outcome.ts";

const MINUTE = 60_000;
const UNTIL = {
  kind: "dependency",
  objects: [{ apiVersion: "v1", kind: "Pod", namespace: "apps", name: "p" }],
  retryMs: 30_000,
} as const;

Deno.test("a run that waits holds no worker", async () => {
  const stage = openWaiting({
    kind: { concurrency: 1 },
    things: ["a", "b", "c"].map((name) => thing({}, { name })),
  });

  await stage.clock.advance(0);

  assert.deepEqual(stage.runs.map(({ name }) => name).sort(), ["a", "b", "c"]);
});

Deno.test("a watched change wakes a waiting object, whose run knows that it was woken", async () => {
  const stage = openWaiting();
  await stage.clock.advance(1_000);

  stage.arrive();
  await stage.clock.advance(20);

  assert.deepEqual(stage.runs.map(({ woken, atMs }) => [woken, atMs]), [[false, 0], [true, 1_020]]);
});

Deno.test("without a change a waiting object looks again by itself", async () => {
  const stage = openWaiting();

  await stage.clock.advance(30_000);

  assert.deepEqual(stage.runs.map(({ woken, atMs }) => [woken, atMs]), [[false, 0], [
    true,
    30_000,
  ]]);
});

Deno.test("looking again without news writes nothing", async () => {
  const stage = openWaiting();
  await stage.clock.advance(0);
  stage.cluster.requests.length = 0;

  await stage.clock.advance(5 * MINUTE);

  assert.equal(stage.runs.length, 11);
  assert.deepEqual(stage.cluster.requests, []);
});

Deno.test("a trigger ends a wait, and its run is a run from the start", async () => {
  const stage = openWaiting();
  await stage.clock.advance(0);

  stage.running.enqueue("apps", "a", "new revision");
  stage.arrive();
  await stage.clock.advance(100);

  assert.deepEqual(stage.runs.map(({ woken }) => woken), [false, false]);
});

Deno.test("a trigger that comes with the wake-up is not lost behind it", async () => {
  const stage = openWaiting();
  await stage.clock.advance(0);

  stage.arrive();
  stage.clock.tick(20);
  stage.running.enqueue("apps", "a", "new revision");
  await stage.clock.advance(100);

  assert.deepEqual(stage.runs.map(({ woken }) => woken), [false, false]);
});

Deno.test("a trigger that comes during a woken run starts another one from the start", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stage = openWaiting({
    async reconcile(_, run) {
      if (run.woken) await promise;
      return wait("Waiting", "for p", UNTIL);
    },
  });
  await stage.clock.advance(0);
  stage.arrive();
  await stage.clock.advance(20);

  stage.running.enqueue("apps", "a", "new revision");
  resolve();
  await stage.clock.advance(100);

  assert.deepEqual(stage.runs.map(({ woken }) => woken), [false, true, false]);
  assert.equal(stage.watching(), 1);
});

Deno.test("a wait that comes to its end is no wait any more", async () => {
  const stage = openWaiting({
    reconcile: (_, run) => run.woken ? ready("Succeeded", "done") : wait("Waiting", "for p", UNTIL),
  });
  await stage.clock.advance(0);

  stage.arrive();
  await stage.clock.advance(20);

  assert.equal(stage.watching(), 0);
  assert.equal(stage.stored()?.status?.conditions?.[0]?.status, "True");
  assert.equal(stage.clock.nextInMs, MINUTE - 20, "the watchdog, and soon after it the interval");
});

Deno.test("deletion and the end of the controller end a wait", async () => {
  const stage = openWaiting({ things: ["a", "b"].map((name) => thing({}, { name })) });
  await stage.clock.advance(0);
  assert.equal(stage.watching(), 2);

  stage.cluster.drop({ apiVersion: "test.dev/v1", kind: "Thing", namespace: "apps", name: "a" });
  await stage.clock.advance(0);
  assert.equal(stage.watching(), 1);
  await stage.running.stop();

  assert.deepEqual([stage.watching(), stage.clock.pending], [0, 0]);
});

Deno.test("while it waits for health the run goes on: Ready is not known", async () => {
  const until = { kind: "healthy", objects: UNTIL.objects, deadlineMs: 10_000 } as const;
  const stage = openWaiting({ reconcile: () => wait("Progressing", "checking", until) });

  await stage.clock.advance(0);

  const shown = stage.stored()?.status?.conditions?.map(({ type, status }) => [type, status]);
  assert.deepEqual(shown, [["Reconciling", "True"], ["Ready", "Unknown"]]);
});

Deno.test("a watch that throws is our bug: logged, and the object backs off", async () => {
  const stage = openWaiting({
    kind: {
      watch() {
        throw new Error("no such index");
      },
    },
  });

  await stage.clock.advance(750 + 1_500);

  assert.equal(stage.runs.length, 3);
  const errors = stage.lines.filter(({ level }) => level === "error");
  assert.deepEqual(errors[0]?.["error"], "no such index");
});

/** Things that wait for something that `arrive` brings. */
function openWaiting(options: ThingOptions = {}) {
  const wakes = new Set<() => void>();
  const stage = openThings({
    reconcile: () => wait("Waiting", "for p", UNTIL),
    ...options,
    kind: {
      watch(_thing, _objects, wake) {
        const own = () => wake();
        wakes.add(own);
        return () => wakes.delete(own);
      },
      ...options.kind,
    },
  });
  return {
    ...stage,
    arrive: () => wakes.forEach((wake) => wake()),
    watching: () => wakes.size,
  };
}
