import assert from "node:assert/strict";
import { A, B, configMap, deployment, eventsOf, openStage, type Stage } from "./fakes_test.ts";

const D = { ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" };
const INFORM = { "sluice.dev/drift": "Inform" };

async function meddle({ cluster }: Stage, ref: typeof A, patch: unknown): Promise<void> {
  const options = { fieldManager: "kubectl-edit", type: "merge" } as const;
  const patched = await cluster.patch(ref, patch, options);
  assert.ok(patched.ok);
}

/** What the condition says after a run, and the warnings that came with it. */
async function look(stage: Stage, spec = {}) {
  stage.events.length = 0;
  const got = await stage.run(spec);
  const drifted = got.conditions?.Drifted;
  if (drifted !== undefined) {
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    const own = drifted === null ? [] : [{ type: "Drifted", ...drifted, lastTransitionTime }];
    stage.status = { ...stage.status, conditions: own };
  }
  return {
    kind: got.kind,
    message: drifted?.message,
    warnings: eventsOf(stage, got).filter((event) => event.startsWith("Warning")),
  };
}

Deno.test("a foreign change is told of once, stays, and Ready stays True", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1"), "d.yaml": deployment("d") });
  stage.annotations = { ...INFORM };
  await stage.run();
  await meddle(stage, A, { data: { key: "hand" } });
  await meddle(stage, D, { spec: { replicas: 5 } });
  const writes = stage.cluster.writes.length;

  const first = await look(stage);
  const second = await look(stage);

  const lines = [
    "ConfigMap/apps/a changed by kubectl-edit: /data/key",
    "Deployment/apps/d changed by kubectl-edit: /spec/replicas",
  ];
  assert.deepEqual([first.kind, first.message], ["ready", lines.join("\n")]);
  assert.deepEqual(first.warnings.toSorted(), [
    "Warning Drifted ConfigMap/apps/a was changed by kubectl-edit: /data/key",
    "Warning Drifted Deployment/apps/d was changed by kubectl-edit: /spec/replicas",
  ]);
  assert.deepEqual([second.kind, second.message, second.warnings], ["ready", first.message, []]);
  assert.equal(stage.cluster.writes.length, writes);

  await meddle(stage, A, { data: { key: "another" } });
  const changed = await look(stage);
  assert.deepEqual(changed.warnings.length, 1);

  await meddle(stage, A, { data: { key: "1" } });
  await meddle(stage, D, { spec: { replicas: 1 } });
  const over = await look(stage);
  assert.deepEqual(over, { kind: "ready", message: undefined, warnings: [] });
  assert.deepEqual(stage.status.conditions, []);
});

Deno.test("a new revision is applied around what others changed", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });
  stage.annotations = { ...INFORM };
  await stage.run();
  await meddle(stage, D, { spec: { replicas: 5 } });
  await look(stage);

  const next = deployment("d").replace("replicas: 1", "replicas: 2").replace(
    "image: x",
    "image: y",
  );
  stage.commit({ "d.yaml": next });
  const got = await look(stage);

  const spec = stage.cluster.peek(D)?.spec;
  assert.match(JSON.stringify(spec), /"replicas":5.*"image":"y"/);
  assert.equal(got.message, "Deployment/apps/d changed by kubectl-edit: /spec/replicas");
  assert.equal(stage.status.lastAppliedRevision, "main@sha1:2");
});

Deno.test("without memory the build on record tells what was applied; else the managers do", async () => {
  for (const isNewRevision of [false, true]) {
    const stage = openStage({ "d.yaml": deployment("d") });
    stage.annotations = { ...INFORM };
    await stage.run();
    stage.status = { ...stage.status, observedGeneration: 1 };
    await meddle(stage, D, { spec: { replicas: 5 } });
    const said = await look(stage);

    stage.memory.forget("apps/app");
    if (isNewRevision) {
      stage.commit({ "d.yaml": deployment("d").replace("image: x", "image: y") });
    }
    const got = await look(stage);

    assert.deepEqual([got.message, got.warnings], [said.message, []]);
    const spec = stage.cluster.peek(D)?.spec;
    assert.match(JSON.stringify(spec), /"replicas":5/);
    assert.match(JSON.stringify(spec), isNewRevision ? /"image":"y"/ : /"image":"x"/);
  }
});

Deno.test("an object that others deleted is named and not made again, its neighbours are", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.annotations = { ...INFORM };
  await stage.run();
  stage.cluster.drop(A);

  const gone = await look(stage, { wait: true });
  stage.commit({ "a.yaml": configMap("a", "2"), "b.yaml": configMap("b", "1") });
  const still = await look(stage, { wait: true });

  assert.deepEqual(gone, {
    kind: "ready",
    message: "ConfigMap/apps/a deleted",
    warnings: ["Warning Drifted ConfigMap/apps/a was deleted"],
  });
  assert.deepEqual([still.kind, still.message, still.warnings], ["ready", gone.message, []]);
  assert.equal(stage.cluster.peek(A), undefined);
  assert.notEqual(stage.cluster.peek(B), undefined);
  assert.ok(stage.status.inventory?.entries.some(({ id }) => id === "apps_a__ConfigMap"));
});

Deno.test("what was told of stays though the process and the revision changed meanwhile", async () => {
  const entries = configMap("a", "1").replace("\ndata:", "\ndata:\n  other: x");
  const stage = openStage({ "a.yaml": entries, "b.yaml": configMap("b", "1") });
  stage.annotations = { ...INFORM };
  await stage.run();
  await meddle(stage, A, { data: { other: null } });
  stage.cluster.drop(B);
  const said = await look(stage);

  stage.memory.forget("apps/app");
  const next = entries.replace('key: "1"', 'key: "2"\n  added: y');
  stage.commit({
    "a.yaml": next,
    "b.yaml": configMap("b", "2"),
    "c.yaml": configMap("c", "1"),
  });
  const got = await look(stage);

  const lines = ["ConfigMap/apps/a changed by others: /data/other", "ConfigMap/apps/b deleted"];
  assert.deepEqual([said.message, got.message], [lines.join("\n"), lines.join("\n")]);
  assert.deepEqual(got.warnings, []);
  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "2", added: "y" });
  assert.equal(stage.cluster.peek(B), undefined);
  assert.notEqual(stage.cluster.peek({ ...A, name: "c" }), undefined);
});

const CORRECTIONS = [
  { name: "a plain request", annotations: { "reconcile.fluxcd.io/requestedAt": "t" }, is: false },
  {
    name: "sluice reconcile --correct",
    annotations: { "reconcile.fluxcd.io/requestedAt": "t", "sluice.dev/correct-at": "t" },
    is: true,
  },
];

for (const { name, annotations, is } of CORRECTIONS) {
  Deno.test(`${name} ${is ? "corrects, once" : "does not correct"}`, async () => {
    const stage = openStage({ "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") });
    stage.annotations = { ...INFORM };
    await stage.run();
    await meddle(stage, A, { data: { key: "hand" } });
    stage.cluster.drop(B);
    await look(stage);

    stage.annotations = { ...INFORM, ...annotations };
    const asked = await look(stage);
    stage.status = { ...stage.status, lastHandledReconcileAt: "t" };

    assert.deepEqual(stage.cluster.peek(A)?.data, { key: is ? "1" : "hand" });
    assert.equal(stage.cluster.peek(B) !== undefined, is);
    assert.equal(asked.message === undefined, is);

    await meddle(stage, A, { data: { key: "again" } });
    await look(stage);
    assert.deepEqual(stage.cluster.peek(A)?.data, { key: "again" });
  });
}

Deno.test("without the annotation everything is corrected again, and nothing is named", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  stage.annotations = { ...INFORM };
  await stage.run();
  await meddle(stage, A, { data: { key: "hand" } });
  await look(stage);

  stage.annotations = {};
  const got = await look(stage);

  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "1" });
  assert.deepEqual([got.message, stage.status.conditions], [undefined, []]);
});

Deno.test("what kubectl added is left alone, and what git takes away goes", async () => {
  const stage = openStage({ "a.yaml": `${configMap("a", "1")}  more: "1"\n` });
  stage.annotations = { ...INFORM };
  await stage.run();
  await meddle(stage, A, { data: { theirs: "x" } });
  stage.commit({ "a.yaml": configMap("a", "2") });

  const got = await look(stage);

  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "2", theirs: "x" });
  assert.equal(got.message, undefined);
});

Deno.test("of many changed objects the first are told one by one, the condition is bounded", async () => {
  const names = Array.from({ length: 60 }, (_, index) => `m${index}`);
  const files = Object.fromEntries(names.map((name) => [`${name}.yaml`, configMap(name, "1")]));
  const stage = openStage(files);
  stage.annotations = { ...INFORM };
  await stage.run();
  for (const name of names) await meddle(stage, { ...A, name }, { data: { key: "hand" } });

  const got = await look(stage);

  assert.equal(got.warnings.length, 21);
  assert.match(got.warnings.at(-1) ?? "", /40 more objects were changed by others/);
  assert.equal(got.message?.split("\n").length, 51);
  assert.match(got.message ?? "", /\nand 10 more$/);
});

Deno.test("who changes back what is repaired is named, told once, and forgotten in the end", async () => {
  const stage = openStage({ "a.yaml": configMap("a", "1") });
  await stage.run();
  const foreign = { isGone: false, paths: ["/data/key"], managers: ["hpa"], digest: "1" };
  const { contested } = stage.memory.of("apps/app");
  contested.set("apps_a__ConfigMap", { ref: A, foreign });

  const first = await stage.run();
  const condition = first.conditions?.DriftContested ?? assert.fail("no condition");
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  const type = "DriftContested";
  stage.status = { ...stage.status, conditions: [{ type, ...condition, lastTransitionTime }] };
  const second = await stage.run();
  contested.clear();
  const third = await stage.run();

  assert.equal(
    condition.message,
    "ConfigMap/apps/a changed by hpa: /data/key\nIt is repaired less often until that ends; " +
      "to leave a field to them, name it in spec.ignore",
  );
  assert.equal(stage.events.filter(({ reason }) => reason === type).length, 1);
  assert.deepEqual(second.conditions?.DriftContested, condition);
  assert.equal(third.conditions?.DriftContested, null);
});
