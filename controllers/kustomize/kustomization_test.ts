import assert from "node:assert/strict";
import { fail, ok } from "../../lib/base/mod.ts";
import { A, B, configMap, eventsOf, openStage } from "./fakes_test.ts";

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
  let second = first;
  // Half an hour of it.
  for (let minute = 0; minute < 30; minute++) {
    await stage.clock.advance(60_000);
    second = await stage.run();
  }
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
