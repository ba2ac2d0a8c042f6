import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock, settle } from "../testing/fake_clock.ts";
import type { QueueMetrics } from "./metrics.ts";
import { WorkQueue, type WorkQueueOptions } from "./work_queue.ts";

Deno.test("WorkQueue runs keys in the order they came", async () => {
  const { queue, started, finish } = harness({ workers: 1 });

  for (const key of ["c", "a", "b"]) queue.add(key);
  await finish("c");
  await finish("a");
  await finish("b");

  assert.deepEqual(started, ["c", "a", "b"]);
});

Deno.test("WorkQueue runs a key once, however often it was added while it waited", async () => {
  const { queue, started, finish } = harness({ workers: 1 });
  queue.add("busy");
  await settle();

  for (let time = 0; time < 5; time++) queue.add("a");
  await finish("busy");
  await finish("a");

  assert.deepEqual(started, ["busy", "a"]);
});

Deno.test("WorkQueue runs a key once more when it was added while it ran", async () => {
  const { queue, started, finish } = harness({ workers: 4 });
  queue.add("a");
  await settle();

  queue.add("a");
  queue.add("a");
  await settle();
  assert.deepEqual(started, ["a"], "never two runs of a key at once");
  await finish("a");
  await finish("a");

  assert.deepEqual(started, ["a", "a"]);
});

Deno.test("WorkQueue puts a key that comes again behind the others", async () => {
  const { queue, started, finish } = harness({ workers: 1 });
  queue.add("a");
  await settle();
  queue.add("b");
  queue.add("a");

  await finish("a");
  await finish("b");
  await finish("a");

  assert.deepEqual(started, ["a", "b", "a"]);
});

Deno.test("WorkQueue works on as many keys at once as it has workers", async () => {
  const active: number[] = [];
  const { queue, started, finish } = harness({ workers: 2, onActive: (n) => active.push(n) });

  for (const key of ["a", "b", "c"]) queue.add(key);
  await settle();
  assert.deepEqual(started, ["a", "b"]);
  await finish("b");

  assert.deepEqual(started, ["a", "b", "c"]);
  assert.equal(Math.max(...active), 2);
  await finish("a");
  await finish("c");
});

Deno.test("WorkQueue gives a group that has none a worker, even when another has taken all", async () => {
  const { queue, started, finish } = harness({ workers: 2, groupOf: namespaceOf });

  for (const key of ["a/1", "a/2", "a/3", "b/1", "b/2", "c/1", "d/1"]) queue.add(key);
  await settle();

  // As many again as there are workers, one for each group.
  assert.deepEqual(started, ["a/1", "a/2", "b/1", "c/1"]);
  await finish("c/1");
  assert.deepEqual(started.slice(4), ["d/1"]);
  await finish("d/1");
  await finish("a/1");
  assert.deepEqual(started.slice(5), [], "two are at work, and nobody who waits has none");
  await finish("b/1");
  await finish("a/2");
  assert.deepEqual(started.slice(5), ["b/2", "a/3"]);
});

Deno.test("WorkQueue lets nobody wait for all that another has put in before", async () => {
  const { queue, started, finish } = harness({ workers: 2, groupOf: namespaceOf });
  for (let n = 0; n < 50; n++) queue.add(`hog/${n}`);
  await settle();

  for (const key of ["b/1", "b/2"]) queue.add(key);
  await settle();
  await finish("b/1");

  assert.deepEqual(started, ["hog/0", "hog/1", "b/1", "b/2"]);
});

Deno.test("WorkQueue keeps the earliest of several delays", async () => {
  const { queue, clock, started, finish } = harness({ workers: 1 });

  queue.addAfter("a", 5_000);
  queue.addAfter("a", 1_000);
  queue.addAfter("a", 3_000);
  await clock.advance(999);
  assert.deepEqual(started, []);
  await clock.advance(1);
  await finish("a");
  await clock.advance(10_000);

  assert.deepEqual(started, ["a"]);
});

Deno.test("WorkQueue lets a run stand for the one that was set for later", async () => {
  const { queue, clock, started, finish } = harness({ workers: 1 });
  queue.addAfter("a", 1_000);

  queue.add("a");
  await finish("a");
  await clock.advance(2_000);

  assert.deepEqual(started, ["a"]);
});

Deno.test("WorkQueue keeps a delay that was set during the run", async () => {
  const { queue, clock, started, finish } = harness({ workers: 1 });
  queue.add("a");
  await settle();

  queue.addAfter("a", 1_000);
  await finish("a");
  await clock.advance(1_000);

  assert.deepEqual(started, ["a", "a"]);
  await finish("a");
});

Deno.test("WorkQueue doubles the delay with each failure of a key, up to the most", () => {
  const { queue } = harness({ workers: 1, backoff: { minMs: 750, maxMs: 10_000 } });

  const delays = Array.from({ length: 6 }, () => queue.addFailed("a"));
  const other = queue.addFailed("b");
  queue.forgive("a");
  const again = queue.addFailed("a");

  assert.deepEqual(delays, [750, 1_500, 3_000, 6_000, 10_000, 10_000]);
  assert.deepEqual([other, again], [750, 750]);
});

Deno.test("WorkQueue never delays a failure for longer than 15 minutes by default", () => {
  const { queue } = harness({ workers: 1 });

  const delays = Array.from({ length: 2_000 }, () => queue.addFailed("a"));

  assert.equal(delays.at(-1), 900_000);
});

Deno.test("WorkQueue.withdraw() spares the run that would follow, not a later one", async () => {
  const { queue, started, finish } = harness({ workers: 1 });
  queue.add("a");
  await settle();
  queue.add("a");

  queue.withdraw("a");
  await finish("a");
  const once = [...started];
  queue.add("a");
  await settle();

  assert.deepEqual(once, ["a"]);
  assert.deepEqual(started, ["a", "a"]);
  await finish("a");
});

Deno.test("WorkQueue.forget() takes back all that is planned", async () => {
  const { queue, clock, started, finish } = harness({ workers: 1 });
  queue.add("busy");
  await settle();
  queue.add("a");
  queue.addAfter("a", 1_000);

  queue.forget("a");
  await finish("busy");
  await clock.advance(2_000);

  assert.deepEqual(started, ["busy"]);
  assert.equal(queue.has("a"), false);
});

Deno.test("WorkQueue.stop() ends when what runs has ended, and starts nothing more", async () => {
  const { queue, clock, started, finish } = harness({ workers: 1 });
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 1_000);
  await settle();
  let isStopped = false;

  const stopped = queue.stop().then(() => isStopped = true);
  queue.add("d");
  await clock.advance(2_000);
  assert.equal(isStopped, false);
  await finish("a");
  await stopped;

  assert.deepEqual(started, ["a"]);
  assert.equal(clock.pending, 0);
});

Deno.test("WorkQueue tells its metrics how long keys wait and run", async () => {
  const seen: Record<string, number[]> = { depth: [], waited: [], worked: [] };
  const metrics: QueueMetrics = {
    depth: (count) => seen["depth"]?.push(count),
    waited: (seconds) => seen["waited"]?.push(seconds),
    worked: (seconds) => seen["worked"]?.push(seconds),
    added: () => {},
    retried: () => {},
  };
  const { queue, clock, finish } = harness({ workers: 1, metrics });

  queue.add("a");
  queue.add("b");
  await clock.advance(2_000);
  await finish("a");
  await clock.advance(1_000);
  await finish("b");

  assert.deepEqual([seen["waited"], seen["worked"]], [[0, 2], [2, 1]]);
  assert.equal(seen["depth"]?.at(-1), 0);
});

Deno.test("WorkQueue loses no key and never runs one twice at once, whatever the order", async () => {
  const step = fc.record({
    key: fc.constantFrom("a/1", "a/2", "a/3", "b/1", "c/1", "d/1"),
    what: fc.constantFrom("add", "after", "failed", "forget", "tick"),
    ms: fc.integer({ min: 0, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new FakeClock();
      const running = new Set<string>();
      const lastRun = new Map<string, number>();
      const wanted = new Map<string, number>();
      let turn = 0;
      const queue = new WorkQueue({
        clock,
        workers: 2,
        groupOf: namespaceOf,
        backoff: { minMs: 5, maxMs: 40 },
        work: async (key) => {
          assert.equal(running.has(key), false, "two runs of one key at once");
          assert.ok(running.size < 4, "more runs than there may ever be");
          const isOther = [...running].every((other) => namespaceOf(other) !== namespaceOf(key));
          assert.ok(
            running.size < 2 || isOther,
            "more runs than workers, and not for an idle group",
          );
          running.add(key);
          lastRun.set(key, ++turn);
          await new Promise<void>((resolve) => clock.after(7, resolve));
          running.delete(key);
        },
      });
      for (const { key, what, ms } of steps) {
        if (what === "forget") wanted.delete(key);
        else if (what !== "tick") wanted.set(key, turn + 1);
        if (what === "add") queue.add(key);
        if (what === "after") queue.addAfter(key, ms);
        if (what === "failed") queue.addFailed(key);
        if (what === "forget") queue.forget(key);
        if (what === "tick") await quickAdvance(clock, ms);
      }
      await quickAdvance(clock, 1_000);

      for (const [key, since] of wanted) {
        assert.ok((lastRun.get(key) ?? 0) >= since, `${key} was not run after it was added`);
      }
    }),
    { seed: 7, numRuns: 60 },
  );
});

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}

/** Like the clock's own advance, in microtasks only: a property runs thousands of steps. */
async function quickAdvance(clock: FakeClock, byMs: number): Promise<void> {
  let leftMs = byMs;
  for (;;) {
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    const nextMs = clock.nextInMs;
    if (nextMs === undefined || nextMs > leftMs) break;
    leftMs -= nextMs;
    clock.tick(nextMs);
  }
  clock.tick(leftMs);
}

function harness(options: Partial<WorkQueueOptions> & { workers: number }) {
  const clock = new FakeClock();
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new WorkQueue({
    clock,
    work: (key) => {
      started.push(key);
      return new Promise<void>((resolve) => ends.set(key, resolve));
    },
    ...options,
  });
  /** Ends the run of `key`, and waits for what follows. */
  async function finish(key: string): Promise<void> {
    await settle();
    ends.get(key)?.();
    await settle();
  }
  return { clock, queue, started, finish };
}
