import assert from "node:assert/strict";
import { FakeClock, settle } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { fakeResource } from "../testing/fake_resources.ts";
import { type LiveWatch, openLiveWatch } from "./live_watch.ts";
import type { KubeObject } from "./object.ts";

const OWNER = "kustomize.toolkit.fluxcd.io/name";
const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };
const SECRET = { ...CONFIG_MAP, kind: "Secret" };

function object(kind: string, name: string, data: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind,
    metadata: { name, namespace: "apps", labels: { [OWNER]: "apps" } },
    data,
  };
}

function openLive(): { cluster: FakeCluster; clock: FakeClock; live: LiveWatch; heard: string[] } {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const live = openLiveWatch(cluster, { labelSelector: OWNER, clock });
  const heard: string[] = [];
  live.onChange(({ kind, name }, { type }) => void heard.push(`${type} ${kind}/${name}`));
  return { cluster, clock, live, heard };
}

function watches(cluster: FakeCluster): string[] {
  return cluster.informers.map(({ gvk, options }) =>
    `${gvk.kind} ${options.metadataOnly === true ? "metadata" : "full"}`
  );
}

Deno.test("one watch serves all who ask for a kind, and outlives the last by half a minute", async () => {
  const { cluster, clock, live } = openLive();
  await using _ = live;
  const first = live.ensure(CONFIG_MAP, { full: false });
  const second = live.ensure(CONFIG_MAP, { full: false });
  await live.synced(CONFIG_MAP);

  first();
  first();
  second();
  await clock.advance(29_000);
  const third = live.ensure(CONFIG_MAP, { full: false });
  third();
  await clock.advance(29_000);
  const during = watches(cluster);
  await clock.advance(1_000);

  assert.deepEqual(during, ["ConfigMap metadata"]);
  assert.deepEqual(watches(cluster), []);
  assert.equal(live.trouble(CONFIG_MAP), undefined);
});

Deno.test("only what carries the label is seen, and a label that goes looks like a delete", async () => {
  const { cluster, live, heard } = openLive();
  await using _ = live;
  cluster.seed(object("ConfigMap", "ours"));
  cluster.seed({
    ...object("ConfigMap", "theirs"),
    metadata: { name: "theirs", namespace: "apps" },
  });
  live.ensure(CONFIG_MAP, { full: false });
  await live.synced(CONFIG_MAP);

  cluster.seed({ ...object("ConfigMap", "ours"), metadata: { name: "ours", namespace: "apps" } });
  await settle();

  assert.deepEqual(heard, ["added ConfigMap/ours", "deleted ConfigMap/ours"]);
});

Deno.test("full objects come when asked for, go later, and neither repeats an add", async () => {
  const { cluster, clock, live, heard } = openLive();
  await using _ = live;
  cluster.seed(object("ConfigMap", "a", { x: "1" }));
  const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };
  live.ensure(CONFIG_MAP, { full: false });
  await live.synced(CONFIG_MAP);
  const asMetadata = live.get(ref)?.data;

  const release = live.ensure(CONFIG_MAP, { full: true });
  await live.synced(CONFIG_MAP);
  await settle();
  const asFull = [live.get(ref)?.data, live.isFull(CONFIG_MAP), watches(cluster)];
  release();
  await clock.advance(30_000);

  assert.equal(asMetadata, undefined);
  assert.deepEqual(asFull, [{ x: "1" }, true, ["ConfigMap full"]]);
  assert.deepEqual([live.get(ref)?.data, watches(cluster)], [undefined, ["ConfigMap metadata"]]);
  assert.deepEqual(heard, ["added ConfigMap/a", "updated ConfigMap/a"]);
});

Deno.test("a delete between two watches is told", async () => {
  const { cluster, live, heard } = openLive();
  await using _ = live;
  cluster.seed(object("ConfigMap", "a"));
  live.ensure(CONFIG_MAP, { full: false });
  await live.synced(CONFIG_MAP);
  for (const informer of cluster.informers) informer.pause();

  cluster.drop({ apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" });
  live.ensure(CONFIG_MAP, { full: true });
  await live.synced(CONFIG_MAP);
  await settle();

  assert.deepEqual(heard, ["added ConfigMap/a", "deleted ConfigMap/a"]);
});

Deno.test("Secrets are never watched in full", async () => {
  const { cluster, live } = openLive();
  await using _ = live;
  cluster.seed(object("Secret", "s", { password: "x" }));

  live.ensure(SECRET, { full: true });
  await live.synced(SECRET);

  assert.deepEqual(watches(cluster), ["Secret metadata"]);
  assert.equal(live.isFull(SECRET), false);
});

Deno.test("a kind that is not there is reported until it is", async () => {
  const { cluster, live, heard } = openLive();
  await using _ = live;
  const widget = { group: "example.com", version: "v1", kind: "Widget" };
  live.ensure(widget, { full: true });
  await settle();
  const before = live.trouble(widget)?.code;

  cluster.define(fakeResource("example.com/v1", "Widget"));
  cluster.seed({ ...object("Widget", "w"), apiVersion: "example.com/v1" });
  await settle();

  assert.equal(before, "NoMatch");
  assert.equal(live.trouble(widget), undefined);
  assert.deepEqual(heard, ["added Widget/w"]);
});

Deno.test("a watch that is closed opens nothing more for who comes late", async () => {
  const { cluster, live } = openLive();
  await live[Symbol.asyncDispose]();

  const release = live.ensure(CONFIG_MAP, { full: true });
  await live.answered(CONFIG_MAP);
  release();

  assert.deepEqual(watches(cluster), []);
  assert.equal(live.isFull(CONFIG_MAP), false);
});
