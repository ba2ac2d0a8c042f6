import assert from "node:assert/strict";
import type { Cluster } from "../lib/kube/mod.ts";
import { FakeCluster } from "../lib/testing/fake_cluster.ts";
import { guardWrites } from "./guarded_cluster.ts";

const SETTINGS = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: "default" },
};
const REF = { apiVersion: "v1", kind: "ConfigMap", name: "settings", namespace: "default" };
const BY = { fieldManager: "test" };

const writes: { name: string; write: (cluster: Cluster) => Promise<{ ok: boolean }> }[] = [
  { name: "create", write: (cluster) => cluster.create(SETTINGS, BY) },
  { name: "update", write: (cluster) => cluster.update(SETTINGS, BY) },
  { name: "apply", write: (cluster) => cluster.apply(SETTINGS, BY) },
  { name: "patch", write: (cluster) => cluster.patch(REF, {}, { ...BY, type: "merge" }) },
  { name: "remove", write: (cluster) => cluster.remove(REF) },
];

for (const { name, write } of writes) {
  Deno.test(`guardWrites() refuses to ${name} without the lease, under every identity`, async () => {
    const guarded = guardWrites(new FakeCluster(), () => false);
    const tenant = guarded.as({ namespace: "default", name: "tenant" });

    const got = [await write(guarded), await write(tenant)];

    assert.deepEqual(got.map((result) => "code" in result && result.code), [
      "NotLeader",
      "NotLeader",
    ]);
  });
}

Deno.test("guardWrites() lets reads and dry-runs through, and writes as long as the lease is held", async () => {
  let mayWrite = true;
  const guarded = guardWrites(new FakeCluster(), () => mayWrite);

  const created = await guarded.create(SETTINGS, BY);
  mayWrite = false;
  const read = await guarded.get(REF);
  const tried = await guarded.apply(SETTINGS, { ...BY, dryRun: true });

  assert.deepEqual([created.ok, read.ok, tried.ok], [true, true, true]);
});
