/**
 * `dependsOn` and sources that come late: what is waited for starts the run, not a timer.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { configMapRef, configMapYaml, openApp, pause, useApps, valueOf } from "../support/app.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

/** `--requeue-dependency` of the tests' controllers. */
const REQUEUE_MS = 5_000;

const tools = useApps();
const { cluster, toolkit } = tools;

const CHAIN = ["first", "second", "third", "fourth"] as const;

function chainFiles(value: string): Record<string, string> {
  return Object.fromEntries(
    CHAIN.map((name) => [`${name}/${name}.yaml`, configMapYaml(name, value)]),
  );
}

function conditionOf(object: KubeObject, type: string): unknown {
  const conditions = fieldOf(object, "status", "conditions");
  const found = Array.isArray(conditions) &&
    conditions.find((condition) => fieldOf(condition, "type") === type);
  return found ? fieldOf(found, "status") : undefined;
}

function link(ns: string, name: string, dependsOn: readonly string[]) {
  return kustomization(ns, name, {
    path: `./${name}`,
    targetNamespace: ns,
    sourceRef: { kind: "GitRepository", name: "app" },
    dependsOn: dependsOn.map((name) => ({ name })),
  });
}

Deno.test("a chain of four is made in reverse, and rolled out in order, without a timer", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`chain-${ns}`);
  const commit = await repository.commit({ files: chainFiles("one") });
  const links = CHAIN.map((name, index) =>
    link(ns, name, CHAIN.slice(index - 1 < 0 ? 0 : index - 1, index))
  );

  const began = performance.now();
  await toolkit.apply(...links.toReversed(), gitRepository(ns, "app", { url: repository.url }));
  for (const name of CHAIN) {
    await toolkit.untilReady(kustomizationRef(ns, name), { status: "True", commit });
  }
  const installedMs = performance.now() - began;

  const next = await repository.commit({ files: chainFiles("two") });
  const rolledFrom = performance.now();
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  for (const name of CHAIN) {
    await toolkit.untilReady(kustomizationRef(ns, name), { status: "True", commit: next });
  }
  const rolledOutMs = performance.now() - rolledFrom;

  const versions: number[] = [];
  for (const name of CHAIN) {
    const object = await toolkit.read(configMapRef(ns, name));
    assert.equal(valueOf(object), "two");
    versions.push(Number(object.metadata.resourceVersion));
  }
  assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
  // Three links that waited for a timer would take three times that long.
  assert.ok(installedMs < REQUEUE_MS, `installed in ${installedMs} ms`);
  assert.ok(rolledOutMs < REQUEUE_MS, `rolled out in ${rolledOutMs} ms`);
  for (const { metadata } of links) await toolkit.remove(kustomizationRef(ns, metadata.name));
});

Deno.test("a dependency that is missing is named, and waited for until it is there", async () => {
  await using app = await openApp(tools, {
    files: chainFiles("one"),
    spec: { path: "./first", dependsOn: [{ name: "second" }] },
    waits: false,
  });
  await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "DependencyNotReady",
    message: `dependency '${app.ns}/second' not found: ` +
      'kustomizations.kustomize.toolkit.fluxcd.io "second" not found',
  });

  const began = performance.now();
  await toolkit.apply(link(app.ns, "second", []));
  await toolkit.untilReady(app.applied, { status: "True" });

  assert.ok(performance.now() - began < REQUEUE_MS);
  await toolkit.remove(kustomizationRef(app.ns, "second"));
});

Deno.test("what depends on a failed one waits, and goes on when it is mended", async () => {
  await using app = await openApp(tools, {
    files: { ...chainFiles("one"), "second/bad.yaml": "kind: [\n" },
    spec: { path: "./first", dependsOn: [{ name: "second" }] },
    waits: false,
  });
  const second = kustomizationRef(app.ns, "second");
  await toolkit.apply(link(app.ns, "second", []));
  await toolkit.untilReady(second, { status: "False", reason: "BuildFailed" });
  const waiting = await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "DependencyNotReady",
    message: `dependency '${app.ns}/second' is not ready`,
  });

  assert.equal(fieldOf(waiting, "status", "inventory"), undefined);
  await app.rollOut({ delete: ["second/bad.yaml"] });
  await toolkit.remove(second);
});

Deno.test("a circle is named in its members alone, quietly, until somebody cuts it", async () => {
  await using app = await openApp(tools, {
    files: chainFiles("one"),
    spec: { path: "./first", dependsOn: [{ name: "second" }] },
    waits: false,
  });
  const { ns } = app;
  const [second, third, fourth] = ["second", "third", "fourth"].map((name) =>
    kustomizationRef(ns, name)
  );
  assert.ok(second && third && fourth);
  // `fourth` waits for the circle without being in it; the namespace's other work goes on.
  await toolkit.apply(
    link(ns, "second", ["third"]),
    link(ns, "third", ["app"]),
    link(ns, "fourth", ["app"]),
  );
  const path = (...names: string[]) => names.map((name) => `${ns}/${name}`).join(" → ");
  const members = [
    { ref: app.applied, path: path("app", "second", "third", "app") },
    { ref: second, path: path("second", "third", "app", "second") },
    { ref: third, path: path("third", "app", "second", "third") },
  ];
  for (const { ref, path } of members) {
    const object = await toolkit.untilReady(ref, {
      status: "False",
      reason: "DependencyNotReady",
      message: `dependsOn goes in a circle: ${path}; take one of these entries away`,
    });
    assert.equal(conditionOf(object, "Stalled"), "True");
  }
  const outside = await toolkit.untilReady(fourth, {
    status: "False",
    reason: "DependencyNotReady",
    message: `dependency '${ns}/app' is not ready`,
  });
  assert.equal(conditionOf(outside, "Stalled"), undefined);

  // Of the same source, and not held up by the circle: neither now nor at a new revision.
  const free = kustomizationRef(ns, "free");
  await app.repository.commit({ files: { "free/free.yaml": configMapYaml("free", "one") } });
  await toolkit.nudge(app.source);
  await toolkit.apply(link(ns, "free", []));
  await toolkit.untilReady(free, { status: "True" });
  const commit = await app.repository.commit({ files: chainFiles("two") });
  const nudged = performance.now();
  await toolkit.nudge(app.source);
  await toolkit.untilReady(free, { status: "True", commit });
  assert.ok(performance.now() - nudged < REQUEUE_MS);

  const all = [...members.map(({ ref }) => ref), fourth];
  await pause(1_000);
  const before = await Promise.all(all.map((ref) => toolkit.read(ref)));
  await pause(REQUEUE_MS + 1_000);
  const after = await Promise.all(all.map((ref) => toolkit.read(ref)));
  assert.deepEqual(
    after.map(({ metadata }) => metadata.resourceVersion),
    before.map(({ metadata }) => metadata.resourceVersion),
  );

  const cut = performance.now();
  await toolkit.apply(link(ns, "third", []));
  for (const ref of all) await toolkit.untilReady(ref, { status: "True", commit });
  assert.ok(performance.now() - cut < REQUEUE_MS, "by event, not by a timer");
  for (const ref of [free, fourth, third, second]) await toolkit.remove(ref);
});

Deno.test("readyExpr waits for what it says, and goes on when it becomes true", async () => {
  await using app = await openApp(tools, {
    files: chainFiles("one"),
    spec: {
      path: "./first",
      dependsOn: [{
        name: "second",
        readyExpr: "dep.metadata.?annotations[?'example.test/open'].orValue('') == 'yes' && " +
          "dep.metadata.generation == dep.status.observedGeneration",
      }],
    },
    waits: false,
  });
  const second = kustomizationRef(app.ns, "second");
  await toolkit.apply(link(app.ns, "second", []));
  await toolkit.untilReady(second, { status: "True" });
  await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "DependencyNotReady",
    message: `dependency '${app.ns}/second' is not ready according to readyExpr eval`,
  });

  const began = performance.now();
  const open = link(app.ns, "second", []);
  await toolkit.apply({
    ...open,
    metadata: { ...open.metadata, annotations: { "example.test/open": "yes" } },
  });
  await toolkit.untilReady(app.applied, { status: "True" });

  assert.ok(performance.now() - began < REQUEUE_MS);
  await toolkit.remove(second);
});

Deno.test("a source that is made later starts the run", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`late-${ns}`);
  const commit = await repository.commit({ files: { "a.yaml": configMapYaml("a", "one") } });
  const applied = kustomizationRef(ns, "app");
  await toolkit.apply(kustomization(ns, "app", { targetNamespace: ns }));
  await toolkit.untilReady(applied, {
    status: "False",
    reason: "ArtifactFailed",
    message: 'GitRepository.source.toolkit.fluxcd.io "app" not found',
  });

  const began = performance.now();
  await toolkit.apply(gitRepository(ns, "app", { url: repository.url }));
  await toolkit.untilReady(applied, { status: "True", commit });

  assert.ok(performance.now() - began < REQUEUE_MS);
  await toolkit.remove(applied);
});

Deno.test("a source that gets its first artifact late starts the run", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`late-${ns}`);
  await repository.commit({ files: { "a.yaml": configMapYaml("a", "one") } });
  const applied = kustomizationRef(ns, "app");
  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url, ref: { branch: "later" } }),
    kustomization(ns, "app", { targetNamespace: ns }),
  );
  await toolkit.untilReady(gitRepositoryRef(ns, "app"), { status: "False" });
  const waiting = await toolkit.untilReady(applied, {
    status: "False",
    reason: "ArtifactFailed",
    message: "Source artifact not found, retrying in 5s",
  });

  const commit = await repository.commit({
    branch: "later",
    files: { "a.yaml": configMapYaml("a", "two") },
  });
  const began = performance.now();
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  await toolkit.untilReady(applied, { status: "True", commit });

  // Nothing but Ready: the run stopped before the download (errata 5).
  const types = fieldOf(waiting, "status", "conditions");
  assert.deepEqual(Array.isArray(types) && types.map((condition) => fieldOf(condition, "type")), [
    "Ready",
  ]);
  assert.ok(performance.now() - began < REQUEUE_MS);
  await toolkit.remove(applied);
});
