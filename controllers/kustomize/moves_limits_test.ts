import assert from "node:assert/strict";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { configMap } from "./fakes_test.ts";
import { isThere, MOVED, openMove, OURS, setOther, THEIRS } from "./moves_fakes_test.ts";

const TEAM: ObjectRef = { apiVersion: "v1", kind: "Namespace", name: "team" };

Deno.test("the builds of others get the time of one run, all of them together", async () => {
  const stage = await openMove({ ...MOVED, "other/a.yaml": configMap("c", "1") });
  const names = ["one", "two", "three", "four", "five", "six"];
  const spec = { ...THEIRS, timeout: "10m" };
  const others = names.map((name) => setOther(stage, spec, { name }));
  stage.claims = { ...stage.claims, siblingsOf: () => others };
  const built: string[] = [];
  stage.onBuild = (key) => {
    if (key === "apps/app") return;
    built.push(key);
    stage.clock.tick(20_000);
  };

  const got = await stage.run(OURS);

  assert.deepEqual(built, ["apps/one", "apps/two", "apps/three", "apps/four"]);
  // Whoever was not asked in time may want it, for a while.
  assert.deepEqual([got.kind, got.afterMs, isThere(stage)], ["ready", 30_000, true]);
  assert.deepEqual(stage.takers, [names.slice(1)]);
});

for (
  const { namespace, stays } of [{ namespace: "team", stays: true }, {
    namespace: "elsewhere",
    stays: false,
  }]
) {
  Deno.test(`a namespace is ${stays ? "not deleted" : "deleted"} before one that is behind writes to ${namespace}`, async () => {
    const team = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
    const stage = await openMove({ ...MOVED, "app/team.yaml": team });
    await stage.run(OURS);
    const wanted = configMap("new", "1").replace("namespace: apps", `namespace: ${namespace}`);
    stage.commit({ "app/b.yaml": MOVED["app/b.yaml"], "other/new.yaml": wanted });
    setOther(stage);

    const got = await stage.run(OURS);

    assert.equal(got.kind, "ready");
    assert.equal(stage.cluster.peek(TEAM) !== undefined, stays);
  });
}

Deno.test("who leaves nothing to anybody waits for nobody any more", async () => {
  const stage = await openMove();
  setOther(stage);
  await stage.run(OURS);

  stage.claims = { ...stage.claims, siblingsOf: () => [] };
  await stage.run(OURS);

  assert.deepEqual(stage.takers, [["other"], []]);
});
