/**
 * What a run asks before it acts on what the cache knew of its Kustomization.
 *
 * @module
 */
import assert from "node:assert/strict";
import { A, B, configMap, openStage } from "./fakes_test.ts";

const FILES = { "a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1") };

Deno.test("a run writes nothing to the cluster by an old inventory, though it adds nothing to it", async () => {
  const stage = openStage(FILES);
  await stage.run();
  stage.isOutdated = true;

  stage.commit({ ...FILES, "a.yaml": configMap("a", "2") });
  await assert.rejects(stage.run(), /outdated/);

  assert.deepEqual(stage.cluster.peek(A)?.data, { key: "1" });
});

Deno.test("a run deletes nothing by an old inventory or an old spec", async () => {
  const stage = openStage(FILES);
  await stage.run();
  stage.isOutdated = true;

  stage.commit({ "a.yaml": configMap("a", "1") });
  await assert.rejects(stage.run(), /outdated/);

  assert.notEqual(stage.cluster.peek(B), undefined);
});

Deno.test("a deleted Kustomization is not let go of by an old inventory", async () => {
  const stage = openStage(FILES);
  await stage.run();
  stage.isOutdated = true;

  await assert.rejects(stage.finalize({}), /outdated/);

  assert.notEqual(stage.cluster.peek(A), undefined);
});

Deno.test("a run with nothing to write asks nothing", async () => {
  const stage = openStage(FILES);
  await stage.run();
  stage.isOutdated = true;

  assert.equal((await stage.run()).kind, "ready");
});
