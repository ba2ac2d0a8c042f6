import assert from "node:assert/strict";
import type { Kustomization } from "../../crds/mod.ts";
import { A, B, configMap, openStage, type Stage } from "./fakes_test.ts";

/** A stage that has something to prune, and others of its source. */
async function openMove(...siblings: readonly ((stage: Stage) => Kustomization)[]) {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  await stage.run();
  stage.commit({ "b.yaml": configMap("b", "1") });
  stage.claims = { ...stage.claims, siblingsOf: () => siblings.map((make) => make(stage)) };
  return stage;
}

const at =
  (revision: string, spec = {}, conditions: Kustomization["status"] = {}) => (stage: Stage) => ({
    ...stage.object(spec, { name: "other", resourceVersion: "7" }),
    status: { lastAttemptedRevision: revision, ...conditions },
  });

const cases = [
  { name: "at the revision", sibling: at("main@sha1:2"), waits: false },
  { name: "behind", sibling: at("main@sha1:1"), waits: true },
  { name: "suspended", sibling: at("main@sha1:1", { suspend: true }), waits: false },
  {
    name: "waiting for this one",
    sibling: at("main@sha1:1", { dependsOn: [{ name: "app" }] }),
    waits: false,
  },
  {
    name: "waiting for this one through another",
    sibling: at("main@sha1:1", { dependsOn: [{ name: "middle" }] }),
    waits: false,
  },
  {
    name: "stalled",
    sibling: at("main@sha1:1", {}, {
      conditions: [{
        type: "Stalled",
        status: "True",
        reason: "AccessDenied",
        message: "no",
        lastTransitionTime: "2026-01-01T00:00:00Z",
      }],
    }),
    waits: false,
  },
];

for (const { name, sibling, waits } of cases) {
  Deno.test(`a prune ${waits ? "waits" : "does not wait"} for one of the source that is ${name}`, async () => {
    const stage = await openMove(sibling);
    stage.dependencies.set(
      "apps/middle",
      stage.object({ dependsOn: [{ name: "app" }] }, { name: "middle" }),
    );

    const got = await stage.run();

    assert.equal(got.kind, waits ? "wait" : "ready");
    assert.equal(stage.cluster.peek(A) !== undefined, waits);
    if (!waits) return;
    const { until } = got;
    assert.deepEqual(
      until?.kind === "healthy" && until.objects.map(({ name, seen }) => [name, seen]),
      [
        ["other", "7"],
      ],
    );
    assert.deepEqual(got.status?.inventory?.entries.map(({ id }) => id), [
      "apps_b__ConfigMap",
      "apps_a__ConfigMap",
    ]);
    // Who waits for us in turn sees that we are there.
    assert.equal(got.status?.lastAttemptedRevision, "main@sha1:2");
  });
}

Deno.test("one that is at the revision but applies it just now is waited for", async () => {
  const stage = await openMove(at("main@sha1:2"));
  stage.claims = { ...stage.claims, isRunning: () => true };

  const during = await stage.run();
  stage.claims = { ...stage.claims, isRunning: () => false };
  const after = await stage.run({}, { woken: true });

  assert.deepEqual([during.kind, after.kind], ["wait", "ready"]);
  assert.equal(stage.cluster.peek(A), undefined);
});

Deno.test("one that never comes to the revision is waited for ten seconds", async () => {
  const stage = await openMove(at("main@sha1:1"));

  const first = await stage.run();
  await stage.clock.advance(9_000);
  const second = await stage.run({}, { woken: true });
  await stage.clock.advance(2_000);
  const third = await stage.run({}, { woken: true });

  assert.deepEqual([first.kind, second.kind, third.kind], ["wait", "wait", "ready"]);
  assert.equal(stage.cluster.peek(A), undefined);
  assert.notEqual(stage.cluster.peek(B), undefined);
});

Deno.test("who has nothing to prune waits for nobody", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.claims = { ...stage.claims, siblingsOf: () => [at("main@sha1:0")(stage)] };

  assert.equal((await stage.run()).kind, "ready");
});
