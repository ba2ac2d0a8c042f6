import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { FakeCluster } from "../../testing/fake_cluster.ts";
import type { KubeObject } from "../object.ts";
import { applyStaged, type StagedApplyOptions } from "./mod.ts";

function configMap(name: string, namespace = "ns"): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { k: "1" } };
}

function namespace(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: { group: "example.com", names: { kind: "Widget" } },
};
const WIDGET = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w", namespace: "ns" },
};

function options(more: Partial<StagedApplyOptions> = {}): StagedApplyOptions {
  return {
    fieldManager: "kustomize-controller",
    clock: new FakeClock(),
    signal: new AbortController().signal,
    placeOf: ({ metadata: { name } }) => `app/${name}.yaml:1`,
    waitReady: () => Promise.resolve({ ok: true, value: undefined }),
    ...more,
  };
}

function deny(cluster: FakeCluster, name: string, message = "no"): void {
  const failure = fail("Forbidden", message);
  cluster.inject({ verb: "apply", name, dryRun: true }, { failure });
}

Deno.test("a run that fails in its first stage tells what the later ones would refuse, each with its place", async () => {
  const cluster = new FakeCluster();
  for (const name of ["widgets.example.com", "a", "c"]) deny(cluster, name);

  const objects = [CRD, WIDGET, ...["a", "b", "c"].map((name) => configMap(name))];
  const report = await applyStaged(cluster, objects, options());

  assert.deepEqual(report.failure?.message.split("\n"), [
    "CustomResourceDefinition/widgets.example.com dry-run failed (Forbidden): no " +
    "(app/widgets.example.com.yaml:1)",
    "ConfigMap/ns/a dry-run failed (Forbidden): no (app/a.yaml:1)",
    "ConfigMap/ns/c dry-run failed (Forbidden): no (app/c.yaml:1)",
  ]);
  assert.deepEqual([report.changes, cluster.writes], [[], []]);
});

Deno.test("of many failures the beginnings are told, of one all", async () => {
  for (
    const { count, mostBytes, places } of [
      { count: 1, mostBytes: 21_000, places: 1 },
      { count: 40, mostBytes: 22_000, places: 20 },
    ]
  ) {
    const cluster = new FakeCluster();
    const names = Array.from({ length: count }, (_, index) => `m${index}`);
    for (const name of names) deny(cluster, name, "x".repeat(1_000_000));

    const report = await applyStaged(cluster, names.map((name) => configMap(name)), options());

    const message = report.failure?.message ?? "";
    assert.ok(message.length > 15_000 && message.length < mostBytes, `${message.length}`);
    assert.equal(message.match(/\(app\/m\d+\.yaml:1\)/g)?.length, places);
    assert.equal(message.endsWith("\nand 20 more"), count === 40);
  }
});

Deno.test("a partial apply writes what passes and counts the rest", async () => {
  const cluster = new FakeCluster();
  deny(cluster, "b");
  const late = { failure: fail("Invalid", "late") };
  const beforeFirstWrite = () =>
    Promise.resolve(void cluster.inject({ verb: "apply", name: "c" }, late));

  const objects = ["a", "b", "c", "d"].map((name) => configMap(name));
  const how = options({ isPartial: true, beforeFirstWrite });
  const report = await applyStaged(cluster, objects, how);

  assert.deepEqual(report.changes.map(({ ref }) => ref.name), ["a", "d"]);
  assert.equal(report.refused, 2);
  const told = /^ConfigMap\/ns\/b dry-run failed .*\nConfigMap\/ns\/c apply failed: late/;
  assert.match(report.failure?.message ?? "", told);
});

Deno.test("a partial apply still ends where nothing can be done", async () => {
  const cluster = new FakeCluster();
  const failure = fail("Unreachable", "connection refused");
  cluster.inject({ verb: "apply", name: "b", dryRun: true }, { failure });

  const objects = ["a", "b"].map((name) => configMap(name));
  const report = await applyStaged(cluster, objects, options({ isPartial: true }));

  assert.deepEqual([report.refused, report.failure?.code], [undefined, "Unreachable"]);
  assert.deepEqual(cluster.writes, []);
});

Deno.test("a namespace that is on its way out is told once, with what holds it", async () => {
  const cluster = new FakeCluster();
  cluster.seed({ ...namespace("ns"), metadata: { name: "ns", finalizers: ["x.test/hold"] } });
  cluster.drop({ apiVersion: "v1", kind: "Namespace", name: "ns" });
  const live = cluster.peek({ apiVersion: "v1", kind: "Namespace", name: "ns" });
  const since = live?.metadata.deletionTimestamp;
  const conditions = [{
    type: "NamespaceFinalizersRemaining",
    status: "True",
    message: "in 1 resource instances: x.test/hold",
  }];
  if (live) cluster.seed({ ...live, status: { phase: "Terminating", conditions } });
  const refusal = (name: string) =>
    `configmaps "${name}" is forbidden: unable to create new content in namespace ns because it is being terminated`;
  for (const name of ["a", "b"]) deny(cluster, name, refusal(name));
  deny(cluster, "other", "no");
  const objects = [configMap("a"), configMap("b"), configMap("other", "elsewhere")];

  const foreign = await applyStaged(cluster, objects, options());
  for (const name of ["a", "b"]) deny(cluster, name, refusal(name));
  deny(cluster, "other", "no");
  const own = await applyStaged(cluster, [namespace("ns"), ...objects], options());

  const why = `Namespace/ns is terminating since ${since}: in 1 resource instances: x.test/hold`;
  assert.deepEqual(foreign.failure?.message.split("\n"), [
    `${why}; 2 objects wait for its end`,
    "ConfigMap/elsewhere/other dry-run failed (Forbidden): no (app/other.yaml:1)",
  ]);
  assert.deepEqual(own.failure?.message.split("\n"), [
    `${why}; 3 objects wait for its end`,
    "ConfigMap/elsewhere/other dry-run failed (Forbidden): no (app/other.yaml:1)",
  ]);
});
