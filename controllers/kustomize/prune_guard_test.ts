import assert from "node:assert/strict";
import { A, configMap, eventsOf, openStage, type Stage } from "./fakes_test.ts";

const CONFIRM = "sluice.dev/confirm";

/** Files of so many ConfigMaps: `c0`, `c1`, … */
function files(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  return Object.fromEntries(names.map((name) => [`${name}.yaml`, configMap(name, "1")]));
}

/** How many ConfigMaps there are. */
function left({ cluster }: Stage): number {
  return cluster.peekAll("v1", "ConfigMap").length;
}

/** The digest that a message asks to be confirmed. */
function digestIn(message: string): string {
  return /sluice\.dev\/confirm=(\w+)/.exec(message)?.[1] ?? assert.fail(message);
}

const limits = [
  { maxPrune: "2", before: 6, after: 4, isHeld: false },
  { maxPrune: "1", before: 6, after: 4, isHeld: true },
  { maxPrune: "0", before: 6, after: 5, isHeld: true },
  { maxPrune: "50%", before: 6, after: 3, isHeld: false },
  { maxPrune: "49%", before: 6, after: 3, isHeld: true },
  { maxPrune: undefined, before: 12, after: 1, isHeld: false },
  { maxPrune: undefined, isGuarded: true, before: 10, after: 4, isHeld: true },
  { maxPrune: undefined, isGuarded: true, before: 10, after: 5, isHeld: false },
  { maxPrune: undefined, isGuarded: true, before: 9, after: 1, isHeld: false },
  { maxPrune: "100%", isGuarded: true, before: 10, after: 1, isHeld: false },
  { maxPrune: undefined, before: 2, after: 0, isHeld: false },
  { maxPrune: undefined, isGuarded: true, before: 1, after: 0, isHeld: true },
  { maxPrune: "100%", isGuarded: true, before: 2, after: 0, isHeld: false },
];

for (const { maxPrune, isGuarded = false, before, after, isHeld } of limits) {
  const flag = isGuarded ? " under --safety=guarded" : "";
  Deno.test(`from ${before} to ${after} objects with max-prune ${maxPrune}${flag}`, async () => {
    const stage = openStage(files(before));
    stage.settings = { isGuarded };
    if (maxPrune !== undefined) stage.annotations = { "sluice.dev/max-prune": maxPrune };
    await stage.run();

    stage.commit(files(after));
    const got = await stage.run();

    assert.equal(got.reason, isHeld ? "PruneHeld" : "ReconciliationSucceeded");
    assert.equal(left(stage), isHeld ? before : after);
    assert.equal(got.status?.inventory?.entries.length, isHeld ? before : after);
  });
}

Deno.test("a held prune tells once, names its list and its digest, and waits for exactly that", async () => {
  const stage = openStage(files(4));
  stage.annotations = { "sluice.dev/max-prune": "1" };
  await stage.run();
  stage.commit(files(2));

  const first = await stage.run();
  stage.status = {
    ...stage.status,
    conditions: [{
      type: "Ready",
      status: "False",
      reason: first.reason,
      message: first.message,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }],
  };
  const second = await stage.run();

  assert.match(first.message, /ConfigMap\/apps\/c3, ConfigMap\/apps\/c2\. To delete exactly these/);
  assert.equal(second.message, first.message);
  assert.equal(first.events?.filter(({ reason }) => reason === "PruneHeld").length, 1);
  assert.equal(second.events?.length, 0);

  // Another list: one more goes.
  stage.annotations[CONFIRM] = digestIn(first.message);
  stage.commit(files(1));
  const other = await stage.run();

  assert.equal(other.reason, "PruneHeld");
  assert.equal(left(stage), 4);

  stage.annotations[CONFIRM] = digestIn(other.message);
  const released = await stage.run();

  assert.equal(released.kind, "ready");
  assert.equal(left(stage), 1);

  // The same objects, made anew: who agreed then did not agree to this.
  stage.commit(files(4));
  await stage.run();
  stage.commit(files(1));
  const again = await stage.run();

  assert.equal(again.reason, "PruneHeld");
  assert.notEqual(digestIn(again.message), digestIn(other.message));
  assert.equal(left(stage), 4);
});

/** A ConfigMap that git asks to be kept until somebody confirms. */
function precious(name: string): string {
  return configMap(name, "1").replace(
    "metadata:\n",
    "metadata:\n  annotations:\n    sluice.dev/prune: confirm\n",
  );
}

Deno.test("sluice.dev/prune: confirm on a manifest holds that object alone", async () => {
  const stage = openStage({ "a.yaml": precious("a"), ...files(2) });
  await stage.run();
  stage.commit(files(1));

  const held = await stage.run();

  assert.equal(held.reason, "PruneHeld");
  assert.match(held.message, /sluice\.dev\/prune: confirm asks for it: ConfigMap\/apps\/a\./);
  assert.notEqual(stage.cluster.peek(A), undefined);
  assert.equal(left(stage), 2);
  assert.deepEqual(held.status?.inventory?.entries.map(({ id }) => id), [
    "apps_c0__ConfigMap",
    "apps_a__ConfigMap",
  ]);

  stage.annotations[CONFIRM] = digestIn(held.message);
  const released = await stage.run();

  assert.equal(released.kind, "ready");
  assert.equal(stage.cluster.peek(A), undefined);
});

Deno.test("the deletion of a Kustomization waits for the confirmation, too", async () => {
  const stage = openStage({ "a.yaml": precious("a"), ...files(2) });
  await stage.run();

  const held = await stage.finalize({});
  const untouched = await stage.finalize({});

  assert.deepEqual([held.kind, held.reason], ["retry", "PruneHeld"]);
  assert.match(held.message, /deletionPolicy to Orphan/);
  assert.equal(left(stage), 1);
  assert.equal(untouched.message, held.message);

  stage.annotations[CONFIRM] = digestIn(held.message);
  const released = await stage.finalize({});

  assert.equal(released.kind, "ready");
  assert.equal(left(stage), 0);
});

Deno.test("the deletion of a Kustomization is held by max-prune, and let go by Orphan", async () => {
  const stage = openStage(files(3));
  stage.annotations = { "sluice.dev/max-prune": "2" };
  await stage.run();

  const held = await stage.finalize({});
  const orphaned = await stage.finalize({ deletionPolicy: "Orphan" });

  assert.deepEqual([held.reason, orphaned.kind], ["PruneHeld", "ready"]);
  assert.equal(left(stage), 3);
});

Deno.test("a confirmation counts for what is deleted, not for what was left to others", async () => {
  const stage = openStage(files(3));
  stage.annotations = { "sluice.dev/max-prune": "1" };
  await stage.run();
  for (const name of ["c1", "c2"]) {
    const live = stage.cluster.peek({ ...A, name }) ?? assert.fail(name);
    const labels = { "kustomize.toolkit.fluxcd.io/name": "other" };
    stage.cluster.seed({ ...live, metadata: { ...live.metadata, labels } });
  }
  stage.commit(files(0));

  const got = await stage.run();

  assert.equal(got.kind, "ready");
  assert.equal(left(stage), 2);
  assert.ok(
    eventsOf(stage, got).includes(
      "Normal Progressing ConfigMap/apps/c2 skipped\nConfigMap/apps/c1 skipped\nConfigMap/apps/c0 deleted",
    ),
  );
});
