/**
 * `dependsOn` and sources that come late: what is waited for starts the run, not a timer.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import {
  configMapRef,
  configMapYaml,
  inventoryOf,
  openApp,
  useApps,
  valueOf,
} from "../support/app.ts";
import { lookUntil } from "../support/look_until.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

/** Far beyond what these tests wait for: what goes on before does so by event, not by a timer. */
const tools = useApps({ flags: ["--requeue-dependency=10m"] });
const { cluster, toolkit } = tools;
/** Look again all the time. */
const hasty = useApps({ flags: ["--requeue-dependency=1s"] });

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

  await toolkit.apply(...links.toReversed(), gitRepository(ns, "app", { url: repository.url }));
  for (const name of CHAIN) {
    await toolkit.untilReady(kustomizationRef(ns, name), { status: "True", commit });
  }

  const next = await repository.commit({ files: chainFiles("two") });
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  for (const name of CHAIN) {
    await toolkit.untilReady(kustomizationRef(ns, name), { status: "True", commit: next });
  }

  const versions: number[] = [];
  for (const name of CHAIN) {
    const object = await toolkit.read(configMapRef(ns, name));
    assert.equal(valueOf(object), "two");
    versions.push(Number(object.metadata.resourceVersion));
  }
  assert.deepEqual(versions, versions.toSorted((a, b) => a - b));
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

  await toolkit.apply(link(app.ns, "second", []));
  await toolkit.untilReady(app.applied, { status: "True" });

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
  await toolkit.nudge(app.source);
  await toolkit.untilReady(free, { status: "True", commit });

  const all = [...members.map(({ ref }) => ref), fourth];
  await toolkit.apply(link(ns, "third", []));
  for (const ref of all) await toolkit.untilReady(ref, { status: "True", commit });
  for (const ref of [free, fourth, third, second]) await toolkit.remove(ref);
});

Deno.test("a circle that is looked at again and again writes nothing", async () => {
  await using app = await openApp(hasty, {
    files: chainFiles("one"),
    spec: { path: "./first", dependsOn: [{ name: "second" }] },
    waits: false,
  });
  const { ns } = app;
  const names = ["app", "second", "outside"];
  const refs = names.map((name) => kustomizationRef(ns, name));
  const versions = async () => {
    const objects = await Promise.all(refs.map((ref) => hasty.toolkit.read(ref)));
    return objects.map(({ metadata }) => metadata.resourceVersion);
  };
  await hasty.toolkit.apply(link(ns, "second", ["app"]), link(ns, "outside", ["app"]));
  const reason = "DependencyNotReady";
  for (const ref of refs) await hasty.toolkit.untilReady(ref, { status: "False", reason });

  await untilRun(ns, names, 1);
  const before = await versions();
  await untilRun(ns, names, 2);

  assert.deepEqual(await versions(), before);
  for (const ref of refs) await hasty.toolkit.remove(ref);
});

/** Waits until the hasty controllers have ended so many runs more of each of these Kustomizations. */
async function untilRun(ns: string, names: readonly string[], more: number): Promise<void> {
  async function counts(): Promise<number[]> {
    const ended = (await hasty.toolkit.readLog()).split("\n").filter((line) =>
      line.includes('"reconciliation finished"') && line.includes(`"namespace":"${ns}"`)
    );
    return names.map((name) =>
      ended.filter((line) => line.includes(`"Kustomization":{"name":"${name}"`)).length
    );
  }
  const before = await counts();
  const isDone = (now: readonly number[]) =>
    now.every((count, index) => count >= (before[index] ?? 0) + more);
  const after = await lookUntil(counts, isDone, { againMs: 50 });
  assert.ok(isDone(after), `no more runs than ${after}, before there were ${before}`);
}

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

  const open = link(app.ns, "second", []);
  await toolkit.apply({
    ...open,
    metadata: { ...open.metadata, annotations: { "example.test/open": "yes" } },
  });
  await toolkit.untilReady(app.applied, { status: "True" });

  await toolkit.remove(second);
});

Deno.test("an object that moves down a chain is the same one afterwards, and what nobody wants is gone", async () => {
  await using app = await openApp(tools, {
    files: { ...chainFiles("one"), "first/a.yaml": configMapYaml("a", "one") },
    spec: { path: "./first" },
  });
  const { ns } = app;
  const [first, a] = [configMapRef(ns, "first"), configMapRef(ns, "a")];
  const [second, third] = [kustomizationRef(ns, "second"), kustomizationRef(ns, "third")];
  const readyExpr = "dep.metadata.?annotations[?'example.test/open'].orValue('') == 'yes'";
  const setOpen = async (open: string) => {
    const patch = { metadata: { annotations: { "example.test/open": open } } };
    const patched = await toolkit.cluster.patch(app.applied, patch, {
      fieldManager: "somebody",
      type: "merge",
    });
    assert.ok(patched.ok);
  };
  await setOpen("yes");
  await toolkit.apply(
    kustomization(ns, "second", {
      path: "./second",
      sourceRef: { kind: "GitRepository", name: "app" },
      targetNamespace: ns,
      dependsOn: [{ name: "app", readyExpr }],
    }),
    link(ns, "third", ["second"]),
  );
  await toolkit.untilReady(third, { status: "True" });
  const { uid } = (await toolkit.read(a)).metadata;

  // Nobody below may begin, so that the controllers can be ended in between.
  await setOpen("no");
  const commit = await app.repository.commit({
    delete: ["first/a.yaml", "first/first.yaml"],
    files: { "first/b.yaml": configMapYaml("b", "two"), "third/a.yaml": configMapYaml("a", "one") },
  });
  await toolkit.nudge(app.source);
  const ready = await toolkit.untilReady(app.applied, { status: "True", commit });
  const gone = await toolkit.cluster.get(first);
  await toolkit.crash();
  const again = await app.runAgain();
  const between = await toolkit.read(a);
  await setOpen("yes");
  await toolkit.untilReady(third, { status: "True", commit });
  await toolkit.until(
    app.applied,
    "let go of a",
    (object) => inventoryOf(object).join() === `${ns}_b__ConfigMap`,
  );

  const ids = [`${ns}_a__ConfigMap`, `${ns}_b__ConfigMap`];
  assert.equal(gone.ok, false);
  assert.deepEqual(inventoryOf(ready).toSorted(), ids);
  assert.deepEqual(inventoryOf(again).toSorted(), ids);
  const after = await toolkit.read(a);
  assert.deepEqual([between.metadata.uid, after.metadata.uid], [uid, uid]);
  assert.deepEqual(
    [between, after].map(({ metadata }) => metadata.labels?.["kustomize.toolkit.fluxcd.io/name"]),
    ["app", "third"],
  );
  assert.equal(conditionOf(await toolkit.read(third), "OwnershipConflict"), undefined);
  for (const ref of [third, second]) await toolkit.remove(ref);
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

  await toolkit.apply(gitRepository(ns, "app", { url: repository.url }));
  await toolkit.untilReady(applied, { status: "True", commit });

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
    message: "Source artifact not found, retrying in 10m0s",
  });

  const commit = await repository.commit({
    branch: "later",
    files: { "a.yaml": configMapYaml("a", "two") },
  });
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  await toolkit.untilReady(applied, { status: "True", commit });

  // Nothing but Ready: the run stopped before the download (errata 5).
  const types = fieldOf(waiting, "status", "conditions");
  assert.deepEqual(Array.isArray(types) && types.map((condition) => fieldOf(condition, "type")), [
    "Ready",
  ]);
  await toolkit.remove(applied);
});
