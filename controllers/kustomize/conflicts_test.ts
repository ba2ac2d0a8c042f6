import assert from "node:assert/strict";
import type { Kustomization } from "../../crds/mod.ts";
import { A, configMap, eventsOf, openStage, type Stage } from "./fakes_test.ts";

const ID = "apps_a__ConfigMap";

/** Another Kustomization of the same source, at this revision of it. */
function another(stage: Stage, lastAttemptedRevision: string): Kustomization {
  return { ...stage.object({}, { name: "other" }), status: { lastAttemptedRevision } };
}

function sharedBy(stage: Stage, other: Kustomization): void {
  stage.claims = { ...stage.claims, othersOf: (_, id) => id === ID ? [other] : [] };
}

Deno.test("an object that two own is named on both, once, as long as it lasts", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
  sharedBy(stage, another(stage, "main@sha1:1"));

  const first = await stage.run();
  const condition = first.conditions?.OwnershipConflict ?? assert.fail("no condition");
  const type = "OwnershipConflict";
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  stage.status = { ...stage.status, conditions: [{ type, ...condition, lastTransitionTime }] };
  const second = await stage.run();
  stage.claims = { ...stage.claims, othersOf: () => [] };
  const third = await stage.run();

  assert.equal(first.kind, "ready");
  assert.equal(
    condition.message,
    "ConfigMap/apps/a is owned by Kustomization/apps/other, too\n" +
      "Whoever runs takes it: take it out of one of them",
  );
  assert.deepEqual(stage.toldOthers, [
    "other OwnershipConflict ConfigMap/apps/a is owned by Kustomization/apps/app, too\n" +
    "Whoever runs takes it: take it out of one of them",
  ]);
  assert.equal(stage.events.filter(({ reason }) => reason === type).length, 1);
  assert.deepEqual(second.conditions?.OwnershipConflict, condition);
  assert.equal(third.conditions?.OwnershipConflict, null);
});

Deno.test("one that has not come to the revision yet is no owner: the object moves", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  sharedBy(stage, another(stage, "main@sha1:0"));

  const got = await stage.run();

  assert.equal(got.conditions?.OwnershipConflict, undefined);
  assert.deepEqual(stage.toldOthers, []);
});

Deno.test("one that has it on record only until we have it is no owner", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  sharedBy(stage, another(stage, "main@sha1:1"));
  stage.claims = { ...stage.claims, isMoving: (_, id) => id === ID };

  const got = await stage.run();

  assert.equal(got.conditions?.OwnershipConflict, undefined);
  assert.deepEqual(stage.toldOthers, []);
});

Deno.test("what another one wants, too, is handed over to it instead of deleted", async () => {
  for (const isDeleted of [false, true]) {
    const stage = openStage({ "a.yaml": configMap("a", "1") });
    await stage.run();
    const claimantOf = (_: Kustomization, id: string) =>
      id === ID ? { name: "other", namespace: "apps" } : undefined;
    stage.claims = { ...stage.claims, claimantOf };

    stage.commit({});
    const got = isDeleted ? await stage.finalize({}) : await stage.run();

    assert.equal(got.kind, "ready");
    assert.equal(
      stage.cluster.peek(A)?.metadata.labels?.["kustomize.toolkit.fluxcd.io/name"],
      "other",
    );
    assert.deepEqual(stage.woken, ["other: ConfigMap/apps/a is handed over"]);
    assert.ok(eventsOf(stage, got).some((event) => event.endsWith("ConfigMap/apps/a skipped")));
  }
});

Deno.test("what is wanted as it is found is remembered as wanted", async () => {
  const switched = (value: string) =>
    configMap("a", "1").replace(
      "  name: a",
      `  annotations: {kustomize.toolkit.fluxcd.io/ssa: ${value}}\n  name: a`,
    );
  const cases = [["IfNotPresent", true], ["Ignore", false], ["Merge", false]] as const;
  for (const [value, isFound] of cases) {
    const stage = openStage({ "a.yaml": switched(value) });
    stage.cluster.seed({ ...A, metadata: { name: "a", namespace: "apps" } });

    await stage.run();

    assert.equal(stage.memory.of("apps/app").found.has(ID), isFound, value);
  }
});

Deno.test("who had an object besides us learns that we have let go of it", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  await stage.run();
  const live = stage.cluster.peek(A) ?? assert.fail("not applied");
  const labels = { ...live.metadata.labels, "kustomize.toolkit.fluxcd.io/name": "other" };
  stage.cluster.seed({ ...live, metadata: { ...live.metadata, labels } });
  const conditions = [{
    type: "OwnershipConflict",
    status: "True",
    reason: "OwnedTwice",
    message: "x",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  }] as const;
  const other = stage.object({}, { name: "other" });
  stage.dependencies.set("apps/other", { ...other, status: { conditions: [...conditions] } });

  stage.commit({});
  await stage.run();

  assert.notEqual(stage.cluster.peek(A), undefined);
  assert.deepEqual(stage.woken, ["other: ConfigMap/apps/a is let go of"]);
});

Deno.test("a namespace with others in it stays on record, and is named once", async () => {
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
  const stage = openStage({ "n.yaml": namespace });
  await stage.run();
  const ref = { apiVersion: "v1", kind: "Namespace", name: "team" };
  let occupant: string | undefined = "GitRepository/team/x";
  stage.claims = { ...stage.claims, occupantOf: () => Promise.resolve(occupant) };
  stage.commit({});

  const first = await stage.run();
  const second = await stage.run();
  const isKept = stage.cluster.peek(ref) !== undefined;
  occupant = undefined;
  const third = await stage.run();

  const ids = ({ status }: typeof first) => status?.inventory?.entries.map(({ id }) => id);
  assert.deepEqual([first.kind, second.kind, isKept], ["ready", "ready", true]);
  assert.deepEqual([ids(first), ids(second), ids(third)], [["_team__Namespace"], [
    "_team__Namespace",
  ], []]);
  assert.equal(stage.cluster.peek(ref), undefined);
  assert.deepEqual(
    stage.events.filter(({ type }) => type === "Warning").map(({ message }) => message),
    [
      "Namespace/team is not deleted before what is in it has gone: GitRepository/team/x",
    ],
  );
});
