import assert from "node:assert/strict";
import { fail } from "../../base/mod.ts";
import { FakeClock } from "../../testing/fake_clock.ts";
import { FakeCluster, type FakeRequest } from "../../testing/fake_cluster.ts";
import type { KubeObject } from "../object.ts";
import { applyStaged, type StagedApplyOptions } from "./mod.ts";

function namespaced(kind: string, ...names: string[]): KubeObject[] {
  return names.map((name) => ({
    apiVersion: "v1",
    kind,
    metadata: { name, namespace: "ns" },
    data: { k: "MQ==" },
  }));
}

/** Two at once; faults are planted once the dry-runs are over. */
function options(plant: () => void, more: Partial<StagedApplyOptions> = {}): StagedApplyOptions {
  return {
    fieldManager: "kustomize-controller",
    concurrency: 2,
    clock: new FakeClock(),
    signal: new AbortController().signal,
    beforeFirstWrite: () => Promise.resolve(plant()),
    ...more,
  };
}

/** What is under way, by the order in which it began and ended; each write takes the turns that `turnsOf` gives it. */
function follow(cluster: FakeCluster, turnsOf: (name: string) => number) {
  const log: string[] = [];
  let running = 0;
  const seen = { log, most: 0 };
  async function before({ name = "" }: FakeRequest): Promise<void> {
    log.push(`${name} begins`);
    seen.most = Math.max(seen.most, ++running);
    for (let turn = 0; turn < turnsOf(name); turn++) await undefined;
    running--;
    log.push(`${name} ends`);
  }
  return { seen, plant: () => void cluster.inject({ verb: "apply" }, { before, times: 99 }) };
}

Deno.test("objects of one kind are written at once, kind after kind, and told as they are sorted", async () => {
  const cluster = new FakeCluster();
  const { seen, plant } = follow(cluster, (name) => name === "a" ? 50 : 1);

  const objects = [...namespaced("Secret", "s"), ...namespaced("ConfigMap", "c", "b", "a")];
  const report = await applyStaged(cluster, objects, options(plant));

  assert.deepEqual(seen.log, [
    "a begins",
    "b begins",
    "b ends",
    "c begins",
    "c ends",
    "a ends",
    "s begins",
    "s ends",
  ]);
  assert.equal(seen.most, 2);
  assert.deepEqual(report.changes.map(({ ref }) => ref.name), ["a", "b", "c", "s"]);
});

Deno.test("no more is written at once than is allowed", async () => {
  const cluster = new FakeCluster();
  const { seen, plant } = follow(cluster, () => 9);
  const names = Array.from({ length: 20 }, (_, index) => `m${index}`);

  const how = options(plant, { concurrency: 5 });
  const report = await applyStaged(cluster, namespaced("ConfigMap", ...names), how);

  assert.equal(seen.most, 5);
  assert.equal(report.changes.length, 20);
});

Deno.test("after a write that failed nothing begins, and what was under way is told as it ended", async () => {
  const cluster = new FakeCluster();
  const isOver = Promise.withResolvers<void>();
  const plant = () => {
    cluster.inject({ verb: "apply", name: "a" }, { before: () => isOver.promise });
    const before = () => isOver.resolve();
    cluster.inject({ verb: "apply", name: "b" }, { before, failure: fail("Invalid", "late") });
  };

  const objects = [...namespaced("ConfigMap", "a", "b", "c", "d"), ...namespaced("Secret", "s")];
  const report = await applyStaged(cluster, objects, options(plant));

  assert.deepEqual(report.changes.map(({ ref }) => ref.name), ["a"]);
  assert.equal(report.failure?.message, "ConfigMap/ns/b apply failed: late");
  assert.deepEqual(cluster.writes.map(({ name }) => name), ["a", "b"]);
});

const failures = [
  { code: "Invalid", names: ["a", "b"] },
  { code: "Unreachable", names: ["a"] },
  { code: "NotLeader", names: ["a"] },
] as const;

for (const { code, names } of failures) {
  Deno.test(`writes under way that all fail with ${code} are told as ${names.length}`, async () => {
    const cluster = new FakeCluster();
    const plant = () =>
      void cluster.inject({ verb: "apply" }, { failure: fail(code, "no"), times: 9 });

    const objects = namespaced("ConfigMap", "a", "b", "c");
    const report = await applyStaged(cluster, objects, options(plant));

    const told = names.map((name) => `ConfigMap/ns/${name} apply failed: no`).join("\n");
    assert.deepEqual([report.failure?.code, report.failure?.message], [code, told]);
    assert.deepEqual(cluster.writes.map(({ name }) => name), ["a", "b"]);
  });
}

Deno.test("a partial apply goes on after what is refused, and ends where its lease does", async () => {
  const cluster = new FakeCluster();
  const plant = () => {
    cluster.inject({ verb: "apply", name: "b" }, { failure: fail("Invalid", "late") });
    cluster.inject({ verb: "apply", name: "d" }, {
      failure: fail("NotLeader", "the lease is lost"),
    });
  };

  const objects = namespaced("ConfigMap", "a", "b", "c", "d", "e", "f", "g");
  const report = await applyStaged(cluster, objects, options(plant, { isPartial: true }));

  assert.match(report.failure?.message ?? "", /^ConfigMap\/ns\/b .*late\nConfigMap\/ns\/d .*lost$/);
  const applied = report.changes.map(({ ref }) => ref.name);
  assert.ok(applied.includes("c") && !applied.includes("g"), `${applied}`);
  assert.equal(report.refused, undefined);
});

Deno.test("what is called off in between finishes what is under way and begins nothing", async () => {
  const cluster = new FakeCluster();
  const calling = new AbortController();
  const plant = () =>
    void cluster.inject({ verb: "apply", name: "b" }, { before: () => calling.abort() });

  const objects = namespaced("ConfigMap", "a", "b", "c", "d", "e");
  const report = await applyStaged(
    cluster,
    objects,
    options(plant, { signal: calling.signal }),
  );

  assert.deepEqual(report.changes.map(({ ref }) => ref.name), ["a", "b"]);
  assert.deepEqual([report.failure?.code, report.failure?.message], [
    "Canceled",
    "Apply was called off",
  ]);
});

Deno.test("an object that is made anew holds up no other of its kind", async () => {
  const cluster = new FakeCluster();
  const [fixed = assert.fail(), other = assert.fail()] = namespaced("ConfigMap", "a", "b");
  cluster.seed(fixed);
  cluster.inject({ verb: "apply", dryRun: true, name: "a" }, {
    failure: fail("Invalid", "field is immutable"),
  });
  const isWritten = Promise.withResolvers<void>();
  const plant = () => {
    cluster.inject({ verb: "remove", name: "a" }, { before: () => isWritten.promise });
    cluster.inject({ verb: "apply", name: "b" }, { before: () => isWritten.resolve() });
  };

  const report = await applyStaged(cluster, [fixed, other], options(plant, { force: true }));

  const told = report.changes.map(({ ref, recreated }) => [ref.name, recreated]);
  assert.deepEqual(told, [["a", true], ["b", undefined]]);
});
