import assert from "node:assert/strict";
import { KUSTOMIZE_MANAGER } from "../../lib/delivery/mod.ts";
import { type KubeObject, type ObjectRef, openLiveWatch, refOf } from "../../lib/kube/mod.ts";
import { inventoryId } from "../../lib/kube/ssa/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { silentLog } from "../../lib/testing/fake_run.ts";
import { OWNED_SELECTOR } from "./apply.ts";
import { watchDrift } from "./drift.ts";
import { appliedObject, holdWatches, Memory } from "./memory.ts";

const KEY = "apps/app";
const LABELS = {
  "kustomize.toolkit.fluxcd.io/name": "app",
  "kustomize.toolkit.fluxcd.io/namespace": "apps",
};
const MAP: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace: "apps", name: "a", labels: LABELS },
  data: { key: "one" },
};
const DEPLOYMENT: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { namespace: "apps", name: "d", labels: LABELS },
  spec: { replicas: 1 },
};

/** A Kustomization that has applied `objects`, and what drift asks of its controller. */
async function openScene(...objects: readonly KubeObject[]) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const memory = new Memory();
  const live = openLiveWatch(cluster, { labelSelector: OWNED_SELECTOR, clock });
  const runs: string[] = [];
  const scene = { isRunning: false, isKnown: true };
  const as = cluster.as({ namespace: "apps", name: "worker" });
  const stop = watchDrift({
    live,
    memory,
    clock,
    log: silentLog,
    overrideManagers: [],
    clusterOf: () => (scene.isKnown ? as : undefined),
    isRunning: () => scene.isRunning,
    enqueue: (_owner, why) => runs.push(why),
  });
  /** Applies an object as a run does and remembers it. */
  async function apply(object: KubeObject): Promise<void> {
    const applied = await cluster.apply(object, { fieldManager: KUSTOMIZE_MANAGER, force: true });
    if (!applied.ok) throw new Error(applied.message);
    const record = appliedObject(object, applied.value.metadata);
    memory.of(KEY).applied.set(inventoryId(refOf(object)), record);
  }
  for (const object of objects) await apply(object);
  holdWatches(memory.of(KEY), live, objects.map((object) => refOf(object)), false);
  await clock.advance(1_000);
  cluster.requests.length = 0;
  return { ...scene, scene, clock, cluster, memory, live, runs, stop, apply };
}

function refTo(object: KubeObject): ObjectRef {
  return refOf(object);
}

const changes = [
  { name: "a changed value", patch: { data: { key: "two" } }, want: true },
  { name: "a removed value", patch: { data: { key: null } }, want: true },
  {
    name: "a removed owner label",
    patch: { metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": null } } },
    want: true,
  },
  { name: "somebody else's value", patch: { data: { other: "x" } }, want: false },
  { name: "somebody else's label", patch: { metadata: { labels: { team: "x" } } }, want: false },
  {
    name: "a change by the Kustomization that took it over",
    patch: {
      data: { key: "two" },
      metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "other" } },
    },
    want: false,
  },
  {
    name: "a change of an object that a person keeps",
    patch: {
      data: { key: "two" },
      metadata: { annotations: { "kustomize.toolkit.fluxcd.io/reconcile": "disabled" } },
    },
    want: false,
  },
];

for (const { name, patch, want } of changes) {
  Deno.test(`${name} ${want ? "starts a run" : "starts none"}, judged as the applying account`, async () => {
    const { cluster, clock, runs } = await openScene(MAP);

    await cluster.patch(refTo(MAP), patch, { fieldManager: "somebody", type: "merge" });
    await clock.advance(1_000);

    assert.deepEqual(runs, want ? ["drift of apps_a__ConfigMap"] : []);
    const asked = cluster.requests.filter(({ verb }) => verb === "get" || verb === "apply");
    assert.ok(asked.length > 0);
    for (const { as, dryRun, verb } of asked) {
      assert.equal(as, "system:serviceaccount:apps:worker");
      assert.ok(verb === "get" || dryRun);
    }
  });
}

Deno.test("a deleted object starts a run", async () => {
  const { cluster, clock, runs } = await openScene(MAP);

  cluster.drop(refTo(MAP));
  await clock.advance(1_000);

  assert.deepEqual(runs, ["drift of apps_a__ConfigMap"]);
});

Deno.test("a change of the status alone asks the API server nothing", async () => {
  const { cluster, clock, runs } = await openScene(DEPLOYMENT);

  cluster.seed({ ...cluster.peek(refTo(DEPLOYMENT)) ?? DEPLOYMENT, status: { replicas: 1 } });
  await clock.advance(1_000);

  assert.deepEqual(runs, []);
  assert.deepEqual(cluster.requests, []);
});

Deno.test("a burst of changes to many objects starts one run", async () => {
  const maps = Array.from({ length: 20 }, (_, index) => ({
    ...MAP,
    metadata: { ...MAP.metadata, name: `m${index}` },
  }));
  const { cluster, clock, runs } = await openScene(...maps);

  for (const map of maps) {
    await cluster.patch(refTo(map), { data: { key: "x" } }, {
      fieldManager: "somebody",
      type: "merge",
    });
  }
  await clock.advance(1_000);

  assert.equal(runs.length, 1);
  assert.equal(cluster.requests.filter(({ dryRun }) => dryRun).length, 1);
});

Deno.test("what a run writes itself is not asked about when it is over", async () => {
  const { cluster, clock, runs, scene, apply } = await openScene(MAP);

  scene.isRunning = true;
  await apply({ ...MAP, data: { key: "two" } });
  await apply({ ...MAP, metadata: { ...MAP.metadata, name: "b" } });
  await clock.advance(1_000);
  scene.isRunning = false;
  cluster.requests.length = 0;
  await clock.advance(1_000);

  assert.deepEqual(runs, []);
  assert.deepEqual(cluster.requests, []);
});

Deno.test("a change during the run that made the object is noticed when it is over", async () => {
  const { cluster, clock, runs, scene, memory } = await openScene(MAP);
  const made = { ...MAP, metadata: { ...MAP.metadata, name: "b" } };

  scene.isRunning = true;
  const applied = await cluster.apply(made, { fieldManager: KUSTOMIZE_MANAGER, force: true });
  await cluster.patch(refTo(made), { data: { key: "x" } }, {
    fieldManager: "somebody",
    type: "merge",
  });
  await clock.advance(1_000);
  // Only now the run is over and remembers what it made.
  const { metadata } = applied.ok ? applied.value : made;
  memory.of(KEY).applied.set(inventoryId(refTo(made)), appliedObject(made, metadata));
  scene.isRunning = false;
  await clock.advance(1_000);

  assert.deepEqual(runs, ["drift of apps_b__ConfigMap"]);
});

Deno.test("the end of a pruned object starts the run that takes it off the record", async () => {
  const { cluster, clock, runs, memory } = await openScene(MAP);
  memory.of(KEY).applied.clear();
  memory.of(KEY).leaving = new Set([inventoryId(refTo(MAP))]);

  cluster.drop(refTo(MAP));
  await clock.advance(1_000);

  assert.deepEqual(runs, ["end of apps_a__ConfigMap"]);
});

Deno.test("one who changes an object back at once is answered less and less often", async () => {
  const { cluster, clock, runs, apply, memory } = await openScene(MAP);
  const contested = () => [...memory.of(KEY).contested.values()].map(({ foreign }) => foreign);

  for (let second = 0; second < 120; second++) {
    await cluster.patch(refTo(MAP), { data: { key: `${second}` } }, {
      fieldManager: "somebody",
      type: "merge",
    });
    const before = runs.length;
    await clock.advance(1_000);
    if (runs.length > before) await apply(MAP);
  }

  assert.ok(runs.length > 10 && runs.length < 20, `${runs.length} repairs in two minutes`);
  assert.deepEqual(contested().map(({ paths, managers }) => [paths, managers]), [
    [["/data/key"], ["somebody"]],
  ]);

  // They give up: it is repaired once more, and after a while it is nothing to speak of any more.
  await clock.advance(300_000);
  await apply(MAP);
  await clock.advance(1_200_000);

  assert.deepEqual(contested(), []);
  assert.equal(runs.at(-1), "peace over apps_a__ConfigMap");
});

Deno.test("labels that name an unknown Kustomization are not remembered", async () => {
  const { cluster, clock, runs, memory } = await openScene(MAP);
  const labels = { ...LABELS, "kustomize.toolkit.fluxcd.io/name": "never-was" };

  cluster.seed({ ...MAP, metadata: { namespace: "apps", name: "x", labels } });
  await clock.advance(1_000);

  assert.deepEqual(runs, []);
  assert.equal(memory.peek("apps/never-was"), undefined);
});

Deno.test("nothing is asked for a Kustomization that is suspended or going", async () => {
  const { cluster, clock, runs, scene } = await openScene(MAP);

  scene.isKnown = false;
  cluster.drop(refTo(MAP));
  await clock.advance(1_000);

  assert.deepEqual(runs, []);
  assert.deepEqual(cluster.requests, []);
});

Deno.test("a stopped watch leaves no timer behind", async () => {
  const { cluster, clock, runs, stop } = await openScene(MAP);

  cluster.drop(refTo(MAP));
  stop();
  await clock.advance(1_000);

  assert.deepEqual(runs, []);
  assert.equal(clock.pending, 0);
});
