/**
 * The reconcile loop and the election of a leader against a real API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { systemClock } from "../../lib/base/mod.ts";
import {
  createLogger,
  openLeadership,
  openMetrics,
  ready,
  type Run,
} from "../../lib/runtime/mod.ts";
import type { Thing, ThingOutcome, ThingStatus } from "../../lib/testing/thing_kind.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { statusOf, withGadgets } from "../support/gadget_kind.ts";
import { until, valueOf } from "../support/kube_client.ts";
import { untilSo } from "../support/look_until.ts";

const testCluster = useTestCluster();
const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

Deno.test("a new object becomes Ready with one status write, and rests", () =>
  withGadgets(testCluster, {}, async ({ stage, create }) => {
    await create({ value: "a" });

    const done = await stage.untilReady("a");
    const runs = stage.runs.length;
    const managers = done.metadata.managedFields?.map(({ manager, subresource }) =>
      `${manager} ${subresource ?? ""}`.trim()
    );

    assert.deepEqual(done.metadata.finalizers, ["finalizers.fluxcd.io"]);
    assert.equal(statusOf(done).observedGeneration, 1);
    assert.deepEqual(managers?.sort(), ["gadget-controller", "gadget-controller status", "test"]);
    assert.equal(runs, 1);
    // created, finalizer, status: three versions of it, and no more come.
    await until(() => stage.versions() >= 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(stage.versions(), 3);
  }));

Deno.test("runs at the interval with nothing new write nothing", () =>
  withGadgets(testCluster, {}, async ({ stage, create }) => {
    await create({ value: "a", interval: "1s" });
    const before = await stage.untilReady("a");

    await until(() => stage.runs.length >= 3);

    const after = await stage.read();
    assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
  }));

Deno.test("a change of the spec starts a run for the new generation", () =>
  withGadgets(testCluster, {}, async ({ stage, create, patch }) => {
    await create({ value: "a" });
    await stage.untilReady("a");

    await patch({ spec: { value: "b" } });

    const done = await stage.untilReady("b");
    assert.equal(statusOf(done).observedGeneration, 2);
    assert.equal(stage.runs.length, 2);
  }));

Deno.test("a request starts a run and is recorded with its end", () =>
  withGadgets(testCluster, {}, async ({ stage, create, patch }) => {
    await create({ value: "a" });
    await stage.untilReady("a");

    await patch({ metadata: { annotations: { [REQUESTED_AT]: "now" } } });

    await stage.until((object) => statusOf(object).lastHandledReconcileAt === "now");
    assert.equal(stage.runs.length, 2);
  }));

Deno.test("a suspended object is left alone, a request recorded; resuming runs it", () =>
  withGadgets(testCluster, {}, async ({ stage, create, patch }) => {
    await create({ value: "a" });
    await stage.untilReady("a");

    await patch({ spec: { suspend: true, value: "b" } });
    await stage.until((object) => statusOf(object).observedGeneration === 2);
    await patch({ metadata: { annotations: { [REQUESTED_AT]: "now" } } });
    await stage.until((object) => statusOf(object).lastHandledReconcileAt === "now");
    const runs = stage.runs.length;
    await patch({ spec: { suspend: false } });
    await stage.untilReady("b");

    assert.deepEqual([runs, stage.runs.length], [1, 2]);
  }));

Deno.test("a deleted object is cleaned up after before it goes", () => {
  const cleaned: string[] = [];
  const kind = {
    finalize(gadget: Thing) {
      cleaned.push(gadget.metadata.name);
      return Promise.resolve(ready<ThingStatus>("Succeeded", "clean"));
    },
  };
  return withGadgets(testCluster, kind, async ({ stage, create, client }) => {
    await create({ value: "a" });
    await stage.untilReady("a");

    valueOf(await client.remove(stage.ref));
    await stage.untilGone();

    assert.deepEqual(cleaned, ["web"]);
  });
});

Deno.test("deletion calls off the run under way, whose outcome is not written", () => {
  let isCalledOff = false;
  const kind = {
    async reconcile(_: Thing, { signal }: Run<ThingStatus>): Promise<ThingOutcome> {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      isCalledOff = true;
      return ready("Succeeded", "too late");
    },
  };
  return withGadgets(testCluster, kind, async ({ stage, create, client }) => {
    await create({ value: "a" });
    await until(() => stage.runs.length === 1);

    valueOf(await client.remove(stage.ref));
    await stage.untilGone();

    assert.equal(isCalledOff, true);
  });
});

Deno.test("what others write in the middle of a run stays: a condition, a label, a newer spec", () => {
  const others: (() => Promise<unknown>)[] = [];
  const kind = {
    async reconcile({ spec }: Thing): Promise<ThingOutcome> {
      for (const write of others.splice(0)) await write();
      return ready("Succeeded", "done", { status: { value: spec.value } });
    },
  };
  return withGadgets(testCluster, kind, async ({ stage, create, patch }) => {
    const theirs = {
      type: "Drifted",
      status: "True",
      reason: "Theirs",
      message: "m",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    others.push(
      () => patch({ metadata: { labels: { theirs: "1" } } }),
      () => patch({ status: { conditions: [theirs] } }, "status"),
      () => patch({ spec: { value: "b" } }),
    );

    await create({ value: "a" });
    const done = await stage.untilReady("b");

    assert.deepEqual(done.metadata.labels, { theirs: "1" });
    const types = statusOf(done).conditions.map(({ type }) => type);
    assert.deepEqual(types, ["Ready", "Drifted"]);
    assert.equal(stage.runs.length, 2);
    const lost = stage.lines.filter(({ msg }) => msg === "object not written");
    assert.deepEqual(lost, []);
  });
});

Deno.test("an API patch of another's condition between runs stays as well", () =>
  withGadgets(testCluster, {}, async ({ stage, create, patch }) => {
    await create({ value: "a" });
    const before = await stage.untilReady("a");
    const theirs = {
      type: "Reviewed",
      status: "False",
      reason: "Theirs",
      message: "m",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    };
    const conditions = [...statusOf(before).conditions, theirs];
    await patch({ status: { conditions } }, "status");

    await patch({ spec: { value: "b" } });
    const done = await stage.untilReady("b");

    const kept = statusOf(done).conditions.find(({ type }) => type === "Reviewed");
    assert.deepEqual(kept, theirs);
  }));

Deno.test("a Lease of a real API server goes from one process to the next", () =>
  withGadgets(testCluster, {}, async ({ client, namespace }) => {
    const log: string[] = [];
    const name = "gadget-controller-leader-election";
    function enter(identity: string) {
      return openLeadership({
        cluster: client,
        clock: systemClock,
        random: () => 0,
        log: createLogger({ write: () => {}, clock: systemClock }),
        metrics: openMetrics(),
        namespace,
        name,
        identity,
        // A process that stands still for a while does not lose it.
        times: { leaseMs: 120_000, renewMs: 100_000, retryMs: 100 },
        lead(signal) {
          log.push(`${identity} leads`);
          return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
        },
      });
    }

    const a = enter("a");
    await until(() => a.holds());
    const b = enter("b");
    // Renewed some times meanwhile: the server takes our times and versions.
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name };
    const versions = new Set<string | undefined>();
    await untilSo("it was renewed three times", async () => {
      versions.add(valueOf(await client.get(lease)).metadata.resourceVersion);
      return versions.size >= 4;
    });
    const during = [a.holds(), b.holds()];
    await a[Symbol.asyncDispose]();
    await until(() => b.holds());
    await b[Symbol.asyncDispose]();

    assert.deepEqual([during, log], [[true, false], ["a leads", "b leads"]]);
  }));
