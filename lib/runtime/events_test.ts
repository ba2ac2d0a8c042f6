import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { type EventsOptions, openEvents } from "./events.ts";
import { createLogger } from "./log.ts";
import { openMetrics } from "./metrics.ts";
import type { EventRecord } from "./outcome.ts";

const ADDRESS = "http://notification.test/";
const NORMAL: EventRecord = { type: "Normal", reason: "NewArtifact", message: "stored" };
const TRACE: EventRecord = { type: "Trace", reason: "ArtifactUpToDate", message: "same" };

Deno.test("events go to the cluster and to the receiver, traces to the cluster alone", async () => {
  const { events, clock, cluster, posts } = harness();

  events.send("source-controller", repository(), NORMAL);
  events.send("source-controller", repository(), TRACE);
  await clock.advance(0);

  const stored = cluster.peekAll("v1", "Event");
  assert.deepEqual(stored.map(({ reason }) => reason), ["NewArtifact", "ArtifactUpToDate"]);
  assert.deepEqual(posts.map(({ reason }) => reason), ["NewArtifact"]);
  assert.deepEqual(cluster.writes.map(({ fieldManager }) => fieldManager), [
    "source-controller",
    "source-controller",
  ]);
});

Deno.test("without an address nothing is posted", async () => {
  const { events, clock, posts } = harness({ address: "" });

  events.send("source-controller", repository(), NORMAL);
  await clock.advance(0);

  assert.deepEqual(posts, []);
});

Deno.test("the same event again raises the count of the first one", async () => {
  const { events, clock, cluster, posts } = harness();

  for (let time = 0; time < 3; time++) {
    events.send("source-controller", repository(), NORMAL);
    await clock.advance(60_000);
  }

  const [stored, ...others] = cluster.peekAll("v1", "Event");
  assert.deepEqual(
    [stored?.["count"], stored?.["firstTimestamp"], stored?.["lastTimestamp"]],
    [3, "2026-01-01T00:00:00Z", "2026-01-01T00:02:00Z"],
  );
  assert.deepEqual(others, []);
  assert.equal(posts.length, 3, "the receiver finds duplicates itself");
});

Deno.test("the same words are a new event after ten minutes, or when the first one is gone", async () => {
  const { events, clock, cluster } = harness();
  events.send("source-controller", repository(), NORMAL);
  await clock.advance(10 * 60_000);

  events.send("source-controller", repository(), NORMAL);
  await clock.advance(0);
  for (const event of cluster.peekAll("v1", "Event")) {
    const { name, namespace = "" } = event.metadata;
    cluster.drop({ apiVersion: "v1", kind: "Event", name, namespace });
  }
  events.send("source-controller", repository(), NORMAL);
  await clock.advance(0);

  assert.equal(cluster.writes.filter(({ verb }) => verb === "create").length, 3);
});

Deno.test("one object cannot flood the cluster: 25 events, then one every five minutes", async () => {
  const { events, clock, cluster } = harness({ address: "" });

  for (let index = 0; index < 40; index++) {
    events.send("source-controller", repository(), { ...NORMAL, message: `m${index}` });
  }
  await clock.advance(0);
  const first = cluster.peekAll("v1", "Event").length;
  await clock.advance(5 * 60_000);
  events.send("source-controller", repository(), { ...NORMAL, message: "later" });
  events.send("source-controller", repository(), { ...NORMAL, message: "too soon" });
  await clock.advance(0);

  assert.deepEqual([first, cluster.peekAll("v1", "Event").length], [25, 26]);
});

Deno.test("a receiver that fails is tried again with growing delays, in order", async () => {
  const answers = [500, 503, 200, 200];
  const { events, clock, posts } = harness({
    fetch: () => Promise.resolve(new Response(null, { status: answers.shift() ?? 500 })),
  });
  events.send("source-controller", repository(), { ...NORMAL, message: "1" });
  events.send("source-controller", repository(), { ...NORMAL, message: "2" });

  await clock.advance(0);
  assert.deepEqual(posts.map(({ message }) => message), ["1"]);
  await clock.advance(1_000);
  assert.deepEqual(posts.map(({ message }) => message), ["1", "1"]);
  await clock.advance(2_000);

  assert.deepEqual(posts.map(({ message }) => message), ["1", "1", "1", "2"]);
});

const finalAnswers = [
  { name: "a duplicate (429) is an arrival", status: 429, lost: 0 },
  { name: "a refusal (400) is final", status: 400, lost: 1 },
  { name: "a redirect is not followed", status: 307, lost: 1 },
];

for (const { name, status, lost } of finalAnswers) {
  Deno.test(`of the receiver's answers ${name}`, async () => {
    const { events, clock, posts, metrics } = harness({
      fetch: () => Promise.resolve(new Response(null, { status })),
    });

    events.send("source-controller", repository(), NORMAL);
    await clock.advance(60_000);

    assert.equal(posts.length, 1);
    const text = await metrics.text();
    assert.equal(text.includes('sluice_lost_events_total{sink="webhook",why="failed"}'), lost > 0);
  });
}

Deno.test("a receiver that never answers is left after five seconds", async () => {
  const signals: AbortSignal[] = [];
  const { events, clock } = harness({
    fetch: (request) => {
      signals.push(request.signal);
      return new Promise((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason))
      );
    },
  });
  events.send("source-controller", repository(), NORMAL);

  await clock.advance(4_999);
  assert.equal(signals[0]?.aborted, false);
  await clock.advance(1);

  assert.equal(signals[0]?.aborted, true);
});

Deno.test("a dead receiver delays neither the cluster's events nor the caller, and is bounded", async () => {
  const { events, clock, cluster, metrics } = harness({ fetch: () => new Promise(() => {}) });

  for (let index = 0; index < 1_200; index++) {
    events.send("source-controller", repository(`app-${index}`), NORMAL);
  }
  await clock.advance(0);

  // 1,000 wait at most, and one is under way.
  assert.equal(cluster.peekAll("v1", "Event").length, 1_001);
  assert.match(
    await metrics.text(),
    /sluice_lost_events_total\{sink="webhook",why="full"\} 199\n/,
  );
});

Deno.test("an event that the API server refuses is lost at once, an unreachable one is tried again", async () => {
  const { events, clock, cluster } = harness({ address: "" });
  cluster.inject({ verb: "create" }, { failure: fail("Forbidden", "namespace is terminating") });
  events.send("source-controller", repository("a"), NORMAL);
  await clock.advance(0);
  cluster.inject({ verb: "create" }, { failure: fail("Unreachable", "no answer") });
  events.send("source-controller", repository("b"), NORMAL);

  await clock.advance(1_000);

  const about = cluster.peekAll("v1", "Event").map(({ metadata }) => metadata.name.split(".")[0]);
  assert.deepEqual(about, ["b"]);
});

Deno.test("flush() waits for what is on its way, but not for ever", async () => {
  const { events, clock } = harness({ fetch: () => new Promise(() => {}) });
  let isFlushed = false;
  await events.flush(1_000);

  events.send("source-controller", repository(), NORMAL);
  const flushed = events.flush(1_000).then(() => isFlushed = true);
  await clock.advance(999);
  assert.equal(isFlushed, false);
  await clock.advance(1);
  await flushed;

  assert.equal(isFlushed, true);
});

function repository(name = "app"): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name, namespace: "apps", uid: `uid-${name}`, resourceVersion: "5" },
    spec: {},
  };
}

function harness(options: Partial<EventsOptions> = {}) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const metrics = openMetrics();
  const posts: Record<string, unknown>[] = [];
  const answer = options.fetch ?? (() => Promise.resolve(new Response(null, { status: 202 })));
  const events = openEvents({
    cluster,
    clock,
    metrics,
    log: createLogger({ write: () => {}, clock }),
    instance: "pod-1",
    address: ADDRESS,
    ...options,
    fetch: async (request) => {
      posts.push(await request.clone().json());
      return await answer(request);
    },
  });
  return { clock, cluster, metrics, posts, events };
}
