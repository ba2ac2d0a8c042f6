import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { FakeCluster } from "../../testing/fake_cluster.ts";
import { fakeResource } from "../../testing/fake_resources.ts";
import { type KubeObject, refOf } from "../object.ts";
import { applyStaged, type StagedApplyOptions } from "./mod.ts";

const FORCE = { "kustomize.toolkit.fluxcd.io/force": "Enabled" };
const IMMUTABLE = fail("Invalid", "field is immutable");

function options(more: Partial<StagedApplyOptions> = {}): StagedApplyOptions {
  return {
    fieldManager: "kustomize-controller",
    force: true,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    waitReady: () => Promise.resolve({ ok: true, value: undefined }),
    ...more,
  };
}

const OF_CLUSTER = ["v1/PersistentVolume", "v1/Namespace"];

function object(apiVersion: string, kind: string, spec: Record<string, unknown>): KubeObject {
  const isOfCluster = OF_CLUSTER.includes(`${apiVersion}/${kind}`) || kind.startsWith("CustomRes");
  const metadata = isOfCluster ? { name: "a" } : { name: "a", namespace: "ns" };
  return { apiVersion, kind, metadata, spec };
}

const kinds = [
  { apiVersion: "v1", kind: "Service", isPrecious: false },
  { apiVersion: "v1", kind: "PersistentVolumeClaim", isPrecious: true },
  { apiVersion: "v1", kind: "PersistentVolume", isPrecious: true },
  { apiVersion: "v1", kind: "Namespace", isPrecious: true },
  { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", isPrecious: true },
  { apiVersion: "apps/v1", kind: "StatefulSet", isPrecious: false },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
    isPrecious: true,
  },
  { apiVersion: "example.com/v1", kind: "Namespace", isPrecious: false },
];

for (const { apiVersion, kind, spec = {}, isPrecious } of kinds) {
  for (const isAnnotated of [false, true]) {
    const what = `${kind} of ${apiVersion}${"volumeClaimTemplates" in spec ? " with volumes" : ""}`;
    Deno.test(`spec.force and ${what}, annotated ${isAnnotated}`, async () => {
      const cluster = new FakeCluster();
      cluster.define(fakeResource(apiVersion, kind));
      const old = cluster.seed(object(apiVersion, kind, { ...spec, x: "1" }));
      const desired = object(apiVersion, kind, { ...spec, x: "2" });
      if (isAnnotated) desired.metadata.annotations = FORCE;
      cluster.inject({ verb: "apply", dryRun: true }, { failure: IMMUTABLE });

      const report = await applyStaged(cluster, [desired], options());

      const isMadeAnew = cluster.peek(refOf(old))?.metadata.uid !== old.metadata.uid;
      assert.equal(isMadeAnew, !isPrecious || isAnnotated);
      assert.equal(report.failure === undefined, isMadeAnew);
      if (isMadeAnew) return;
      assert.match(report.failure?.message ?? "", /force: Enabled on the object itself would$/);
      assert.deepEqual(cluster.writes, []);
    });
  }
}

const trials = [
  { name: "an invalid object", failure: fail("Invalid", "spec.x: wrong"), isMadeAnew: false },
  { name: "one that admission denies", failure: fail("Forbidden", "denied"), isMadeAnew: false },
  {
    name: "an address that the old one holds",
    failure: fail(
      "Invalid",
      "spec.clusterIPs: failed to allocate IP: provided IP is already allocated",
    ),
    isMadeAnew: true,
  },
  {
    name: "a quota that the old one fills",
    failure: fail("Forbidden", "services is forbidden: exceeded quota: q"),
    isMadeAnew: true,
  },
  {
    name: "a neighbour by the name of the trial",
    failure: fail("AlreadyExists", "x"),
    isMadeAnew: true,
  },
];

for (const { name, failure, isMadeAnew } of trials) {
  Deno.test(`before the delete a dry-run asks for the new object: ${name}`, async () => {
    const cluster = new FakeCluster();
    const old = cluster.seed(object("v1", "Service", { x: "1" }));
    cluster.inject({ verb: "apply", dryRun: true }, { failure: IMMUTABLE });
    cluster.inject({ verb: "create", dryRun: true }, { failure });

    const report = await applyStaged(cluster, [object("v1", "Service", { x: "2" })], options());

    assert.equal(cluster.peek(refOf(old))?.metadata.uid !== old.metadata.uid, isMadeAnew);
    assert.equal(report.failure === undefined, isMadeAnew);
    const trial = cluster.requests.find(({ verb }) => verb === "create");
    assert.deepEqual([trial?.name?.length, trial?.name !== "a", trial?.dryRun], [1, true, true]);
    if (!isMadeAnew) {
      assert.match(report.failure?.message ?? "", /it is not made anew, as that would/);
    }
  });
}

const restored = [
  { kind: "Service", apiVersion: "v1", isBack: true },
  { kind: "Job", apiVersion: "batch/v1", isBack: false },
];

for (const { kind, apiVersion, isBack } of restored) {
  Deno.test(`a ${kind} whose new form fails after the delete ${isBack ? "is put back" : "does not run again"}`, async () => {
    const cluster = new FakeCluster();
    cluster.define(fakeResource(apiVersion, kind));
    const seeded = object(apiVersion, kind, { x: "1" });
    const old = cluster.seed({
      ...seeded,
      metadata: { ...seeded.metadata, labels: { a: "b" } },
    });
    cluster.inject({ verb: "apply", dryRun: true }, { failure: IMMUTABLE });
    cluster.inject({ verb: "remove" }, {
      before: () => {
        cluster.inject({ verb: "apply" }, { failure: fail("InternalError", "etcd is gone") });
      },
    });

    const report = await applyStaged(cluster, [object(apiVersion, kind, { x: "2" })], options());

    const live = cluster.peek(refOf(old));
    assert.match(report.failure?.message ?? "", /apply failed: etcd is gone; /);
    assert.deepEqual(
      [live?.spec, live?.metadata.labels],
      isBack ? [{ x: "1" }, { a: "b" }] : [
        undefined,
        undefined,
      ],
    );
  });
}
