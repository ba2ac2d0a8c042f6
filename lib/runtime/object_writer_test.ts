import assert from "node:assert/strict";
import { fail } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { FakeCluster } from "../testing/fake_cluster.ts";
import { fakeResource } from "../testing/fake_resources.ts";
import { FINALIZER, ObjectWriter, statusOf } from "./object_writer.ts";

const REF = { apiVersion: "test.dev/v1", kind: "Thing", namespace: "apps", name: "a" };

Deno.test("writeStatus() is one guarded merge patch of what differs, as our field manager", async () => {
  const { cluster, writer } = harness({ revision: "a", kept: 1 });

  await writer.writeStatus((status) => ({ ...status, revision: "b" }));

  assert.deepEqual(cluster.writes, [{
    verb: "patch",
    kind: "Thing",
    namespace: "apps",
    name: "a",
    fieldManager: "thing-controller",
    subresource: "status",
    body: { status: { revision: "b" }, metadata: { resourceVersion: "1002" } },
  }]);
  assert.deepEqual(cluster.peek(REF)?.status, { revision: "b", kept: 1 });
});

Deno.test("writeStatus() asks nothing of the server when nothing changes", async () => {
  const { cluster, writer } = harness({ revision: "a" });

  const got = await writer.writeStatus((status) => ({ ...status, revision: "a" }));

  assert.equal(got.ok, true);
  assert.deepEqual(cluster.requests, []);
});

Deno.test("writeStatus() computes again on top of what another writer made", async () => {
  const { cluster, writer } = harness({ revision: "a" });
  cluster.seed({ ...thing(), status: { revision: "a", foreign: 1 } });

  const got = await writer.writeStatus((status) => ({ ...status, revision: "b" }));

  assert.equal(got.ok, true);
  assert.deepEqual(cluster.peek(REF)?.status, { revision: "b", foreign: 1 });
});

Deno.test("writeStatus() gives up after five conflicts", async () => {
  const { cluster, clock, writer } = harness({});
  cluster.inject({ verb: "patch" }, { failure: fail("Conflict", "modified"), times: 9 });

  const writing = writer.writeStatus(() => ({ revision: "b" }));
  await clock.advance(2_000);
  const got = await writing;

  assert.equal(!got.ok && got.code, "Conflict");
  assert.equal(cluster.writes.length, 5);
});

Deno.test("writeStatus() gets through between those who write all the time", async () => {
  const { cluster, clock, writer } = harness({ revision: "a", list: ["x"] });
  let storm = 0;
  const before = () =>
    void cluster.seed({ ...held(cluster), status: { ...statusNow(cluster), storm: storm++ } });
  cluster.inject({ verb: "patch" }, { before, times: 9 });

  const writing = writer.writeStatus(({ list: _, ...status }) => ({
    ...status,
    revision: "b",
    "new/er": 1,
  }));
  await clock.advance(2_000);
  const got = await writing;

  assert.equal(got.ok, true);
  assert.equal(cluster.writes.length, 3);
  assert.deepEqual(cluster.writes.at(-1)?.body, [
    { op: "test", path: "/metadata/uid", value: held(cluster).metadata.uid },
    { op: "test", path: "/status/revision", value: "a" },
    { op: "add", path: "/status/revision", value: "b" },
    { op: "test", path: "/status/list", value: ["x"] },
    { op: "remove", path: "/status/list" },
    { op: "add", path: "/status/new~1er", value: 1 },
  ]);
  assert.deepEqual(statusNow(cluster), { revision: "b", "new/er": 1, storm: 2 });
});

Deno.test("writeStatus() overwrites no condition of those who write all the time", async () => {
  const { cluster, clock, writer } = harness({ conditions: [] });
  let storm = 0;
  const before = () =>
    void cluster.seed({ ...held(cluster), status: { conditions: [{ type: `T${storm++}` }] } });
  cluster.inject({ verb: "patch" }, { before, times: 4 });

  const writing = writer.writeStatus(({ conditions = [] }) => ({
    conditions: [...conditions, {
      type: "Ready",
      status: "True",
      reason: "x",
      message: "",
      lastTransitionTime: "",
    }],
  }));
  await clock.advance(2_000);

  assert.equal((await writing).ok, true);
  assert.equal(cluster.writes.length, 5);
  const { conditions } = statusNow(cluster);
  assert.deepEqual(Object(conditions).map(({ type }: { type: string }) => type), ["T3", "Ready"]);
});

Deno.test("removeFinalizer() gets through between those who write all the time", async () => {
  const { cluster, clock, writer } = harness({}, () => true, ["other/one", FINALIZER]);
  let storm = 0;
  const before = () => {
    const object = held(cluster);
    const metadata = { ...object.metadata, labels: { storm: String(storm++) } };
    cluster.seed({ ...object, metadata });
  };
  cluster.inject({ verb: "patch" }, { before, times: 9 });

  const writing = writer.removeFinalizer();
  await clock.advance(2_000);

  assert.equal((await writing).ok, true);
  assert.deepEqual(cluster.peek(REF)?.metadata.finalizers, ["other/one"]);
});

Deno.test("writeStatus() never writes to another object of the same name", async () => {
  const { cluster, writer } = harness({});
  cluster.drop(REF);
  cluster.seed(thing());

  const got = await writer.writeStatus(() => ({ revision: "b" }));

  assert.equal(!got.ok && got.code, "NotFound");
  assert.equal(cluster.peek(REF)?.status, undefined);
});

Deno.test("writeStatus() writes nothing without the lease", async () => {
  const { cluster, writer } = harness({}, () => false);

  const got = await writer.writeStatus(() => ({ revision: "b" }));

  assert.equal(!got.ok && got.code, "NotLeader");
  assert.deepEqual(cluster.requests, []);
});

Deno.test("writeStatus() calls at the same time come one after the other, without conflicts", async () => {
  const { cluster, writer } = harness({});

  const got = await Promise.all(
    ["a", "b", "c"].map((key) => writer.writeStatus((status) => ({ ...status, [key]: 1 }))),
  );

  assert.deepEqual(got.map(({ ok }) => ok), [true, true, true]);
  assert.deepEqual(cluster.peek(REF)?.status, { a: 1, b: 1, c: 1 });
  assert.equal(cluster.writes.length, 3);
});

Deno.test("addFinalizer() and removeFinalizer() leave the finalizers of others", async () => {
  const { cluster, writer } = harness({}, () => true, ["other/one"]);

  await writer.addFinalizer();
  await writer.addFinalizer();
  const added = cluster.peek(REF)?.metadata.finalizers;
  await writer.removeFinalizer();

  assert.deepEqual(added, ["other/one", FINALIZER]);
  assert.deepEqual(cluster.peek(REF)?.metadata.finalizers, ["other/one"]);
  assert.equal(cluster.writes.length, 2);
});

Deno.test("statusOf() takes what is no object for an empty status", () => {
  assert.deepEqual(statusOf({ ...thing(), status: "x" }), {});
});

function held(cluster: FakeCluster): KubeObject {
  const object = cluster.peek(REF);
  assert.ok(object);
  return object;
}

function statusNow(cluster: FakeCluster): Record<string, unknown> {
  return statusOf(held(cluster));
}

function thing(finalizers: string[] = []): KubeObject {
  return {
    apiVersion: "test.dev/v1",
    kind: "Thing",
    metadata: { namespace: "apps", name: "a", ...(finalizers.length > 0 && { finalizers }) },
    spec: {},
  };
}

function harness(
  status: Record<string, unknown>,
  mayWrite: () => boolean = () => true,
  finalizers: string[] = [],
) {
  const clock = new FakeClock();
  const cluster = new FakeCluster({ clock });
  cluster.define(fakeResource("test.dev/v1", "Thing"));
  const isBare = Object.keys(status).length === 0;
  const object = cluster.seed({ ...thing(finalizers), ...(isBare ? {} : { status }) });
  const writer = new ObjectWriter(object, {
    cluster,
    clock,
    random: () => 0.5,
    fieldManager: "thing-controller",
    mayWrite,
    onSeen: () => {},
  });
  return { cluster, clock, writer };
}
