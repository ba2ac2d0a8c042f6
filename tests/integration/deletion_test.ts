/**
 * What a Kustomization that is deleted does to its objects, on a real server.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import {
  configMapRef,
  configMapYaml,
  isGone,
  openApp,
  pause,
  useApps,
  valueOf,
} from "../support/app.ts";

const tools = useApps();
const { toolkit } = tools;

async function isThere(ref: ObjectRef): Promise<boolean> {
  return (await toolkit.cluster.get(ref)).ok;
}

const DELETIONS = [
  { policy: undefined, prune: true, stays: false },
  { policy: "MirrorPrune", prune: false, stays: true },
  { policy: "Delete", prune: false, stays: false },
  { policy: "WaitForTermination", prune: false, stays: false },
  { policy: "Orphan", prune: true, stays: true },
] as const;

for (const { policy, prune, stays } of DELETIONS) {
  Deno.test(`deleted under ${policy ?? "no policy"} with prune ${prune}, its objects ${stays ? "stay" : "go"}`, async () => {
    await using app = await openApp(tools, {
      files: { "a.yaml": configMapYaml("a", "one") },
      spec: { prune, ...(policy && { deletionPolicy: policy }) },
    });
    const ref = configMapRef(app.ns, "a");

    await toolkit.remove(app.applied);

    if (stays) assert.equal(valueOf(await toolkit.read(ref)), "one");
    else await toolkit.until(ref, "gone", isGone);
  });
}

Deno.test("WaitForTermination holds the Kustomization until its last object is gone", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one", "  finalizers: [example.test/hold]\n") },
    spec: { deletionPolicy: "WaitForTermination" },
  });
  const ref = configMapRef(app.ns, "a");

  await toolkit.cluster.remove(app.applied);
  await toolkit.until(ref, "going", (object) => object?.metadata.deletionTimestamp !== undefined);
  await pause(3_000);
  const held = await isThere(app.applied);
  const patch = { metadata: { finalizers: null } };
  await toolkit.cluster.patch(ref, patch, { fieldManager: "somebody", type: "merge" });
  await toolkit.until(app.applied, "gone", isGone);

  assert.equal(held, true);
  assert.equal(await isThere(ref), false);
});

Deno.test("deleted while suspended, it leaves everything where it is", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  await app.respec({ suspend: true });

  await toolkit.remove(app.applied);

  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "one");
});

Deno.test("deleted after its account, it leaves its objects and goes", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one") },
    spec: { serviceAccountName: "worker" },
    async prepare(namespace) {
      await namespace.kubectl(["create", "serviceaccount", "worker"]);
      await namespace.letEdit("worker");
    },
  });
  await app.namespace.kubectl(["delete", "serviceaccount", "worker"]);

  await toolkit.remove(app.applied);

  assert.equal(await isThere(configMapRef(app.ns, "a")), true);
});
