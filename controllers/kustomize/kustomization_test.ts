import assert from "node:assert/strict";
import { Kustomization, type KustomizationStatus } from "../../crds/mod.ts";
import { defaultBudget, fail, type FileTree, ok, type Result, treeOf } from "../../lib/base/mod.ts";
import { type ObjectRef, openLiveWatch } from "../../lib/kube/mod.ts";
import type { EventRecord, Outcome, StatusPatch } from "../../lib/runtime/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { fakeRun } from "../../lib/testing/fake_run.ts";
import { OWNED_SELECTOR } from "./apply.ts";
import type { KustomizeContext } from "./context.ts";
import { finalizeKustomization } from "./finalize.ts";
import { reconcileKustomization } from "./kustomization.ts";
import { Memory } from "./memory.ts";

const A: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };
const B: ObjectRef = { ...A, name: "b" };

Deno.test("a first run puts the inventory on record before the first write", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });

  const got = await stage.run();

  assert.equal(got.kind, "ready");
  assert.equal(got.message, "Applied revision: main@sha1:1");
  assert.deepEqual(stage.checkpoints, [
    {
      writesBefore: 0,
      status: {
        inventory: { entries: [{ id: "apps_a__ConfigMap", v: "v1" }] },
        lastAttemptedRevision: "main@sha1:1",
      },
    },
  ]);
  assert.deepEqual(eventsOf(stage, got), [
    "Normal Progressing ConfigMap/apps/a created",
    "Normal ReconciliationSucceeded Reconciliation finished in 0s, next run in 10m0s",
  ]);
});

Deno.test("applied objects carry the labels of their owner and what commonMetadata says", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });

  await stage.run({ commonMetadata: { labels: { team: "x" }, annotations: { note: "y" } } });

  const { labels, annotations } = stage.cluster.peek(A)?.metadata ?? {};
  assert.deepEqual(labels, {
    "kustomize.toolkit.fluxcd.io/name": "app",
    "kustomize.toolkit.fluxcd.io/namespace": "apps",
    team: "x",
  });
  assert.deepEqual(annotations, { note: "y" });
});

Deno.test("a run with nothing new writes nothing and puts nothing on record", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  await stage.run();
  const before = stage.cluster.writes.length;

  const got = await stage.run();

  assert.equal(got.kind, "ready");
  assert.equal(stage.cluster.writes.length, before);
  assert.equal(stage.checkpoints.length, 1);
  assert.equal(got.status?.history?.[0]?.totalReconciliations, 2);
});

Deno.test("what left the source is pruned, after the rest was applied", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run();

  stage.commit({ "a.yaml": configMap("a", "2") });
  const got = await stage.run();

  assert.equal(stage.cluster.peek(B), undefined);
  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "2" });
  assert.deepEqual(got.status?.inventory, { entries: [{ id: "apps_a__ConfigMap", v: "v1" }] });
  assert.deepEqual(stage.cluster.writes.slice(-2).map(({ verb, name }) => `${verb} ${name}`), [
    "apply a",
    "remove b",
  ]);
});

Deno.test("without prune it stays and is let go of", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run({ prune: false });

  stage.commit({ "a.yaml": configMap("a", "1") });
  const got = await stage.run({ prune: false });

  assert.notEqual(stage.cluster.peek(B), undefined);
  assert.deepEqual(got.status?.inventory, { entries: [{ id: "apps_a__ConfigMap", v: "v1" }] });
});

Deno.test("a build that fails touches nothing, and the inventory stays", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run();
  const before = stage.cluster.writes.length;

  stage.commit({ "a.yaml": "a: [\n" });
  const got = await stage.run();

  assert.equal(got.kind, "retry");
  assert.equal(got.reason, "BuildFailed");
  assert.match(got.message, /a\.yaml/);
  assert.equal(got.status?.inventory, undefined);
  assert.equal(got.status?.lastAttemptedRevision, "main@sha1:2");
  assert.equal(stage.cluster.writes.length, before);
});

Deno.test("a refused object stops the run, with Flux's words and a line end", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.cluster.inject({ verb: "apply", name: "a", dryRun: true }, {
    failure: fail("Forbidden", 'configmaps "a" is forbidden: no'),
  });

  const got = await stage.run();

  assert.equal(got.reason, "ReconciliationFailed");
  assert.equal(
    got.message,
    'ConfigMap/apps/a dry-run failed (Forbidden): configmaps "a" is forbidden: no\n',
  );
  assert.equal(got.status?.history?.[0]?.lastReconciledStatus, "ReconciliationFailed");
  assert.equal(stage.checkpoints.length, 0);
  assert.equal(got.afterMs, 600_000);
});

Deno.test("variables are put in; an unset one fails the build", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "${who}") });

  const missing = await stage.run({ postBuild: { substitute: { other: "x" } } });
  const got = await stage.run({ postBuild: { substitute: { who: "world" } } });

  assert.match(missing.message, /variable not set \(strict mode\): "who"/);
  assert.equal(got.kind, "ready");
  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "world" });
});

Deno.test("wait parks until the objects are healthy, then goes on where it was", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });

  const waiting = await stage.run({ wait: true });
  stage.cluster.seed({
    ...stage.cluster.peek({ ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" }) ??
      assert.fail("not applied"),
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ type: "Available", status: "True" }],
    },
  });
  const writes = stage.cluster.writes.length;
  const got = await stage.run({ wait: true }, { woken: true });

  assert.equal(waiting.kind, "wait");
  assert.equal(waiting.until?.kind, "healthy");
  assert.equal(waiting.conditions?.Healthy?.status, "Unknown");
  assert.equal(got.kind, "ready");
  assert.equal(got.conditions?.Healthy?.reason, "Succeeded");
  assert.equal(stage.cluster.writes.length, writes);
});

Deno.test("what is not healthy in time fails the run by name", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });
  await stage.run({ wait: true, timeout: "30s" });

  await stage.clock.advance(31_000);
  const got = await stage.run({ wait: true, timeout: "30s" }, { woken: true });

  assert.equal(got.reason, "HealthCheckFailed");
  assert.equal(
    got.message,
    "health check failed after 31s: timeout waiting for: [Deployment/apps/d status: 'InProgress']",
  );
  assert.deepEqual(got.conditions?.Healthy, {
    status: "False",
    reason: "HealthCheckFailed",
    message: "timeout waiting for: [Deployment/apps/d status: 'InProgress']",
  });
});

const waits = [
  {
    name: "a source that is not there",
    source: fail("NotFound", 'GitRepository.source.toolkit.fluxcd.io "app" not found'),
    want: {
      kind: "retry",
      reason: "ArtifactFailed",
      message: 'GitRepository.source.toolkit.fluxcd.io "app" not found',
      quiet: true,
    },
  },
  {
    name: "a source without an artifact",
    source: ok({ ref: A }),
    want: {
      kind: "wait",
      reason: "ArtifactFailed",
      message: "Source artifact not found, retrying in 30s",
      quiet: true,
    },
  },
  {
    name: "a dependency that is not there",
    spec: { dependsOn: [{ name: "infra" }] },
    want: {
      kind: "wait",
      reason: "DependencyNotReady",
      message: "dependency 'apps/infra' not found: it is not there",
      quiet: true,
    },
  },
  {
    name: "a source of a kind that is not done yet",
    spec: { sourceRef: { kind: "Bucket", name: "app" } },
    want: {
      kind: "stalled",
      reason: "Unsupported",
      message:
        'spec.sourceRef.kind Bucket is not supported yet: remove it, see "Not yet" in the README',
      quiet: undefined,
    },
  },
] as const;

for (const { name, want, ...given } of waits) {
  Deno.test(`${name} ends the run before the download`, async () => {
    const source = "source" in given ? given.source : undefined;
    const stage = openStage({ "a.yaml": configMap("a", "1") }, source);

    const got = await stage.run("spec" in given ? given.spec : {});

    const { kind, reason, message, quiet } = got;
    assert.deepEqual({ kind, reason, message, quiet }, want);
    assert.equal(stage.cluster.writes.length, 0);
  });
}

const deletions = [
  { policy: "MirrorPrune", prune: true, want: { left: false, events: 2 } },
  { policy: "MirrorPrune", prune: false, want: { left: true, events: 1 } },
  { policy: "Delete", prune: false, want: { left: false, events: 2 } },
  { policy: "WaitForTermination", prune: false, want: { left: false, events: 2 } },
  { policy: "Orphan", prune: true, want: { left: true, events: 1 } },
];

for (const { policy, prune, want } of deletions) {
  Deno.test(`deletion under ${policy} with prune ${prune}`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    await stage.run({ prune, deletionPolicy: policy });

    const got = await stage.finalize({ prune, deletionPolicy: policy });

    assert.equal(got.kind, "ready");
    assert.deepEqual({
      left: stage.cluster.peek(A) !== undefined,
      events: got.events?.length,
    }, want);
  });
}

Deno.test("deletion while suspended keeps everything and says nothing", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  await stage.run();

  const got = await stage.finalize({ suspend: true });

  assert.deepEqual({ kind: got.kind, events: got.events }, { kind: "ready", events: [] });
  assert.notEqual(stage.cluster.peek(A), undefined);
});

function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: apps\ndata:\n  key: "${value}"\n`;
}

function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: apps
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: main
        image: x
`;
}

function eventsOf(stage: Stage, outcome: Outcome<KustomizationStatus>): string[] {
  return [...stage.events, ...(outcome.events ?? [])]
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}

type Spec = Readonly<Record<string, unknown>>;

/** A Kustomization, its source and its cluster; status and memory go from run to run. */
type Stage = ReturnType<typeof openStage>;

function openStage(
  files: Readonly<Record<string, string>>,
  source?: Awaited<ReturnType<KustomizeContext["readSource"]>>,
) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const memory = new Memory();
  const live = openLiveWatch(cluster, { labelSelector: OWNED_SELECTOR, clock });
  const events: EventRecord[] = [];
  const checkpoints: { writesBefore: number; status: StatusPatch<KustomizationStatus> }[] = [];
  let tree: FileTree = treeOf(files);
  let revision = 1;
  let status: KustomizationStatus = {};

  function object(spec: Spec): Kustomization {
    const decoded = Kustomization.decode({
      apiVersion: Kustomization.apiVersion,
      kind: "Kustomization",
      metadata: { name: "app", namespace: "apps", generation: 1 },
      spec: {
        interval: "10m",
        prune: true,
        sourceRef: { kind: "GitRepository", name: "app" },
        ...spec,
      },
      status,
    });
    if (!decoded.ok) throw new Error(decoded.message);
    return decoded.value;
  }
  function context(woken: boolean): KustomizeContext {
    const artifact = {
      revision: `main@sha1:${revision}`,
      digest: `sha256:${revision}`,
      path: "x",
      url: "http://x/x",
      lastUpdateTime: "2026-01-01T00:00:00Z",
    };
    return {
      ...fakeRun<KustomizationStatus>({
        clock,
        woken,
        onEvent: (event) => events.push(event),
        onCheckpoint: (status) => checkpoints.push({ writesBefore: cluster.writes.length, status }),
      }),
      readSource: () => Promise.resolve(source ?? ok({ ref: A, artifact })),
      readDependency: (): Promise<Result<Kustomization>> =>
        Promise.resolve(fail("NotFound", "it is not there")),
      fetchArtifact: () => Promise.resolve(ok(tree)),
      readVariables: () => Promise.resolve(ok([])),
      clusterFor: () => cluster,
      hasAccount: () => Promise.resolve(true),
      live,
      memory,
      builds: { take: (_key, build) => build() },
      budget: defaultBudget,
      settings: {
        requeueDependencyMs: 30_000,
        concurrentSsa: 4,
        overrideManagers: [],
        customStageKinds: [],
        noCrossNamespaceRefs: false,
        defaultServiceAccount: "",
        runtimeNamespace: "flux-system",
      },
    };
  }
  return {
    cluster,
    clock,
    events,
    checkpoints,
    commit(next: Readonly<Record<string, string>>) {
      tree = treeOf(next);
      revision++;
    },
    async run(spec: Spec = {}, { woken = false } = {}) {
      const outcome = await reconcileKustomization(object(spec), context(woken));
      status = merged(status, outcome.status);
      return outcome;
    },
    finalize: (spec: Spec) => finalizeKustomization(object(spec), context(false)),
  };
}

function merged(
  status: KustomizationStatus,
  patch: StatusPatch<KustomizationStatus> = {},
): KustomizationStatus {
  const entries = Object.entries({ ...status, ...patch });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
