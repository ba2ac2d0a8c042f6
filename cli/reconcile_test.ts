import assert from "node:assert/strict";
import { FakeClock } from "../lib/testing/fake_clock.ts";
import { FakeCluster } from "../lib/testing/fake_cluster.ts";
import { fakeResource } from "../lib/testing/fake_resources.ts";
import { askForRun } from "./reconcile.ts";

const REF = {
  apiVersion: "kustomize.toolkit.fluxcd.io/v1",
  kind: "Kustomization",
  namespace: "flux-system",
  name: "apps",
};

/** A cluster with the Kustomization, and a controller that answers the request with `status`. */
function stage(spec: Record<string, unknown>, status?: "True" | "False") {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  cluster.define(fakeResource(REF.apiVersion, REF.kind));
  const object = { ...REF, metadata: { namespace: REF.namespace, name: REF.name }, spec };
  cluster.seed(object);
  cluster.inject({ verb: "get" }, {});
  cluster.inject({ verb: "get" }, {
    before: () => {
      const live = cluster.peek(REF) ?? assert.fail("gone");
      const token = live.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
      if (status === undefined) return;
      const conditions = [{ type: "Ready", status, message: `it is ${status}` }];
      cluster.seed({ ...live, status: { lastHandledReconcileAt: token, conditions } });
    },
  });
  return { clock, cluster };
}

for (const isCorrecting of [false, true]) {
  Deno.test(`askForRun() asks and waits for the end, correcting ${isCorrecting}`, async () => {
    const { clock, cluster } = stage({}, "True");

    const got = await askForRun(cluster, REF, { clock, timeoutMs: 5_000, isCorrecting });

    const { annotations = {} } = cluster.peek(REF)?.metadata ?? {};
    assert.deepEqual(got, { ok: true, value: "it is True" });
    assert.ok(annotations["reconcile.fluxcd.io/requestedAt"]);
    assert.equal(
      annotations["sluice.dev/correct-at"],
      isCorrecting ? annotations["reconcile.fluxcd.io/requestedAt"] : undefined,
    );
  });
}

Deno.test("askForRun() fails with the message of Ready", async () => {
  const { clock, cluster } = stage({}, "False");

  const got = await askForRun(cluster, REF, { clock, timeoutMs: 5_000, isCorrecting: false });

  assert.deepEqual(got.ok ? undefined : [got.code, got.message], ["NotReady", "it is False"]);
});

Deno.test("askForRun() asks nothing of a Kustomization that is suspended", async () => {
  const { clock, cluster } = stage({ suspend: true });

  const got = await askForRun(cluster, REF, { clock, timeoutMs: 5_000, isCorrecting: false });

  assert.equal(got.ok ? undefined : got.code, "Suspended");
  assert.deepEqual(cluster.writes, []);
});

Deno.test("askForRun() waits no longer than asked", async () => {
  const { clock, cluster } = stage({});

  const waiting = askForRun(cluster, REF, { clock, timeoutMs: 1_000, isCorrecting: false });
  for (let step = 0; step < 10; step++) await clock.advance(500);
  const got = await waiting;

  assert.equal(got.ok ? undefined : got.code, "Timeout");
});
