import assert from "node:assert/strict";
import { fakeResource } from "../../lib/testing/fake_resources.ts";
import { fail, ok } from "../../lib/base/mod.ts";
import { A, B, configMap, deployment, eventsOf, openStage } from "./fakes_test.ts";

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

Deno.test("a refused object stops the run, with Flux's words, its place and a line end", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.cluster.inject({ verb: "apply", name: "a", dryRun: true }, {
    failure: fail("Forbidden", 'configmaps "a" is forbidden: no'),
  });

  const got = await stage.run();

  assert.equal(got.reason, "ReconciliationFailed");
  assert.equal(
    got.message,
    'ConfigMap/apps/a dry-run failed (Forbidden): configmaps "a" is forbidden: no (a.yaml:1)\n',
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
    name: "an ExternalArtifact without its feature gate",
    spec: { sourceRef: { kind: "ExternalArtifact", name: "app" } },
    want: {
      kind: "stalled",
      reason: "AccessDenied",
      message:
        "can't access 'ExternalArtifact/apps/app', ExternalArtifact feature gate is disabled",
      quiet: undefined,
    },
  },
  {
    name: "a source in another namespace, where that is not allowed,",
    settings: { noCrossNamespaceRefs: true },
    spec: { sourceRef: { kind: "Bucket", name: "app", namespace: "others" } },
    want: {
      kind: "stalled",
      reason: "AccessDenied",
      message: "can't access 'Bucket/others/app', cross-namespace references have been blocked",
      quiet: undefined,
    },
  },
] as const;

for (const { name, want, ...given } of waits) {
  Deno.test(`${name} ends the run before the download`, async () => {
    const source = "source" in given ? given.source : undefined;
    const stage = openStage({ "a.yaml": configMap("a", "1") }, source);
    if ("settings" in given) stage.settings = given.settings;

    const got = await stage.run("spec" in given ? given.spec : {});

    const { kind, reason, message, quiet } = got;
    assert.deepEqual({ kind, reason, message, quiet }, want);
    assert.equal(stage.cluster.writes.length, 0);
  });
}

for (const kind of ["OCIRepository", "Bucket", "ExternalArtifact"]) {
  Deno.test(`the artifact of a source of kind ${kind} is applied`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    stage.settings = { takesExternalArtifacts: true };

    const got = await stage.run({ sourceRef: { kind, name: "app" } });

    assert.deepEqual([got.kind, got.message], ["ready", "Applied revision: main@sha1:1"]);
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

Deno.test("a source that moves during the download is read again, without a word", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  let fetches = 0;
  stage.onFetch = () => {
    if (fetches++ > 0) return undefined;
    stage.commit({ "a.yaml": configMap("a", "2") });
    stage.moveSource();
    return fail("Canceled", "nobody listens at the old address");
  };

  const got = await stage.run();

  assert.equal(got.message, "Applied revision: main@sha1:2");
  assert.equal(fetches, 2);
  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "2" });
});

Deno.test("a kind whose watch does not run is asked for at each run", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  await stage.run();
  await stage.clock.advance(0);
  stage.cluster.requests.length = 0;
  await stage.run();
  const whileWatched = stage.cluster.requests.length;

  stage.trouble = { code: "Forbidden", message: "no" };
  await stage.run();

  assert.equal(whileWatched, 0);
  assert.deepEqual(stage.cluster.requests.map(({ verb }) => verb), ["get", "apply"]);
});

Deno.test("a pruned object that is held stays on record, is reported once and watched to its end", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run();
  stage.hold(B);
  stage.commit({ "a.yaml": configMap("a", "1") });

  const first = await stage.run();
  const second = await stage.run();
  stage.letGo(B);
  const third = await stage.run();

  const entries = ({ status }: typeof first) => status?.inventory?.entries.map(({ id }) => id);
  assert.deepEqual(entries(first), ["apps_a__ConfigMap", "apps_b__ConfigMap"]);
  assert.deepEqual(entries(second), ["apps_a__ConfigMap", "apps_b__ConfigMap"]);
  assert.deepEqual(entries(third), ["apps_a__ConfigMap"]);
  const reports = stage.events.filter(({ message }) =>
    message.includes("ConfigMap/apps/b deleted")
  );
  assert.equal(reports.length, 1);
});

Deno.test("WaitForTermination looks again until the last object is gone, and reports each once", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  const spec = { deletionPolicy: "WaitForTermination" };
  await stage.run(spec);
  stage.hold(B);

  const first = await stage.finalize(spec);
  const second = await stage.finalize(spec);
  stage.letGo(B);
  const third = await stage.finalize(spec);

  assert.deepEqual([first, second, third].map(({ kind }) => kind), ["wait", "wait", "ready"]);
  assert.deepEqual(first.status?.inventory, { entries: [{ id: "apps_b__ConfigMap", v: "v1" }] });
  const said = [first, second, third].flatMap(({ events = [] }) => events.map((e) => e.message));
  assert.deepEqual(said, [
    "ConfigMap/apps/b deleted\nConfigMap/apps/a deleted",
    "Reconciliation finished in 0s, next run in 10m0s",
  ]);
});

Deno.test("WaitForTermination does not hold the object beyond its timeout", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  const spec = { deletionPolicy: "WaitForTermination", timeout: "1m" };
  await stage.run(spec);
  stage.hold(A);
  await stage.finalize(spec);

  await stage.clock.advance(61_000);
  const got = await stage.finalize(spec);

  assert.equal(got.kind, "ready");
});

Deno.test("the inventory is what is on record, whatever this process remembers", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run();

  // Another process, which held the lease meanwhile, let go of b.
  stage.status = {
    ...stage.status,
    inventory: { entries: [{ id: "apps_a__ConfigMap", v: "v1" }] },
  };
  stage.commit({ "a.yaml": configMap("a", "1") });
  await stage.run();

  assert.notEqual(stage.cluster.peek(B), undefined);
});

Deno.test("a message of a failed build does not show what a Secret holds", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "x${pass}") });
  stage.variables = [{ name: "Secret/s", data: { pass: 'hunter22": [' } }];

  const got = await stage.run({ postBuild: { substituteFrom: [{ kind: "Secret", name: "s" }] } });

  assert.equal(got.reason, "BuildFailed");
  assert.doesNotMatch(got.message, /hunter22/);
});

Deno.test("a refusal by the API server does not show what a Secret holds", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "${pass}") });
  stage.variables = [{ name: "Secret/s", data: { pass: "hunter22\n" } }];
  stage.cluster.inject({ verb: "apply", name: "a", dryRun: true }, {
    failure: fail("Invalid", 'data.x: Invalid value: "hunter22": too short'),
  });

  const got = await stage.run({ postBuild: { substituteFrom: [{ kind: "Secret", name: "s" }] } });

  assert.equal(got.reason, "ReconciliationFailed");
  assert.match(got.message, /too short/);
  assert.doesNotMatch(JSON.stringify(got), /hunter22/);
});

Deno.test("a wait goes on from the version that was judged, not from what came meanwhile", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });
  const ref = { ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" };
  // What somebody else applied is not in our watch: the run asks for it.
  stage.cluster.seed({ ...ref, metadata: { namespace: "apps", name: "theirs" } });
  const healthChecks = ["d", "theirs"].map((name) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
    namespace: "apps",
  }));
  await stage.run({ healthChecks });
  await stage.clock.advance(0);
  const judged = stage.cluster.peek(ref)?.metadata.resourceVersion;
  stage.cluster.inject({ verb: "get", name: "theirs" }, {
    before() {
      const live = stage.cluster.peek(ref);
      if (live) stage.cluster.seed({ ...live, status: { observedGeneration: 1, replicas: 1 } });
    },
  });

  const got = await stage.run({ healthChecks });

  assert.equal(got.kind, "wait");
  assert.notEqual(stage.cluster.peek(ref)?.metadata.resourceVersion, judged);
  const objects = got.until?.kind === "healthy" ? got.until.objects : [];
  assert.equal(objects.find(({ name }) => name === "d")?.seen, judged);
});

const WIDGET =
  "apiVersion: example.test/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: apps\n";
const W = { ...A, apiVersion: "example.test/v1", kind: "Widget", name: "w" };

/** A stage that serves widgets. */
function widgetStage(yaml: string) {
  const stage = openStage({ "w.yaml": yaml });
  stage.cluster.define(fakeResource("example.test/v1", "Widget"));
  return stage;
}

Deno.test("healthCheckExprs decide when a custom resource is healthy", async () => {
  const stage = widgetStage(WIDGET);
  const exprs = {
    apiVersion: "example.test/v1",
    kind: "Widget",
    current: "status.phase == 'Up'",
    failed: "status.phase == 'Broken'",
  };
  const spec = { wait: true, healthCheckExprs: [exprs] };
  const phase = (value: string) => {
    const live = stage.cluster.peek(W);
    if (live) stage.cluster.seed({ ...live, status: { phase: value } });
  };

  const unknown = await stage.run(spec);
  phase("Broken");
  const failed = await stage.run(spec);
  phase("Up");
  const healthy = await stage.run(spec);

  assert.deepEqual([unknown.kind, failed.kind, healthy.kind], ["wait", "retry", "ready"]);
  assert.equal(failed.reason, "HealthCheckFailed");
  assert.match(failed.message, /\[Widget\/apps\/w status: 'Failed'\]$/);
});

Deno.test("a healthCheckExprs that cannot be read holds before anything is fetched", async () => {
  const stage = openStage({ "w.yaml": WIDGET });
  stage.onFetch = () => assert.fail("nothing is fetched");

  const got = await stage.run({
    healthCheckExprs: [{ apiVersion: "example.test/v1", kind: "Widget", current: "status.(" }],
  });

  assert.deepEqual([got.kind, got.reason], ["stalled", "InvalidCELExpression"]);
  assert.match(
    got.message,
    /^Reconciliation failed terminally due to configuration error: failed to create custom/,
  );
  assert.equal(got.status?.observedGeneration, 1);
  assert.equal(stage.cluster.writes.length, 0);
});

Deno.test("a healthCheckExprs that costs too much holds, and says so", async () => {
  const stage = widgetStage(`${WIDGET}spec:\n  list: [${"1, ".repeat(300)}1]\n`);
  const current = "spec.list.all(a, spec.list.all(b, spec.list.all(c, true)))";

  const got = await stage.run({
    wait: true,
    healthCheckExprs: [{ apiVersion: "example.test/v1", kind: "Widget", current }],
  });

  assert.deepEqual([got.kind, got.reason], ["stalled", "InvalidCELExpression"]);
  assert.match(got.message, /Widget\/apps\/w: .*it takes more than \d+ steps/);
});

const CANARY =
  "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata:\n  name: c\n  namespace: apps\n";

for (const isGuarded of [false, true]) {
  Deno.test(`a well-known kind without a Ready condition is ${isGuarded ? "" : "not "}waited for`, async () => {
    const stage = openStage({ "c.yaml": CANARY });
    stage.settings = { isGuarded };
    stage.cluster.define(fakeResource("flagger.app/v1beta1", "Canary"));
    const ref = { ...A, apiVersion: "flagger.app/v1beta1", kind: "Canary", name: "c" };
    const phase = (value: string) => {
      const live = stage.cluster.peek(ref);
      if (live) stage.cluster.seed({ ...live, status: { phase: value } });
    };

    const fresh = await stage.run({ wait: true });
    phase("Failed");
    const failed = await stage.run({ wait: true });
    phase("Succeeded");
    const healthy = await stage.run({ wait: true });

    const want = isGuarded ? ["wait", "retry", "ready"] : ["ready", "ready", "ready"];
    assert.deepEqual([fresh.kind, failed.kind, healthy.kind], want);
  });
}
