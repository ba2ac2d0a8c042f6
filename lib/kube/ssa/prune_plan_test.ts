import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeCluster } from "../../testing/fake_cluster.ts";
import type { KubeObject } from "../object.ts";
import { carryOutPrune, entryOf, planPrune, pruneObjects, type PruneOptions } from "./mod.ts";

const OWNER = { "kustomize.toolkit.fluxcd.io/name": "app" };
const OTHER = { "kustomize.toolkit.fluxcd.io/name": "other" };
const FIELD_MANAGER = "kustomize-controller";
const REF = { apiVersion: "v1", kind: "ConfigMap", namespace: "ns", name: "a" };

function configMap(name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const all = { name, namespace: "ns", labels: OWNER, ...metadata };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: all };
}

function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: OWNER } };
}

function options(more: Partial<PruneOptions> = {}): PruneOptions {
  const { signal } = new AbortController();
  return {
    ownerLabels: OWNER,
    runtimeNamespace: "flux-system",
    fieldManager: FIELD_MANAGER,
    signal,
    ...more,
  };
}

const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "o", uid: "1" }];

const cases = [
  { name: "is ours", live: configMap("a"), want: "delete" },
  { name: "is not there", want: "gone" },
  { name: "is held by a finalizer", live: configMap("a"), isLeaving: true, want: "leaving" },
  { name: "has another's labels", live: configMap("a", { labels: OTHER }), want: "kept foreign" },
  {
    name: "belongs to another object",
    live: configMap("a", { ownerReferences }),
    want: "kept child",
  },
  { name: "is the namespace of Sluice", live: namespace("flux-system"), want: "kept ground" },
  { name: "is the namespace default", live: namespace("default"), want: "kept ground" },
  { name: "is a namespace of Kubernetes", live: namespace("kube-system"), want: "kept ground" },
  { name: "is a namespace", live: namespace("apps"), want: "delete" },
];

for (const { name, live, isLeaving = false, want } of cases) {
  Deno.test(`planPrune() of what ${name}: ${want}`, async () => {
    const cluster = new FakeCluster();
    if (live !== undefined) cluster.seed(live);
    if (isLeaving) {
      const patch = { metadata: { finalizers: ["x.test/hold"] } };
      await cluster.patch(REF, patch, { fieldManager: "x", type: "merge" });
      cluster.drop(REF);
    }
    const before = cluster.writes.length;

    const plan = await planPrune(cluster, [entryOf(live ?? configMap("a"))], options());

    const { verdict } = plan.steps[0] ?? assert.fail("no step");
    assert.equal(verdict.kind === "kept" ? `kept ${verdict.why}` : verdict.kind, want);
    assert.equal(cluster.writes.length, before);
  });
}

Deno.test("an owner that git itself names does not save an object", async () => {
  const cluster = new FakeCluster();
  const object = configMap("a", { ownerReferences });
  await cluster.apply(object, { fieldManager: FIELD_MANAGER, force: true });

  const report = await pruneObjects(cluster, [entryOf(object)], options());

  assert.deepEqual(report.changes.map(({ action }) => action), ["deleted"]);
});

Deno.test("what another owner labels between the look and the delete is not deleted", async () => {
  const cluster = new FakeCluster();
  const object = cluster.seed(configMap("a"));
  cluster.inject({ verb: "remove", name: "a" }, {
    before: () => {
      cluster.seed(configMap("a", { labels: OTHER }));
    },
  });

  const report = await pruneObjects(cluster, [entryOf(object)], options());

  assert.deepEqual(report.changes.map(({ action }) => action), ["skipped"]);
  assert.equal(report.failure, undefined);
  assert.deepEqual(cluster.peek(REF)?.metadata.labels, OTHER);
});

Deno.test("what changes all the time is deleted in the end, or the failure says so", async () => {
  for (const [times, want] of [[4, "deleted"], [5, undefined]] as const) {
    const cluster = new FakeCluster();
    const object = cluster.seed(configMap("a"));
    let count = 0;
    cluster.inject({ verb: "remove" }, {
      before: () => {
        cluster.seed({ ...configMap("a"), data: { n: String(count++) } });
      },
      times,
    });

    const report = await pruneObjects(cluster, [entryOf(object)], options());

    assert.equal(report.changes[0]?.action, want);
    assert.equal(report.failure === undefined, want !== undefined);
    assert.equal(report.survivors.length, want === undefined ? 1 : 0);
  }
});

Deno.test("an object that may not be read keeps all the others from being deleted", async () => {
  const cluster = new FakeCluster();
  const entries = ["a", "b", "c"].map((name) => entryOf(cluster.seed(configMap(name))));
  cluster.inject({ verb: "get", name: "b" }, { failure: fail("Forbidden", "no") });

  const report = await pruneObjects(cluster, entries, options());

  assert.deepEqual(report.survivors, entries);
  assert.equal(report.failure?.message, "delete failed, errors: ConfigMap/ns/b query failed: no;");
  assert.deepEqual(cluster.writes, []);
});

Deno.test("what others want too gets their labels", async () => {
  const cluster = new FakeCluster();
  const entries = ["a", "b"].map((name) => entryOf(cluster.seed(configMap(name))));
  const claimantOf = (id: string) => id === "ns_a__ConfigMap" ? OTHER : undefined;

  const report = await pruneObjects(cluster, entries, options({ claimantOf }));

  assert.deepEqual(report.changes.map(({ ref, action }) => `${ref.name} ${action}`), [
    "b deleted",
    "a skipped",
  ]);
  assert.deepEqual(cluster.peek(REF)?.metadata.labels, OTHER);
  assert.deepEqual(report.survivors, []);
});

Deno.test("what another one claims between the look and the delete is handed over", async () => {
  const cluster = new FakeCluster();
  const live = cluster.seed(configMap("a"));
  let isClaimed = false;
  const how = options({ claimantOf: () => isClaimed ? OTHER : undefined });
  const plan = await planPrune(cluster, [entryOf(live)], how);

  isClaimed = true;
  const report = await carryOutPrune(cluster, plan, how);

  assert.deepEqual(report.changes.map(({ action }) => action), ["skipped"]);
  assert.deepEqual([report.survivors, report.failure], [[], undefined]);
  assert.deepEqual(cluster.peek(REF)?.metadata.labels, OTHER);
  assert.deepEqual(cluster.writes.map(({ verb }) => verb), ["patch"]);
});

Deno.test("a namespace with something of others in it stays, on record", async () => {
  const cluster = new FakeCluster();
  const entries = ["full", "empty"].map((name) => entryOf(cluster.seed(namespace(name))));
  const occupantOf = (name: string) =>
    Promise.resolve(name === "full" ? "GitRepository/full/x" : undefined);

  const report = await pruneObjects(cluster, entries, options({ occupantOf }));

  assert.deepEqual(report.survivors.map(({ id }) => id), ["_full__Namespace"]);
  assert.equal(report.failure, undefined);
  assert.deepEqual(cluster.peekAll("v1", "Namespace").map(({ metadata }) => metadata.name), [
    "full",
  ]);
});
