import assert from "node:assert/strict";
import { fail, type Result } from "../base/mod.ts";
import type { Change, KubeObject, ObjectRef } from "../kube/mod.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { FakeClock, settle } from "./fake_clock.ts";

const CONFIG: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "web" };

function configMap(data: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "web", namespace: "apps" },
    data,
  };
}

function gitRepository(spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { name: "podinfo", namespace: "apps" },
    spec,
  };
}

function value<T>(result: Result<T>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function failure(result: Result<unknown>): { code: string; message: string } {
  assert.ok(!result.ok);
  return { code: result.code, message: result.message };
}

Deno.test("apply() keeps what others own and takes back what it no longer names", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ theirs: "1" }), "kubectl");

  await cluster.apply(configMap({ a: "1", b: "1" }), { fieldManager: "sluice" });
  const got = value(await cluster.apply(configMap({ a: "2" }), { fieldManager: "sluice" }));

  assert.deepEqual(got.data, { theirs: "1", a: "2" });
  assert.deepEqual(
    got.metadata.managedFields?.map(({ manager, operation, fieldsV1 }) => ({
      manager,
      operation,
      fieldsV1,
    })),
    [
      { manager: "kubectl", operation: "Update", fieldsV1: { "f:data": { "f:theirs": {} } } },
      { manager: "sluice", operation: "Apply", fieldsV1: { "f:data": { "f:a": {} } } },
    ],
  );
});

Deno.test("apply() names the field and the manager of a conflict, and takes it by force", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ a: "1" }), "kubectl");

  const refused = await cluster.apply(configMap({ a: "2" }), { fieldManager: "sluice" });
  const forced = await cluster.apply(configMap({ a: "2" }), {
    fieldManager: "sluice",
    force: true,
  });

  assert.deepEqual(failure(refused), {
    code: "Conflict",
    message: 'Apply failed with 1 conflict: conflict with "kubectl" using v1: .data.a',
  });
  assert.equal(value(forced).metadata.managedFields?.length, 1);
});

Deno.test("apply() of the same again changes nothing, not even the version", async () => {
  const cluster = new FakeCluster();

  const first = value(await cluster.apply(configMap({ a: "1" }), { fieldManager: "sluice" }));
  const again = value(await cluster.apply(configMap({ a: "1" }), { fieldManager: "sluice" }));

  assert.deepEqual(again, first);
});

Deno.test("a dry-run answers as the write would and leaves everything as it was", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ a: "1" }));

  const got = value(
    await cluster.apply(configMap({ b: "2" }), { fieldManager: "sluice", dryRun: true }),
  );

  assert.deepEqual(got.data, { a: "1", b: "2" });
  assert.deepEqual(cluster.peek(CONFIG)?.data, { a: "1" });
  assert.deepEqual(cluster.writes, []);
});

Deno.test("spec and status are written apart; only the spec counts generations", async () => {
  const cluster = new FakeCluster();
  const made = value(
    await cluster.create({ ...gitRepository({ url: "a" }), status: { x: 1 } }, {
      fieldManager: "test",
    }),
  );
  const ref = { ...gitRepository({}), ...{ name: "podinfo", namespace: "apps" } };

  const status = value(
    await cluster.patch(ref, { status: { x: 2 }, spec: { url: "b" } }, {
      type: "merge",
      fieldManager: "test",
      subresource: "status",
    }),
  );
  const spec = value(
    await cluster.patch(ref, [{ op: "replace", path: "/spec/url", value: "c" }], {
      type: "json",
      fieldManager: "test",
    }),
  );

  assert.equal(made.status, undefined);
  assert.deepEqual([status.spec, status.status, status.metadata.generation], [
    { url: "a" },
    { x: 2 },
    1,
  ]);
  assert.deepEqual([spec.spec, spec.status, spec.metadata.generation], [{ url: "c" }, { x: 2 }, 2]);
});

Deno.test("update() of an old version is a conflict in the server's words", async () => {
  const cluster = new FakeCluster();
  const old = cluster.seed(configMap({ a: "1" }));
  cluster.seed(configMap({ a: "2" }));

  const got = await cluster.update(old, { fieldManager: "test" });

  assert.deepEqual(failure(got), {
    code: "Conflict",
    message: 'Operation cannot be fulfilled on configmaps "web": the object has been modified; ' +
      "please apply your changes to the latest version and try again",
  });
});

Deno.test("remove() waits for finalizers and keeps to the uid it was given", async () => {
  const cluster = new FakeCluster();
  const held = { ...configMap({}), metadata: { ...configMap({}).metadata, finalizers: ["f/x"] } };
  cluster.seed(held);

  const other = await cluster.remove(CONFIG, { uid: "another" });
  const marked = await cluster.remove(CONFIG);
  const during = cluster.peek(CONFIG);
  await cluster.patch(CONFIG, { metadata: { finalizers: null } }, {
    type: "merge",
    fieldManager: "test",
  });

  assert.equal(failure(other).code, "Conflict");
  assert.ok(marked.ok);
  assert.equal(during?.metadata.deletionTimestamp, "2026-01-01T00:00:00Z");
  assert.equal(cluster.peek(CONFIG), undefined);
  assert.deepEqual(failure(await cluster.remove(CONFIG)), {
    code: "NotFound",
    message: 'configmaps "web" not found',
  });
});

Deno.test("informers select, index, and hear of changes in order after the cache has them", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ a: "1" }));
  await using informer = cluster.informer({ group: "", version: "v1", kind: "ConfigMap" }, {
    namespace: "apps",
    indexes: { value: (object) => Object.values(object.data ?? {}).map(String) },
  });
  const heard: string[] = [];
  informer.onChange(({ type, object }: Change) => {
    heard.push(`${type} ${object.metadata.name} ${informer.list().length}`);
    if (type === "updated") throw new Error("a handler's bug");
  });

  await informer.synced;
  cluster.seed(configMap({ a: "2" }));
  await settle();
  const filed = informer.byIndex("value", "2").length + informer.byIndex("value", "1").length;
  cluster.drop(CONFIG);
  await settle();

  assert.deepEqual(heard, ["added web 1", "updated web 1", "deleted web 0"]);
  assert.equal(filed, 1);
  assert.equal(cluster.errors.length, 1);
});

Deno.test("an informer of an unknown kind says so and starts when the kind is defined", async () => {
  const cluster = new FakeCluster();
  const gvk = { group: "example.com", version: "v1", kind: "Widget" };
  await using informer = cluster.informer(gvk);
  await settle();
  const before = informer.trouble?.code;

  cluster.seed({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Widget", plural: "widgets" },
      versions: [{ name: "v1", served: true, storage: true }],
    },
  });
  await informer.synced;

  assert.equal(before, "NoMatch");
  assert.equal(informer.trouble, undefined);
  assert.equal(value(await cluster.resourceOf(gvk)).plural, "widgets");
});

Deno.test("a cache that is paused grows stale; a broken one loses no delete", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ a: "1" }));
  await using informer = cluster.informer({ group: "", version: "v1", kind: "ConfigMap" });
  await informer.synced;
  const [handle] = cluster.informers;
  const heard: string[] = [];
  informer.onChange(({ type }) => heard.push(type));

  handle?.pause();
  cluster.seed(configMap({ a: "2" }));
  await settle();
  const stale = informer.get("web", "apps")?.data;
  handle?.breakOff({ code: "Unreachable", message: "gone" });
  cluster.drop(CONFIG);
  handle?.heal();
  await settle();

  assert.deepEqual(stale, { a: "1" });
  assert.deepEqual(heard, ["added", "deleted"]);
});

Deno.test("inject() interleaves a foreign write, refuses, or loses the answer of a write that happened", async () => {
  const cluster = new FakeCluster({ clock: new FakeClock() });
  const tenant = cluster.as({ namespace: "apps", name: "deployer" });
  const refused = fail("Forbidden", "no");
  cluster.inject({ verb: "apply", as: "system:serviceaccount:apps:deployer" }, {
    failure: refused,
  });
  cluster.inject({ verb: "create" }, { failure: fail("Unreachable", "lost"), after: true });
  cluster.inject({ verb: "get" }, { before: () => void cluster.seed(configMap({ a: "9" })) });

  const first = await tenant.apply(configMap({ a: "1" }), { fieldManager: "sluice" });
  const lost = await cluster.create(configMap({ a: "1" }), { fieldManager: "sluice" });
  const stored = cluster.peek(CONFIG)?.data;
  const read = value(await cluster.get(CONFIG));

  assert.deepEqual(first, refused);
  assert.equal(failure(lost).code, "Unreachable");
  assert.deepEqual(stored, { a: "1" });
  assert.deepEqual(read.data, { a: "9" });
  assert.deepEqual(cluster.requests.map(({ verb }) => verb), ["apply", "create", "get"]);
});

Deno.test("objects in a cache cannot be written to", async () => {
  const cluster = new FakeCluster();
  cluster.seed(configMap({ a: "1" }));
  await using informer = cluster.informer({ group: "", version: "v1", kind: "ConfigMap" });
  await informer.synced;
  const cached = informer.get("web", "apps");

  assert.throws(() => Object.assign(cached?.metadata ?? {}, { name: "other" }), TypeError);
});
