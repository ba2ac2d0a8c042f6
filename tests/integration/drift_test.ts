/**
 * What others do to applied objects: undone within a second where it touches what we apply, left alone
 * where it does not.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import {
  configMapRef,
  configMapYaml,
  deploymentRef,
  deploymentYaml,
  inventoryOf,
  openApp,
  pause,
  runsOf,
  useApps,
  valueOf,
} from "../support/app.ts";
import { kustomization, kustomizationRef } from "../support/toolkit.ts";

const OWNER = "kustomize.toolkit.fluxcd.io";
/** Longer than a change takes to be noticed, judged and answered. */
const QUIET_MS = 1_500;

const tools = useApps();
const { toolkit } = tools;

/** Changes an object as some person or controller would. */
async function meddle(ref: ObjectRef, patch: unknown, subresource?: string): Promise<KubeObject> {
  const patched = await toolkit.cluster.patch(ref, patch, {
    fieldManager: "somebody",
    type: "merge",
    ...(subresource === undefined ? {} : { subresource }),
  });
  if (!patched.ok) throw new Error(patched.message);
  return patched.value;
}

Deno.test("a field that was changed by hand is repaired in less than a second", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one"), "d.yaml": deploymentYaml("d", { replicas: 2 }) },
  });
  const changes = [
    { ref: configMapRef(app.ns, "a"), patch: { data: { key: "hand" } }, path: ["data", "key"] },
    {
      ref: deploymentRef(app.ns, "d"),
      patch: { spec: { replicas: 7 } },
      path: ["spec", "replicas"],
    },
  ];
  for (const { ref, patch, path } of changes) {
    const before = fieldOf(await toolkit.read(ref), ...path);
    const repairs: number[] = [];
    const runs: number[] = [];
    for (let round = 0; round < 3; round++) {
      const began = performance.now();
      await meddle(ref, patch);
      await toolkit.until(ref, "repaired", (object) => fieldOf(object, ...path) === before);
      repairs.push(performance.now() - began);
      const asked = performance.now();
      await app.runAgain();
      runs.push(performance.now() - asked);
    }

    // The middle one of three; where a run takes long, as the processor has other work, so may this.
    const limitMs = Math.max(1_000, 10 * middleOf(runs));
    assert.ok(middleOf(repairs) < limitMs, `${ref.kind}: repaired after ${repairs.join(", ")} ms`);
  }
});

function middleOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0;
}

Deno.test("an object that was deleted by hand comes back", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");
  const before = await toolkit.read(ref);

  await toolkit.cluster.remove(ref);
  const after = await toolkit.until(
    ref,
    "made again",
    (object) => object !== undefined && object.metadata.uid !== before.metadata.uid,
  );

  assert.equal(valueOf(after), "one");
});

for (const label of ["name", "namespace"]) {
  Deno.test(`the owner label ${label} comes back when it is removed`, async () => {
    await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
    const ref = configMapRef(app.ns, "a");
    const key = `${OWNER}/${label}`;

    const without = await meddle(ref, { metadata: { labels: { [key]: null } } });
    const after = await toolkit.until(
      ref,
      "labelled again",
      (object) => object?.metadata.labels?.[key] !== undefined,
    );

    assert.equal(without.metadata.labels?.[key], undefined);
    assert.equal(after?.metadata.labels?.[key], label === "name" ? "app" : app.ns);
    assert.equal(after?.metadata.uid, without.metadata.uid);
  });
}

Deno.test("a field of another manager stays, and starts no run", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");
  const before = runsOf(await toolkit.read(app.applied));

  const foreign = await meddle(ref, { data: { theirs: "x" }, metadata: { labels: { team: "y" } } });
  await pause(QUIET_MS);

  assert.equal(runsOf(await toolkit.read(app.applied)), before);
  await app.runAgain();
  const after = await toolkit.read(ref);
  assert.equal(after.metadata.resourceVersion, foreign.metadata.resourceVersion);
  assert.deepEqual(after.data, { key: "one", theirs: "x" });
});

Deno.test("changes of the status alone start no run", async () => {
  await using app = await openApp(tools, {
    files: { "d.yaml": deploymentYaml("d") },
    spec: { wait: true },
  });
  const ref = deploymentRef(app.ns, "d");
  const before = runsOf(await toolkit.read(app.applied));

  for (let round = 0; round < 3; round++) {
    await meddle(ref, { status: { collisionCount: round + 1 } }, "status");
    await pause(QUIET_MS / 3);
  }
  await pause(QUIET_MS);

  assert.equal(runsOf(await toolkit.read(app.applied)), before);
});

Deno.test("an object that two Kustomizations claim is not fought over", async () => {
  await using app = await openApp(tools, {
    files: {
      "one/a.yaml": configMapYaml("a", "one"),
      "two/a.yaml": configMapYaml("a", "two"),
    },
    spec: { path: "./one" },
  });
  const second = kustomizationRef(app.ns, "second");
  await toolkit.apply(
    kustomization(app.ns, "second", {
      path: "./two",
      targetNamespace: app.ns,
      sourceRef: { kind: "GitRepository", name: "app" },
    }),
  );
  await toolkit.untilReady(second, { status: "True" });
  const ref = configMapRef(app.ns, "a");
  const taken = await toolkit.read(ref);

  await pause(2 * QUIET_MS);

  const after = await toolkit.read(ref);
  assert.equal(valueOf(after), "two");
  assert.equal(after.metadata.resourceVersion, taken.metadata.resourceVersion);
  assert.equal(runsOf(await toolkit.read(app.applied)), 1);
  assert.equal(runsOf(await toolkit.read(second)), 1);

  // Whoever runs takes it: what lost it lets go of it when it goes.
  await toolkit.remove(app.applied);
  assert.equal(valueOf(await toolkit.read(ref)), "two");
  await toolkit.remove(second);
  await toolkit.until(ref, "gone", (object) => object === undefined);
});

Deno.test("an account that applies repairs with its own rights", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one") },
    spec: { serviceAccountName: "worker" },
    async prepare(namespace) {
      await namespace.kubectl(["create", "serviceaccount", "worker"]);
      await namespace.letEdit("worker");
    },
  });
  const ref = configMapRef(app.ns, "a");

  await meddle(ref, { data: { key: "hand" } });

  await toolkit.until(ref, "repaired", (object) => valueOf(object) === "one");
});

Deno.test("an annotation by which a person keeps an object is respected at once", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");

  await meddle(ref, { metadata: { annotations: { [`${OWNER}/reconcile`]: "disabled" } } });
  await meddle(ref, { data: { key: "hand" } });
  await pause(QUIET_MS);
  const ran = await app.runAgain();

  assert.equal(valueOf(await toolkit.read(ref)), "hand");
  assert.deepEqual(inventoryOf(ran), [`${app.ns}_a__ConfigMap`]);
});

Deno.test("what is suspended is repaired when it is resumed, not before", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");

  await app.respec({ suspend: true });
  await toolkit.untilObserved(app.applied);
  await meddle(ref, { data: { key: "hand" } });
  await pause(QUIET_MS);
  const whileSuspended = valueOf(await toolkit.read(ref));
  await app.respec({ suspend: false });

  assert.equal(whileSuspended, "hand");
  await toolkit.until(ref, "repaired", (object) => valueOf(object) === "one");
});

Deno.test("what spec.ignore names is left to others, the rest of the object is not", async () => {
  const ignore = [{ paths: ["/spec/replicas"], target: { kind: "Deployment" } }];
  const files = { "d.yaml": deploymentYaml("d", { replicas: 2 }) };
  await using app = await openApp(tools, { files, spec: { ignore } });
  const ref = deploymentRef(app.ns, "d");
  const replicasOf = (object: KubeObject | undefined) => fieldOf(object, "spec", "replicas");

  assert.equal(replicasOf(await toolkit.read(ref)), 2, "the first apply takes it along");
  const before = runsOf(await toolkit.read(app.applied));
  await meddle(ref, { spec: { replicas: 5 } });
  await pause(QUIET_MS);
  assert.equal(replicasOf(await toolkit.read(ref)), 5);
  assert.equal(runsOf(await toolkit.read(app.applied)), before, "no run was started");

  await meddle(ref, { metadata: { labels: { [`${OWNER}/name`]: null } } });
  const repaired = await toolkit.until(
    ref,
    "labelled again",
    (object) => object?.metadata.labels?.[`${OWNER}/name`] !== undefined,
  );
  assert.equal(replicasOf(repaired), 5, "another part was repaired, this one adopted");

  await app.respec({ ignore: [] });
  await toolkit.until(ref, "repaired", (object) => replicasOf(object) === 2);
});
