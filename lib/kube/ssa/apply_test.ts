import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { FakeCluster } from "../../testing/fake_cluster.ts";
import type { KubeObject } from "../object.ts";
import { applyStaged, formatChanges, type StagedApplyOptions } from "./mod.ts";

const MANAGER = "kustomize-controller";
const PREFIX = "kustomize.toolkit.fluxcd.io/";

function configMap(
  name: string,
  data: Record<string, string>,
  annotations?: Record<string, string>,
): KubeObject {
  const metadata = { name, namespace: "ns", ...(annotations ? { annotations } : {}) };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
}

function options(more: Partial<StagedApplyOptions> = {}): StagedApplyOptions {
  return {
    fieldManager: MANAGER,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    ...more,
  };
}

const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "ns", name: "a" };

Deno.test("applyStaged() creates, then configures, then leaves alone", async () => {
  const cluster = new FakeCluster();

  const first = await applyStaged(cluster, [configMap("a", { k: "1" })], options());
  const second = await applyStaged(cluster, [configMap("a", { k: "1" })], options());
  const third = await applyStaged(cluster, [configMap("a", { k: "2" })], options());

  const actions = [first, second, third].map(({ changes }) => changes[0]?.action);
  assert.deepEqual(actions, ["created", "unchanged", "configured"]);
  assert.equal(cluster.writes.length, 2);
  assert.deepEqual(cluster.peek(ref)?.data, { k: "2" });
  assert.equal(first.changes[0]?.uid, cluster.peek(ref)?.metadata.uid);
});

Deno.test("applyStaged() applies definitions before the rest, in order", async () => {
  const cluster = new FakeCluster();
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "ns" } };

  const report = await applyStaged(cluster, [secret, configMap("a", {}), namespace], options());

  const log = formatChanges(report.changes, ["created"]);
  assert.equal(log, "Namespace/ns created\nConfigMap/ns/a created\nSecret/ns/s created");
});

Deno.test("applyStaged() writes nothing of a stage when one dry-run fails, and names each that did", async () => {
  const cluster = new FakeCluster();
  const denied = (name: string) =>
    cluster.inject({ verb: "apply", name, dryRun: true }, {
      failure: fail("Forbidden", `configmaps "${name}" is forbidden: no`),
    });
  denied("b");
  denied("c");

  const objects = ["c", "b", "a"].map((name) => configMap(name, {}));
  const report = await applyStaged(cluster, objects, options());

  assert.equal(
    report.failure?.message,
    'ConfigMap/ns/b dry-run failed (Forbidden): configmaps "b" is forbidden: no\n' +
      'ConfigMap/ns/c dry-run failed (Forbidden): configmaps "c" is forbidden: no',
  );
  assert.deepEqual([report.changes, cluster.writes], [[], []]);
});

const troubles = [
  { name: "stops asking when the server is gone", failure: fail("Unreachable", "oh"), asked: 1 },
  { name: "stops asking when the server hangs", failure: fail("Timeout", "oh"), asked: 1 },
  {
    name: "asks on when a server says that it took too long for one object",
    failure: fail("Timeout", "oh", { httpStatus: 504 }),
    asked: 3,
  },
];

for (const { name, failure, asked } of troubles) {
  Deno.test(`applyStaged() ${name}`, async () => {
    const cluster = new FakeCluster();
    cluster.inject({ verb: "get" }, { failure, times: 9 });

    const objects = ["a", "b", "c"].map((name) => configMap(name, {}));
    const report = await applyStaged(cluster, objects, options({ concurrency: 1 }));

    assert.match(report.failure?.message ?? "", /^ConfigMap\/ns\/a dry-run failed.*: oh/);
    assert.equal(cluster.requests.length, asked);
  });
}

Deno.test("applyStaged() heeds the switches on the object and on the live one", async () => {
  const cases = [
    {
      name: "reconcile disabled",
      desired: { [`${PREFIX}reconcile`]: "Disabled" },
      want: "skipped",
    },
    { name: "ssa ignore on the live one", live: { [`${PREFIX}ssa`]: "ignore" }, want: "skipped" },
    { name: "create only", desired: { [`${PREFIX}ssa`]: "IfNotPresent" }, want: "skipped" },
    { name: "no switch", want: "configured" },
  ];

  for (const { name, desired, live, want } of cases) {
    const cluster = new FakeCluster();
    cluster.seed(configMap("a", { k: "live" }, live));
    const report = await applyStaged(cluster, [configMap("a", { k: "git" }, desired)], options());
    assert.equal(report.changes[0]?.action, want, name);
    const data = want === "skipped" ? { k: "live" } : { k: "git" };
    assert.deepEqual(cluster.peek(ref)?.data, data, name);
  }
});

Deno.test("applyStaged() makes an object anew only when forced", async () => {
  const immutable = fail("Invalid", "field is immutable");
  const cluster = new FakeCluster();
  const old = cluster.seed(configMap("a", { k: "1" }));
  cluster.inject({ verb: "apply", dryRun: true }, { failure: immutable, times: 2 });

  const kept = await applyStaged(cluster, [configMap("a", { k: "2" })], options());
  const forced = await applyStaged(cluster, [configMap("a", { k: "2" })], options({ force: true }));

  assert.equal(
    kept.failure?.message,
    "ConfigMap/ns/a dry-run failed (Invalid): field is immutable",
  );
  assert.deepEqual(forced.changes.map(({ action, recreated }) => [action, recreated]), [
    ["created", true],
  ]);
  assert.notEqual(cluster.peek(ref)?.metadata.uid, old.metadata.uid);
  const removal = cluster.requests.find(({ verb }) => verb === "remove");
  assert.deepEqual(removal?.body, { propagation: "Background", uid: old.metadata.uid });
});

Deno.test("applyStaged() takes over the fields of kubectl, so that they can go", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap("a", { old: "1", k: "1" }), "kubectl-client-side-apply");

  const report = await applyStaged(cluster, [configMap("a", { k: "1" })], options());

  assert.equal(report.changes[0]?.action, "configured");
  const managers = cluster.peek(ref)?.metadata.managedFields?.map(({ manager }) => manager);
  assert.deepEqual(managers, [MANAGER]);
});

Deno.test("applyStaged() makes no request for what its caller knows to be unchanged", async () => {
  const cluster = new FakeCluster();

  const report = await applyStaged(
    cluster,
    [configMap("a", {})],
    options({ unchanged: () => true }),
  );

  assert.deepEqual(report.changes.map(({ action }) => action), ["unchanged"]);
  assert.deepEqual(cluster.requests, []);
});

Deno.test("applyStaged() waits for definitions and says which are late", async () => {
  const cluster = new FakeCluster();
  const clock = new FakeClock();
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
  };

  const awaited: string[][] = [];
  const waitReady: StagedApplyOptions["waitReady"] = (refs) => {
    awaited.push(refs.map(({ name }) => name));
    return Promise.resolve(fail("Timeout", "timeout waiting for: []"));
  };
  const report = await applyStaged(
    cluster,
    [crd, configMap("a", {})],
    options({ clock, waitReady }),
  );

  assert.deepEqual(awaited, [["widgets.example.com"]]);
  assert.equal(report.failure?.code, "Timeout");
  assert.deepEqual(report.changes.map(({ ref }) => ref.kind), ["CustomResourceDefinition"]);
});

Deno.test("applyStaged() refuses sealed values and shows none of them", async () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "ns" },
    stringData: { k: "ENC[AES256_GCM,data:x]" },
  };

  const report = await applyStaged(new FakeCluster(), [secret], options());

  assert.equal(
    report.failure?.message,
    "Secret/ns/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
  );
});

Deno.test("applyStaged() keeps a Secret's values out of its errors", async () => {
  const cluster = new FakeCluster();
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "ns" },
    stringData: { k: "hunter22" },
  };
  cluster.inject({ verb: "apply", dryRun: true }, {
    failure: fail("Invalid", "data: hunter22 (aHVudGVyMjI=) is too long"),
  });

  const report = await applyStaged(cluster, [secret], options());

  assert.equal(
    report.failure?.message,
    "Secret/ns/s dry-run failed (Invalid): data: *** (***) is too long",
  );
});

Deno.test("applyStaged() stops at once when it is called off", async () => {
  const cluster = new FakeCluster();

  const report = await applyStaged(
    cluster,
    [configMap("a", {})],
    options({ signal: AbortSignal.abort() }),
  );

  assert.equal(report.failure?.code, "Canceled");
  assert.deepEqual(cluster.requests, []);
});

Deno.test("applyStaged() says once that it will write, after the dry-runs and before the first write", async () => {
  const cluster = new FakeCluster();
  const writesSeen: number[] = [];
  const beforeFirstWrite = () => {
    writesSeen.push(cluster.writes.length);
    return Promise.resolve();
  };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "ns" } };

  await applyStaged(cluster, [namespace, configMap("a", {})], options({ beforeFirstWrite }));
  await applyStaged(cluster, [namespace, configMap("a", {})], options({ beforeFirstWrite }));

  assert.deepEqual(writesSeen, [0]);
});

Deno.test("applyStaged() writes nothing when the write-ahead fails", async () => {
  const cluster = new FakeCluster();
  const beforeFirstWrite = () => Promise.reject(new Error("not on record"));

  await assert.rejects(applyStaged(cluster, [configMap("a", {})], options({ beforeFirstWrite })));

  assert.equal(cluster.writes.length, 0);
});

Deno.test("applyStaged() plans an object anew that somebody wrote in between", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap("a", { k: "0" }), "kubectl-edit");
  cluster.inject({ verb: "patch", name: "a" }, {
    before: () => void cluster.seed(configMap("a", { k: "0", other: "1" }), "somebody"),
  });

  const report = await applyStaged(cluster, [configMap("a", { k: "1" })], options());

  assert.equal(report.failure, undefined);
  assert.equal(report.changes[0]?.action, "configured");
});

Deno.test("applyStaged() tells which kinds of a stage are not served", async () => {
  const cluster = new FakeCluster();
  const widget = (name: string) => ({
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: { name, namespace: "ns" },
  });

  const report = await applyStaged(cluster, [configMap("a", {}), widget("w")], options());

  assert.equal(report.failure?.code, "NoMatch");
  assert.deepEqual(report.missing, [{ group: "example.com", version: "v1", kind: "Widget" }]);
});
