import assert from "node:assert/strict";
import { FLAGS, valuesOf } from "../../lib/runtime/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { thingDeps } from "../../lib/testing/thing_kind.ts";
import { startImageAutomation } from "./main.ts";

Deno.test("image automation is ready while all that it watches can be seen", async () => {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const { deps } = thingDeps(cluster, clock);
  const flags = valuesOf(FLAGS, new Map());
  const started = startImageAutomation({ ...deps, flags, runtimeNamespace: "flux-system" });
  assert.ok(started.ok);
  await using component = started.value;
  await clock.advance(0);

  const said = [component.ready()];
  for (const informer of cluster.informers) {
    informer.breakOff({ code: "Unreachable", message: `no ${informer.gvk.kind}` });
    said.push(component.ready());
    informer.heal();
  }
  said.push(component.ready());

  assert.deepEqual(said.map((it) => it ?? "ready").toSorted(), [
    "no GitRepository",
    "no ImagePolicy",
    "no ImageUpdateAutomation",
    "ready",
    "ready",
  ]);
});
