import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeCluster } from "../../testing/fake_cluster.ts";
import type { KubeObject } from "../object.ts";
import { entryOf, pruneObjects } from "./mod.ts";

const OWNER = { "kustomize.toolkit.fluxcd.io/name": "app" };

function configMap(name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const labels = OWNER;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "ns", labels, ...metadata },
  };
}

function options(signal: AbortSignal = new AbortController().signal) {
  const fieldManager = "kustomize-controller";
  return { ownerLabels: OWNER, runtimeNamespace: "flux-system", fieldManager, signal };
}

Deno.test("pruneObjects() deletes by uid, in reverse order, what is ours", async () => {
  const cluster = new FakeCluster();
  const first = cluster.seed(configMap("a"));
  cluster.seed(configMap("b"));
  const gone = configMap("c");

  const report = await pruneObjects(
    cluster,
    [first, configMap("b"), gone].map(entryOf),
    options(),
  );

  const actions = report.changes.map(({ ref, action }) => `${ref.name} ${action}`);
  assert.deepEqual(actions, ["c deleted", "b deleted", "a deleted"]);
  assert.deepEqual([report.survivors, report.failure], [[], undefined]);
  assert.deepEqual(cluster.writes.at(-1)?.body, {
    uid: first.metadata.uid,
    resourceVersion: first.metadata.resourceVersion,
    propagation: "Background",
  });
});

Deno.test("pruneObjects() lets go what is not, or must not be, deleted", async () => {
  const cases = [
    {
      name: "another owner",
      live: configMap("a", { labels: { "kustomize.toolkit.fluxcd.io/name": "other" } }),
    },
    { name: "no owner", live: configMap("a", { labels: {} }) },
    {
      name: "prune disabled",
      live: configMap("a", { annotations: { "kustomize.toolkit.fluxcd.io/prune": "disabled" } }),
    },
    {
      name: "our own namespace",
      live: {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "flux-system", labels: OWNER },
      },
    },
    {
      name: "our own definitions",
      live: {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "kustomizations.kustomize.toolkit.fluxcd.io", labels: OWNER },
      },
    },
  ];

  for (const { name, live } of cases) {
    const cluster = new FakeCluster();
    cluster.seed(live);
    const report = await pruneObjects(cluster, [entryOf(live)], options());
    assert.deepEqual(report.changes.map(({ action }) => action), ["skipped"], name);
    assert.deepEqual([report.survivors, cluster.writes], [[], []], name);
  }
});

Deno.test("pruneObjects() keeps an entry until its object is gone", async () => {
  const cluster = new FakeCluster();
  const held = cluster.seed(configMap("a", { finalizers: ["example.com/hold"] }));
  const entries = [entryOf(held)];

  const first = await pruneObjects(cluster, entries, options());
  const second = await pruneObjects(cluster, first.survivors, options());

  assert.deepEqual(first.changes.map(({ action }) => action), ["deleted"]);
  assert.deepEqual(first.survivors, entries);
  assert.deepEqual([second.changes, second.survivors], [[], entries]);
  assert.equal(cluster.writes.length, 1);
});

Deno.test("pruneObjects() goes on after an error and keeps what failed", async () => {
  const cluster = new FakeCluster();
  const entries = [cluster.seed(configMap("a")), cluster.seed(configMap("b"))].map(entryOf);
  cluster.inject({ verb: "remove", name: "b" }, { failure: fail("Forbidden", "no") });

  const report = await pruneObjects(cluster, [...entries, { id: "broken", v: "v1" }], options());

  assert.deepEqual(report.survivors.map(({ id }) => id), ["ns_b__ConfigMap", "broken"]);
  assert.equal(
    report.failure?.message,
    "delete failed, errors: unable to parse stored object metadata: broken; " +
      "ConfigMap/ns/b delete failed: no;",
  );
  assert.deepEqual(report.changes.map(({ ref }) => ref.name), ["a"]);
});

Deno.test("pruneObjects() takes a kind that is no longer served as gone", async () => {
  const report = await pruneObjects(
    new FakeCluster(),
    [{ id: "ns_a_example.com_Widget", v: "v1" }],
    options(),
  );

  assert.deepEqual(report.changes.map(({ action }) => action), ["deleted"]);
});

Deno.test("pruneObjects() deletes nothing once it is called off", async () => {
  const cluster = new FakeCluster();
  const entries = [entryOf(cluster.seed(configMap("a")))];

  const report = await pruneObjects(cluster, entries, options(AbortSignal.abort()));

  assert.deepEqual([report.survivors, cluster.requests], [entries, []]);
});
