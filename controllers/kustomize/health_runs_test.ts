/**
 * Runs that wait for health: parked, woken, in time or not, by rules and by expressions.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fakeResource } from "../../lib/testing/fake_resources.ts";
import { A, deployment, openStage } from "./fakes_test.ts";

Deno.test("wait parks until the objects are healthy, then goes on where it was", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });

  const waiting = await stage.run({ wait: true });
  stage.cluster.seed({
    ...stage.cluster.peek({ ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" }) ??
      assert.fail("not applied"),
    status: {
      observedGeneration: 1,
      replicas: 1,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      conditions: [{ type: "Available", status: "True" }],
    },
  });
  const writes = stage.cluster.writes.length;
  const got = await stage.run({ wait: true }, { woken: true });

  assert.equal(waiting.kind, "wait");
  assert.equal(waiting.until?.kind, "healthy");
  assert.equal(waiting.conditions?.Healthy?.status, "Unknown");
  assert.equal(got.kind, "ready");
  assert.equal(got.conditions?.Healthy?.reason, "Succeeded");
  assert.equal(stage.cluster.writes.length, writes);
});

Deno.test("what is not healthy in time fails the run by name", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });
  await stage.run({ wait: true, timeout: "30s" });

  await stage.clock.advance(31_000);
  const got = await stage.run({ wait: true, timeout: "30s" }, { woken: true });

  assert.equal(got.reason, "HealthCheckFailed");
  assert.equal(
    got.message,
    "health check failed after 31s: timeout waiting for: [Deployment/apps/d status: 'InProgress']",
  );
  assert.deepEqual(got.conditions?.Healthy, {
    status: "False",
    reason: "HealthCheckFailed",
    message: "timeout waiting for: [Deployment/apps/d status: 'InProgress']",
  });
});

Deno.test("a wait goes on from the version that was judged, not from what came meanwhile", async () => {
  const stage = openStage({ "d.yaml": deployment("d") });
  const ref = { ...A, apiVersion: "apps/v1", kind: "Deployment", name: "d" };
  // What somebody else applied is not in our watch: the run asks for it.
  stage.cluster.seed({ ...ref, metadata: { namespace: "apps", name: "theirs" } });
  const healthChecks = ["d", "theirs"].map((name) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
    namespace: "apps",
  }));
  await stage.run({ healthChecks });
  await stage.clock.advance(0);
  const judged = stage.cluster.peek(ref)?.metadata.resourceVersion;
  stage.cluster.inject({ verb: "get", name: "theirs" }, {
    before() {
      const live = stage.cluster.peek(ref);
      if (live) stage.cluster.seed({ ...live, status: { observedGeneration: 1, replicas: 1 } });
    },
  });

  const got = await stage.run({ healthChecks });

  assert.equal(got.kind, "wait");
  assert.notEqual(stage.cluster.peek(ref)?.metadata.resourceVersion, judged);
  const objects = got.until?.kind === "healthy" ? got.until.objects : [];
  assert.equal(objects.find(({ name }) => name === "d")?.seen, judged);
});

const WIDGET =
  "apiVersion: example.test/v1\nkind: Widget\nmetadata:\n  name: w\n  namespace: apps\n";

const W = { ...A, apiVersion: "example.test/v1", kind: "Widget", name: "w" };

/** A stage that serves widgets. */
function widgetStage(yaml: string) {
  const stage = openStage({ "w.yaml": yaml });
  stage.cluster.define(fakeResource("example.test/v1", "Widget"));
  return stage;
}

Deno.test("healthCheckExprs decide when a custom resource is healthy", async () => {
  const stage = widgetStage(WIDGET);
  const exprs = {
    apiVersion: "example.test/v1",
    kind: "Widget",
    current: "status.phase == 'Up'",
    failed: "status.phase == 'Broken'",
  };
  const spec = { wait: true, healthCheckExprs: [exprs] };
  const phase = (value: string) => {
    const live = stage.cluster.peek(W);
    if (live) stage.cluster.seed({ ...live, status: { phase: value } });
  };

  const unknown = await stage.run(spec);
  phase("Broken");
  const failed = await stage.run(spec);
  phase("Up");
  const healthy = await stage.run(spec);

  assert.deepEqual([unknown.kind, failed.kind, healthy.kind], ["wait", "retry", "ready"]);
  assert.equal(failed.reason, "HealthCheckFailed");
  assert.match(failed.message, /\[Widget\/apps\/w status: 'Failed'\]$/);
});

Deno.test("a healthCheckExprs that cannot be read holds before anything is fetched", async () => {
  const stage = openStage({ "w.yaml": WIDGET });
  stage.onFetch = () => assert.fail("nothing is fetched");

  const got = await stage.run({
    healthCheckExprs: [{ apiVersion: "example.test/v1", kind: "Widget", current: "status.(" }],
  });

  assert.deepEqual([got.kind, got.reason], ["stalled", "InvalidCELExpression"]);
  assert.match(
    got.message,
    /^Reconciliation failed terminally due to configuration error: failed to create custom/,
  );
  assert.equal(got.status?.observedGeneration, 1);
  assert.equal(stage.cluster.writes.length, 0);
});

Deno.test("a healthCheckExprs that costs too much holds, and says so", async () => {
  const stage = widgetStage(`${WIDGET}spec:\n  list: [${"1, ".repeat(300)}1]\n`);
  const current = "spec.list.all(a, spec.list.all(b, spec.list.all(c, true)))";

  const got = await stage.run({
    wait: true,
    healthCheckExprs: [{ apiVersion: "example.test/v1", kind: "Widget", current }],
  });

  assert.deepEqual([got.kind, got.reason], ["stalled", "InvalidCELExpression"]);
  assert.match(got.message, /Widget\/apps\/w: .*it takes more than \d+ steps/);
});

const CANARY =
  "apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata:\n  name: c\n  namespace: apps\n";

for (const isGuarded of [false, true]) {
  Deno.test(`a well-known kind without a Ready condition is ${isGuarded ? "" : "not "}waited for`, async () => {
    const stage = openStage({ "c.yaml": CANARY });
    stage.settings = { isGuarded };
    stage.cluster.define(fakeResource("flagger.app/v1beta1", "Canary"));
    const ref = { ...A, apiVersion: "flagger.app/v1beta1", kind: "Canary", name: "c" };
    const phase = (value: string) => {
      const live = stage.cluster.peek(ref);
      if (live) stage.cluster.seed({ ...live, status: { phase: value } });
    };

    const fresh = await stage.run({ wait: true });
    phase("Failed");
    const failed = await stage.run({ wait: true });
    phase("Succeeded");
    const healthy = await stage.run({ wait: true });

    const want = isGuarded ? ["wait", "retry", "ready"] : ["ready", "ready", "ready"];
    assert.deepEqual([fresh.kind, failed.kind, healthy.kind], want);
  });
}
