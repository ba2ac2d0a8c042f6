/**
 * Which files of a commit become part of the artifact: `spec.sparseCheckout`, and Git LFS pointers.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { listEntries } from "../support/archive.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { startGitServer } from "../support/git_server.ts";
import { type Expected, gitRepository, gitRepositoryRef, useToolkit } from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source"] });

Deno.test("spec.sparseCheckout takes the folders it names, and says which one is missing", async () => {
  await using git = await startGitServer();
  const repository = await git.createRepository("app");
  const files = { "deploy/a.yaml": "a: 1\n", "deploy/x/b.yaml": "b: 1\n", "docs/c.md": "c\n" };
  const commit = await repository.commit({ files });
  await using namespace = await cluster.openNamespace();
  const respec = (sparseCheckout?: readonly string[]) => {
    const spec = { url: repository.url, ...(sparseCheckout && { sparseCheckout }) };
    return toolkit.apply(gitRepository(namespace.name, "app", spec));
  };
  const until = (expected: Expected) =>
    toolkit.untilReady(gitRepositoryRef(namespace.name, "app"), expected);

  await respec(["deploy/x", "./docs"]);
  const first = await until({ status: "True", commit });
  assert.deepEqual(await servedFiles(first), ["deploy/x/b.yaml", "docs/c.md"]);
  assert.deepEqual(fieldOf(first, "status", "observedSparseCheckout"), ["deploy/x", "./docs"]);

  await respec(["nope"]);
  const failed = await until({
    status: "False",
    reason: "GitOperationFailed",
    message: "failed to sparse checkout directories : sparse checkout dir 'nope' does not exist",
  });
  assert.deepEqual(await servedFiles(failed), ["deploy/x/b.yaml", "docs/c.md"]);

  await respec();
  const all = await until({ status: "True", commit });
  assert.deepEqual(await servedFiles(all), ["deploy/a.yaml", "deploy/x/b.yaml", "docs/c.md"]);
  assert.equal(fieldOf(all, "status", "observedSparseCheckout"), undefined);
});

Deno.test("Git LFS pointers are stored as they are, and an event names them", async () => {
  await using git = await startGitServer();
  const repository = await git.createRepository("app");
  const oid = "1".repeat(64);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 9\n`;
  // Written as git-lfs leaves it in the commit; the program itself is not needed for that.
  const attributes = "*.bin filter=lfs diff=lfs merge=lfs -text\n";
  await repository.git("config", "filter.lfs.clean", "cat");
  const commit = await repository.commit({
    files: { ".gitattributes": attributes, "model.bin": pointer, "a.yaml": "a: 1\n" },
  });
  await using namespace = await cluster.openNamespace();
  await toolkit.apply(gitRepository(namespace.name, "app", { url: repository.url }));

  const ready = await toolkit.untilReady(gitRepositoryRef(namespace.name, "app"), {
    status: "True",
    commit,
  });

  assert.deepEqual(await servedFiles(ready), ["a.yaml", "model.bin"]);
  const message = 'Git LFS is not followed, these files are stored as pointers: "model.bin"';
  await toolkit.untilEvent(namespace.name, message);
});

async function servedFiles(object: KubeObject): Promise<readonly string[]> {
  const entries = await listEntries(String(fieldOf(object, "status", "artifact", "url")));
  const isFolder = (entry: string) =>
    entry === "." || entries.some((other) => other.startsWith(`${entry}/`));
  return entries.filter((entry) => !isFolder(entry));
}
