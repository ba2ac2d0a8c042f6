/**
 * What becomes of the objects of a Kustomization that is deleted.
 *
 * @module
 */
import assert from "node:assert/strict";
import { A, B, configMap, openStage } from "./fakes_test.ts";

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
