import assert from "node:assert/strict";
import { A, B, configMap, deployment, openStage, type Stage } from "./fakes_test.ts";

const D = { ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" };

/** The Deployment of `deployment("d")` is done. */
function finishRollout({ cluster }: Stage): void {
  const live = cluster.peek(D) ?? assert.fail("not applied");
  const { generation = 1 } = live.metadata;
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const conditions = [{ type: "Available", status: "True" }];
  cluster.seed({ ...live, status: { observedGeneration: generation, ...counts, conditions } });
}

const ids = (stage: Stage) => stage.status.inventory?.entries.map(({ id }) => id) ?? [];

const orders = [
  { order: "AfterHealth", name: "b", isKept: true },
  { order: "BeforeHealth", name: "b", isKept: false },
  { order: undefined, name: "b", isKept: false },
  { order: undefined, name: "b-5c7d9g2hkm", isKept: true },
  // No hash of kustomize has these characters.
  { order: undefined, name: "b-aaaaaaaaaa", isKept: false },
];

for (const { order, name, isKept } of orders) {
  for (const wait of [true, false]) {
    Deno.test(`${name} goes ${isKept ? "after" : "before"} health, prune-order ${order}, wait ${wait}`, async () => {
      const old = { ...B, name };
      const stage = openStage({ "d.yaml": deployment("d"), "b.yaml": configMap(name, "1") });
      if (order !== undefined) stage.annotations = { "sluice.dev/prune-order": order };
      await stage.run({ wait });
      finishRollout(stage);
      await stage.run({ wait }, { woken: true });

      stage.commit({ "d.yaml": deployment("d").replace("image: x", "image: y") });
      const during = await stage.run({ wait });

      assert.equal(during.kind, wait ? "wait" : "ready");
      assert.equal(stage.cluster.peek(old) !== undefined, isKept);
      assert.equal(ids(stage).includes(`apps_${name}__ConfigMap`), isKept);
      assert.equal(during.afterMs, isKept && !wait ? 10_000 : undefined);

      finishRollout(stage);
      const after = await stage.run({ wait }, { woken: wait });

      assert.equal(after.kind, "ready");
      assert.equal(after.afterMs, undefined);
      assert.equal(stage.cluster.peek(old), undefined);
      assert.deepEqual(ids(stage), ["apps_d_apps_Deployment"]);
    });
  }
}

Deno.test("what waits for health that never comes stays, on record", async () => {
  const stage = openStage({ "d.yaml": deployment("d"), "b.yaml": configMap("b", "1") });
  stage.annotations = { "sluice.dev/prune-order": "AfterHealth" };
  const spec = { wait: true, timeout: "30s" };
  await stage.run(spec);
  stage.commit({ "d.yaml": deployment("d") });
  await stage.run(spec);
  await stage.clock.advance(31_000);

  const got = await stage.run(spec, { woken: true });

  assert.equal(got.reason, "HealthCheckFailed");
  assert.notEqual(stage.cluster.peek(B), undefined);
  assert.ok(ids(stage).includes("apps_b__ConfigMap"));
});

Deno.test("without a health check it is looked at every ten seconds, for as long as one would last", async () => {
  const stage = openStage({ "d.yaml": deployment("d"), "b.yaml": configMap("b", "1") });
  stage.annotations = { "sluice.dev/prune-order": "AfterHealth" };
  const spec = { timeout: "30s" };
  await stage.run(spec);
  stage.commit({ "d.yaml": deployment("d") });

  const pauses: (number | undefined)[] = [];
  for (let look = 0; look < 5; look++) {
    pauses.push((await stage.run(spec)).afterMs);
    await stage.clock.advance(10_000);
  }

  assert.deepEqual(pauses, [10_000, 10_000, 10_000, undefined, undefined]);
});

Deno.test("a prune after health is guarded as any other", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  stage.annotations = { "sluice.dev/prune-order": "AfterHealth", "sluice.dev/max-prune": "0" };
  await stage.run();
  stage.commit({ "a.yaml": configMap("a", "1") });

  const held = await stage.run();
  const digest = /confirm=(\w+)/.exec(held.message)?.[1] ?? assert.fail(held.message);
  stage.annotations["sluice.dev/confirm"] = digest;
  const released = await stage.run();

  assert.deepEqual([held.reason, released.kind], ["PruneHeld", "ready"]);
  assert.equal(stage.cluster.peek(B), undefined);
});
