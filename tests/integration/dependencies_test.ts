/**
 * `dependsOn` and sources that come late: what is waited for starts the run, not a timer.
 *
 * @module
 */
import assert from "node:assert/strict";
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

Deno.test("two that wait for each other wait quietly", async () => {
  await using app = await openApp(tools, {
    files: chainFiles("one"),
    spec: { path: "./first", dependsOn: [{ name: "second" }] },
    waits: false,
  });
  const second = kustomizationRef(app.ns, "second");
  await toolkit.apply(link(app.ns, "second", ["app"]));
  const expected = {
    status: "False",
    reason: "DependencyNotReady",
    message: "is not ready",
  } as const;
  await toolkit.untilReady(second, expected);
  await toolkit.untilReady(app.applied, expected);
  await pause(500);
  const before = [await toolkit.read(app.applied), await toolkit.read(second)];

  await pause(REQUEUE_MS + 1_000);

  const after = [await toolkit.read(app.applied), await toolkit.read(second)];
  assert.deepEqual(
    after.map(({ metadata }) => metadata.resourceVersion),
    before.map(({ metadata }) => metadata.resourceVersion),
  );
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
