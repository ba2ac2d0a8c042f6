import assert from "node:assert/strict";
import { fakeResource } from "../../lib/testing/fake_resources.ts";
import { A, B, configMap, deployment, type Stage } from "./fakes_test.ts";
import { ids, isThere, MOVED, openMove, OURS, setOther, THEIRS } from "./moves_fakes_test.ts";

const OWNER = "kustomize.toolkit.fluxcd.io/name";
const IGNORED = configMap("a", "1").replace(
  "  name: a",
  "  annotations: {kustomize.toolkit.fluxcd.io/ssa: Ignore}\n  name: a",
);

/** The other one has come to the revision. */
function takeOver(stage: Stage, takes: boolean): void {
  stage.claims = { ...stage.claims, hasApplied: () => true };
  const live = stage.cluster.peek(A) ?? assert.fail("deleted");
  const labels = { ...live.metadata.labels, [OWNER]: "other" };
  if (takes) stage.cluster.seed({ ...live, metadata: { ...live.metadata, labels } });
}

const cases: readonly {
  readonly name: string;
  readonly arrange: (stage: Stage) => void;
  readonly files?: Readonly<Record<string, string>>;
  readonly stays: boolean;
}[] = [
  { name: "depends on this one", arrange: (stage) => setOther(stage), stays: true },
  {
    name: "depends on one that depends on this one",
    arrange(stage) {
      setOther(stage, { ...THEIRS, dependsOn: [{ name: "middle" }] });
      const middle = stage.object({ dependsOn: [{ name: "app" }] }, { name: "middle" });
      stage.dependencies.set("apps/middle", middle);
    },
    stays: true,
  },
  {
    name: "has tried the revision, and not applied it",
    arrange: (stage) => setOther(stage, {}, {}, { lastAttemptedRevision: "main@sha1:2" }),
    files: { ...MOVED, "kustomization.yaml": "resources: [other/a.yaml]\n" },
    stays: true,
  },
  {
    name: "is in another namespace",
    arrange: (stage) => setOther(stage, THEIRS, { namespace: "team" }),
    stays: true,
  },
  {
    name: "may not read the source, of another namespace",
    arrange(stage) {
      stage.settings = { noCrossNamespaceRefs: true };
      const sourceRef = { kind: "GitRepository", name: "app", namespace: "apps" };
      setOther(stage, { ...THEIRS, dependsOn: [], sourceRef }, { namespace: "team" });
    },
    stays: false,
  },
  {
    name: "cannot be built",
    arrange: (stage) => setOther(stage),
    files: { ...MOVED, "other/a.yaml": "kind: [\n" },
    stays: true,
  },
  {
    name: "has applied the revision",
    arrange(stage) {
      setOther(stage);
      stage.claims = { ...stage.claims, hasApplied: () => true };
    },
    stays: false,
  },
  {
    name: "wants something else",
    arrange: (stage) => setOther(stage),
    files: { ...MOVED, "other/a.yaml": configMap("c", "1") },
    stays: false,
  },
  {
    name: "has it in git, but does not apply it",
    arrange: (stage) => setOther(stage),
    files: { ...MOVED, "other/a.yaml": IGNORED },
    stays: false,
  },
  {
    name: "has no folder any more",
    arrange: (stage) => setOther(stage),
    files: { "app/b.yaml": configMap("b", "1") },
    stays: false,
  },
  {
    name: "is suspended",
    arrange: (stage) => setOther(stage, { ...THEIRS, suspend: true }),
    stays: false,
  },
  {
    name: "is stalled",
    arrange(stage) {
      const lastTransitionTime = "2026-01-01T00:00:00Z";
      const stalled = { type: "Stalled", status: "True", reason: "AccessDenied", message: "no" };
      setOther(stage, THEIRS, {}, { conditions: [{ ...stalled, lastTransitionTime }] });
    },
    stays: false,
  },
  {
    name: "has another source by now",
    arrange(stage) {
      setOther(stage);
      stage.claims = { ...stage.claims, isSibling: () => false };
    },
    stays: false,
  },
  {
    name: "is gone by now",
    arrange(stage) {
      setOther(stage);
      stage.dependencies.clear();
    },
    stays: false,
  },
];

for (const { name, arrange, files, stays } of cases) {
  Deno.test(`what moves to one that ${name} ${stays ? "stays" : "is pruned"}`, async () => {
    const stage = await openMove(files);
    arrange(stage);

    const first = await stage.run(OURS);
    // What does not depend on this one is waited for before that.
    await stage.clock.advance(10_000);
    const got = first.kind === "wait" ? await stage.run(OURS, { woken: true }) : first;

    assert.deepEqual([got.kind, got.message], ["ready", "Applied revision: main@sha1:2"]);
    assert.equal(isThere(stage), stays);
    assert.equal(ids(stage).includes("apps_a__ConfigMap"), stays);
    assert.deepEqual(stage.takers, [stays ? ["other"] : []]);
    assert.notEqual(stage.cluster.peek(B), undefined);
  });
}

for (const takes of [true, false]) {
  Deno.test(`what waited for another one is ${takes ? "let go of" : "deleted"} when that ${takes ? "has it" : "has left it"}`, async () => {
    const stage = await openMove();
    setOther(stage);
    const first = await stage.run(OURS);
    const again = await stage.run(OURS);
    const { uid } = stage.cluster.peek(A)?.metadata ?? {};

    takeOver(stage, takes);
    const got = await stage.run(OURS);

    assert.deepEqual([first.kind, again.kind, got.kind], ["ready", "ready", "ready"]);
    assert.deepEqual([first.afterMs, again.afterMs, got.afterMs], [
      undefined,
      undefined,
      undefined,
    ]);
    assert.equal(stage.cluster.peek(A)?.metadata.uid, takes ? uid : undefined);
    assert.deepEqual(ids(stage), ["apps_b__ConfigMap"]);
    assert.equal(stage.memory.of("apps/app").moving?.ids.size, 0);
    assert.deepEqual(stage.events.map(({ message }) => message), [
      "Not pruned before Kustomization/apps/other applied revision main@sha1:2:\n" +
      "ConfigMap/apps/a",
      `ConfigMap/apps/a ${takes ? "skipped" : "deleted"}`,
    ]);
  });
}

Deno.test("a new process comes to the same decision", async () => {
  const stage = await openMove();
  // What the other one is about to apply is on its record, and it has not written it.
  setOther(stage, THEIRS, {}, { lastAttemptedRevision: "main@sha1:2" });
  await stage.run(OURS);

  stage.memory.forget("apps/app");
  await stage.run(OURS);
  const isKept = isThere(stage) && ids(stage).includes("apps_a__ConfigMap");
  takeOver(stage, true);
  stage.memory.forget("apps/app");
  await stage.run(OURS);

  assert.equal(isKept, true);
  assert.equal(isThere(stage), true);
  assert.deepEqual(ids(stage), ["apps_b__ConfigMap"]);
});

const limited = [
  { name: "that cannot be built", namespace: "apps", a: "kind: [\n", isLimited: true },
  { name: "of another namespace", namespace: "team", a: configMap("a", "1"), isLimited: true },
  { name: "of the same namespace", namespace: "apps", a: configMap("a", "1"), isLimited: false },
];

for (const { name, namespace, a, isLimited } of limited) {
  Deno.test(`one ${name} holds a prune up ${isLimited ? "for the timeout, from Ready" : "as long as it is behind"}`, async () => {
    const stage = await openMove({ ...MOVED, "other/a.yaml": a });
    setOther(stage, THEIRS, { namespace });

    const first = await stage.run(OURS);
    await stage.clock.advance(29_000);
    // Another commit does not begin the time anew.
    stage.commit({ ...MOVED, "other/a.yaml": a });
    const second = await stage.run(OURS);
    const isKept = isThere(stage);
    await stage.clock.advance(1_000);
    const third = await stage.run(OURS);

    assert.deepEqual(
      [first.afterMs, second.afterMs, third.afterMs],
      isLimited ? [30_000, 1_000, undefined] : [undefined, undefined, undefined],
    );
    assert.deepEqual([isKept, isThere(stage)], [true, !isLimited]);
  });
}

Deno.test("a health check comes first, and counts for nothing in the time that others get", async () => {
  const spec = { wait: true };
  const stage = await openMove({
    ...MOVED,
    "app/d.yaml": deployment("d"),
    "other/a.yaml": "kind: [\n",
  }, spec);
  setOther(stage);
  const during = await stage.run({ ...OURS, ...spec });
  await stage.clock.advance(20_000);
  const D = { ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" };
  const live = stage.cluster.peek(D) ?? assert.fail("not applied");
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const conditions = [{ type: "Available", status: "True" }];
  stage.cluster.seed({ ...live, status: { observedGeneration: 1, ...counts, conditions } });

  const takersBefore = stage.takers.length;
  const after = await stage.run({ ...OURS, ...spec }, { woken: true });

  assert.deepEqual([during.kind, takersBefore], ["wait", 0]);
  assert.deepEqual([after.kind, after.afterMs], ["ready", 30_000]);
  assert.deepEqual(stage.takers, [["other"]]);
  assert.ok(ids(stage).includes("apps_a__ConfigMap") && isThere(stage));
});

Deno.test("a guard counts what is deleted, not what moves", async () => {
  const stage = await openMove({
    "app/c.yaml": configMap("c", "1"),
    "other/a.yaml": MOVED["other/a.yaml"],
  });
  stage.annotations = { "sluice.dev/max-prune": "1" };
  setOther(stage);

  const got = await stage.run(OURS);
  stage.commit({ "app/d.yaml": configMap("d", "1"), "other/a.yaml": MOVED["other/a.yaml"] });
  stage.annotations = { "sluice.dev/max-prune": "0" };
  const held = await stage.run(OURS);
  takeOver(stage, false);
  const later = await stage.run(OURS);

  assert.deepEqual([got.kind, stage.cluster.peek(B)], ["ready", undefined]);
  assert.deepEqual([held.reason, later.reason], ["PruneHeld", "PruneHeld"]);
  assert.ok(!held.message.includes("ConfigMap/apps/a"));
  assert.ok(later.message.includes("ConfigMap/apps/a"));
  assert.ok(isThere(stage) && ids(stage).includes("apps_a__ConfigMap"));
});

Deno.test("what nobody wants goes in the same run as ever", async () => {
  const stage = await openMove({
    "app/c.yaml": configMap("c", "1"),
    "other/a.yaml": MOVED["other/a.yaml"],
  });
  setOther(stage);

  await stage.run(OURS);

  assert.equal(stage.cluster.peek(B), undefined);
  assert.deepEqual(ids(stage), ["apps_c__ConfigMap", "apps_a__ConfigMap"]);
});

Deno.test("one that this run has just made is asked, too", async () => {
  const other = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: other, namespace: apps}
spec: {interval: 10m, prune: true, path: ./other, sourceRef: {kind: GitRepository, name: app}}
`;
  const stage = await openMove({ ...MOVED, "app/other.yaml": other });
  stage.cluster.define(fakeResource("kustomize.toolkit.fluxcd.io/v1", "Kustomization"));
  // The copy has it as it was before.
  setOther(stage, THEIRS, { resourceVersion: "0" });
  stage.claims = { ...stage.claims, siblingsOf: () => [] };

  await stage.run(OURS);

  assert.deepEqual([isThere(stage), stage.takers], [true, [["other"]]]);
});

Deno.test("without prune nothing is left to anybody", async () => {
  const stage = await openMove();
  setOther(stage);
  await stage.run(OURS);

  await stage.run({ ...OURS, prune: false });

  assert.deepEqual([isThere(stage), ids(stage)], [true, ["apps_b__ConfigMap"]]);
  assert.equal(stage.memory.of("apps/app").moving, undefined);
});

Deno.test("what goes with a deleted Kustomization goes, whoever wants it", async () => {
  const stage = await openMove();
  setOther(stage);
  await stage.run(OURS);

  const got = await stage.finalize(OURS);

  assert.deepEqual([got.kind, isThere(stage)], ["ready", false]);
});
