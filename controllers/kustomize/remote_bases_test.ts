import assert from "node:assert/strict";
import { fail, type Failure, ok, type Result, treeOf } from "../../lib/base/mod.ts";
import type { RemoteSource } from "../../lib/delivery/mod.ts";
import type { RemoteTree } from "../../lib/kustomize/mod.ts";
import { A, B, configMap, openStage } from "./fakes_test.ts";

const ADDRESS = "https://host/o/r//base?ref=v1";
const OVERLAY = {
  "kustomization.yaml": `resources:\n- ${ADDRESS}\n- b.yaml\n`,
  "b.yaml": configMap("b", "1"),
};

/** A remote base that holds `a`, and how often it was downloaded. */
class Remote implements RemoteSource {
  value = "1";
  failure: Failure | undefined;
  finds = 0;
  downloads = 0;

  open() {
    return {
      find: (addresses: Iterable<string>) => {
        this.finds++;
        return Promise.resolve(
          new Map([...addresses].map((address) => [address, this.failure ?? ok(this.value)])),
        );
      },
      fetch: (addresses: Iterable<string>) => {
        const all = [...addresses];
        this.downloads += all.length;
        return Promise.resolve(new Map(all.map((address) => [address, this.#fetch()])));
      },
    };
  }

  #fetch(): Result<RemoteTree> {
    if (this.failure !== undefined) return this.failure;
    const tree = treeOf({
      "base/kustomization.yaml": "resources: [a.yaml]\n",
      "base/a.yaml": configMap("a", this.value),
    });
    return ok({ tree, path: "base" });
  }
}

function stageWithRemote() {
  const stage = openStage(OVERLAY);
  const remote = new Remote();
  stage.remotes = remote;
  return { stage, remote };
}

Deno.test("a remote base is applied, and downloaded again only when it has changed", async () => {
  const { stage, remote } = stageWithRemote();

  const first = await stage.run();
  assert.equal(first.kind, "ready", first.message);
  assert.deepEqual(stage.cluster.peek(A)?.["data"], { key: "1" });

  const writes = stage.cluster.writes.length;
  await stage.run();
  assert.equal(remote.downloads, 1);
  assert.equal(stage.cluster.writes.length, writes);

  remote.value = "2";
  await stage.run();
  assert.equal(remote.downloads, 2);
  assert.deepEqual(stage.cluster.peek(A)?.["data"], { key: "2" });
});

Deno.test("a remote base that cannot be had fails the build and leaves the cluster as it is", async () => {
  const { stage, remote } = stageWithRemote();
  await stage.run();
  const writes = stage.cluster.writes.length;
  remote.failure = fail("Unreachable", "Cannot fetch it");

  const got = await stage.run();

  assert.equal(got.kind, "retry");
  assert.equal(got.kind === "retry" && got.reason, "BuildFailed");
  assert.equal(
    got.message,
    "kustomize build failed: kustomization.yaml:2: Cannot fetch it",
  );
  assert.equal(stage.cluster.writes.length, writes);
  assert.ok(stage.cluster.peek(A) && stage.cluster.peek(B));
  assert.equal(stage.status.inventory?.entries.length, 2);
});

Deno.test("a remote base that comes back is applied without a new revision", async () => {
  const { stage, remote } = stageWithRemote();
  remote.failure = fail("Unreachable", "Cannot fetch it");
  await stage.run();
  remote.failure = undefined;

  const got = await stage.run();

  assert.equal(got.kind, "ready", got.message);
});

Deno.test("a build without remote bases asks nobody", async () => {
  const stage = openStage({ "b.yaml": configMap("b", "1") });
  const remote = new Remote();
  stage.remotes = remote;

  await stage.run();
  await stage.run();

  assert.deepEqual([remote.finds, remote.downloads], [0, 0]);
});

Deno.test("with --no-remote-bases a remote base fails the build, by file, line and flag", async () => {
  const stage = openStage(OVERLAY);

  const got = await stage.run();

  assert.equal(
    got.message,
    `kustomize build failed: kustomization.yaml:2: remote base "${ADDRESS}" is refused by ` +
      "--no-remote-bases; copy it into the repository",
  );
  assert.deepEqual(stage.cluster.writes, []);
});
