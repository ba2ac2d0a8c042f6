import assert from "node:assert/strict";
import { ok } from "../lib/base/mod.ts";
import type { Component, ComponentDeps } from "../lib/runtime/mod.ts";
import { FLAGS, openMetrics, parseFlags } from "../lib/runtime/mod.ts";
import { FakeClock } from "../lib/testing/fake_clock.ts";
import { FakeCluster } from "../lib/testing/fake_cluster.ts";
import { silentLog } from "../lib/testing/fake_run.ts";
import { startAlone } from "./coexistence.ts";

const LEASE = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "flux-system",
  name: "source-controller-leader-election",
};

Deno.test("startAlone() starts at once when nobody else is there", async () => {
  const { deps, started, start } = open();

  const component = await startAlone("source", { start, controller: "source-controller" }, deps);

  assert.ok(component.ok);
  assert.equal(component.value.ready(), undefined);
  assert.equal(started.length, 1);
  await component.value[Symbol.asyncDispose]();
});

Deno.test("startAlone() waits unready for another controller, names it, and starts when it is gone", async () => {
  const { deps, cluster, clock, started, start } = open();
  cluster.seed({
    apiVersion: LEASE.apiVersion,
    kind: LEASE.kind,
    metadata: { namespace: LEASE.namespace, name: LEASE.name },
    spec: {
      holderIdentity: "source-controller-5d_1",
      leaseDurationSeconds: 35,
      renewTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
    },
  });

  const component = await startAlone("source", { start, controller: "source-controller" }, deps);
  assert.ok(component.ok);
  const before = component.value.ready();
  cluster.drop(LEASE);
  await clock.advance(6_000);

  assert.match(before ?? "", /source-controller-5d_1 works on the same objects/);
  assert.equal(component.value.ready(), undefined);
  assert.equal(started.length, 1);
  await component.value[Symbol.asyncDispose]();
});

function open() {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  const flags = parseFlags(FLAGS, []);
  if (!flags.ok) throw new Error(flags.message);
  const deps: ComponentDeps = {
    cluster,
    clock,
    random: () => 0.5,
    log: silentLog,
    events: {
      send() {},
      flush: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    metrics: openMetrics(),
    flags: flags.value.values,
    runtimeNamespace: "flux-system",
  };
  const started: string[] = [];
  function start(): ReturnType<typeof ok<Component>> {
    started.push("source");
    return ok({
      name: "source",
      ready: () => undefined,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }
  return { deps, cluster, clock, started, start };
}
