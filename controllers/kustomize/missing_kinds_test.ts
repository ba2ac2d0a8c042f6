import assert from "node:assert/strict";
import { fail, ok } from "../../lib/base/mod.ts";
import { apiVersionOf, type GroupVersionKind } from "../../lib/kube/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { Memory } from "./memory.ts";
import { watchMissingKinds } from "./missing_kinds.ts";

const WIDGET = { group: "example.com", version: "v1", kind: "Widget" };
const GADGET = { ...WIDGET, kind: "Gadget" };

Deno.test("watchMissingKinds() asks nobody while nothing is missing", async () => {
  const stage = openStage();
  stage.memory.of("apps/app");

  await stage.clock.advance(60_000);

  assert.deepEqual(stage.asked, []);
});

Deno.test("watchMissingKinds() starts a Kustomization once one of its kinds is served", async () => {
  const stage = openStage();
  stage.memory.of("apps/app").missing = [WIDGET, GADGET];

  await stage.clock.advance(6_000);
  const before = [...stage.started];
  stage.served.add("Gadget");
  await stage.clock.advance(3_000);
  await stage.clock.advance(30_000);

  assert.deepEqual(before, []);
  assert.deepEqual(stage.started, ["apps/app: Gadget is served now"]);
});

Deno.test("watchMissingKinds() lets no cluster that gives no answer hold up the others", async () => {
  const stage = openStage();
  stage.memory.of("apps/silent").missing = [WIDGET];
  await stage.clock.advance(3_000);

  stage.memory.of("apps/app").missing = [GADGET];
  stage.served.add("Gadget");
  await stage.clock.advance(3_000);

  assert.deepEqual(stage.started, ["apps/app: Gadget is served now"]);
});

Deno.test("watchMissingKinds() asks for kinds that others watch for, too", async () => {
  const stage = openStage();
  stage.watchedFor.push(GADGET);

  await stage.clock.advance(3_000);

  assert.deepEqual([stage.asked, stage.started], [["example.com/v1 Gadget"], []]);
});

Deno.test("watchMissingKinds() forgets what is gone and stops when it is told to", async () => {
  const stage = openStage();
  stage.memory.of("apps/gone").missing = [WIDGET];
  stage.memory.forget("apps/gone");
  await stage.clock.advance(3_000);
  stage.memory.of("apps/app").missing = [WIDGET];
  stage.stop();

  stage.served.add("Widget");
  await stage.clock.advance(30_000);

  assert.deepEqual([stage.asked, stage.started], [[], []]);
});

function openStage() {
  const clock = new FakeClock();
  const memory = new Memory();
  const served = new Set<string>();
  const asked: string[] = [];
  const started: string[] = [];
  const watchedFor: GroupVersionKind[] = [];
  const cluster = {
    resourceOf(gvk: GroupVersionKind) {
      asked.push(`${apiVersionOf(gvk)} ${gvk.kind}`);
      const found = ok({ gvk, plural: "things", namespaced: true, verbs: [] });
      return Promise.resolve(served.has(gvk.kind) ? found : fail("NoMatch", "no matches"));
    },
  };
  const silent = { resourceOf: () => new Promise<never>(() => {}) };
  const stop = watchMissingKinds({
    memory,
    clock,
    cluster,
    clusterOf: (key) => key === "apps/silent" ? silent : cluster,
    watchedFor: () => watchedFor,
    enqueue: (namespace, name, why) => started.push(`${namespace}/${name}: ${why}`),
  });
  return { clock, memory, served, asked, started, watchedFor, stop };
}
