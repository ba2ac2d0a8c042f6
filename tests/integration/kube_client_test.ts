/**
 * The Kubernetes client against a real API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Cluster, type KubeObject, refOf } from "../../lib/kube/mod.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { anyDefinition, openTestClient, valueOf } from "../support/kube_client.ts";

const testCluster = useTestCluster();
const CONFIG_MAP = { group: "", version: "v1", kind: "ConfigMap" };

function configMap(namespace: string, name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
}

/** For what the server takes its time to know; a machine may be slow. */
const ATTEMPTS = 300;

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}

async function codeOf(
  pending: Promise<{ ok: boolean; code?: string }>,
): Promise<string | undefined> {
  return (await pending).code;
}

async function withClient(
  run: (client: Cluster, namespace: string) => Promise<void>,
): Promise<void> {
  await using namespace = await testCluster.openNamespace();
  await using client = await openTestClient(testCluster);
  await run(client, namespace.name);
}

Deno.test("an object is created, read, replaced, patched and deleted", () =>
  withClient(async (client, namespace) => {
    const object = configMap(namespace, "web", { a: "1" });
    const ref = refOf(object);

    const created = valueOf(await client.create(object, { fieldManager: "test" }));
    const again = await codeOf(client.create(object, { fieldManager: "test" }));
    const replaced = valueOf(
      await client.update({ ...created, data: { a: "2" } }, { fieldManager: "test" }),
    );
    const stale = await codeOf(client.update(created, { fieldManager: "test" }));
    const merged = valueOf(
      await client.patch(ref, { data: { b: "3" } }, { fieldManager: "test", type: "merge" }),
    );
    const patched = valueOf(
      await client.patch(ref, [{ op: "remove", path: "/data/a" }], {
        fieldManager: "test",
        type: "json",
      }),
    );
    const metadata = valueOf(await client.get(ref, { metadataOnly: true }));
    const other = await codeOf(client.remove(ref, { uid: "another" }));
    const removed = await client.remove(ref, { uid: created.metadata.uid ?? "" });
    const missing = await client.get(ref);

    assert.deepEqual([again, stale, other], ["AlreadyExists", "Conflict", "Conflict"]);
    assert.deepEqual([replaced.data, merged.data, patched.data], [
      { a: "2" },
      { a: "2", b: "3" },
      { b: "3" },
    ]);
    assert.deepEqual([metadata.kind, metadata.apiVersion, metadata.data], [
      "ConfigMap",
      "v1",
      undefined,
    ]);
    assert.ok(removed.ok);
    assert.ok(!missing.ok);
    assert.deepEqual([missing.code, missing.message], ["NotFound", 'configmaps "web" not found']);
  }));

Deno.test("server-side apply keeps to its fields, names conflicts, and can be tried", () =>
  withClient(async (client, namespace) => {
    const apply = (data: Record<string, string>, options = {}) =>
      client.apply(configMap(namespace, "web", data), { fieldManager: "sluice", ...options });
    valueOf(
      await client.apply(configMap(namespace, "web", { a: "theirs" }), { fieldManager: "kubectl" }),
    );

    const tried = valueOf(await apply({ b: "1" }, { dryRun: true }));
    const applied = valueOf(await apply({ b: "2" }));
    const same = valueOf(await apply({ b: "2" }));
    const conflict = await apply({ a: "ours", b: "2" });
    const forced = valueOf(await apply({ a: "ours" }, { force: true }));

    assert.deepEqual(tried.data, { a: "theirs", b: "1" });
    assert.deepEqual(applied.data, { a: "theirs", b: "2" });
    assert.equal(same.metadata.resourceVersion, applied.metadata.resourceVersion);
    assert.ok(!conflict.ok);
    assert.deepEqual([conflict.code, conflict.message], [
      "Conflict",
      'Apply failed with 1 conflict: conflict with "kubectl": .data.a',
    ]);
    assert.deepEqual(forced.data, { a: "ours" });
  }));

Deno.test("a list is complete across pages", () =>
  withClient(async (client, namespace) => {
    const names = Array.from({ length: 510 }, (_, i) => `item-${i}`);
    await Promise.all(
      names.map((name) => client.apply(configMap(namespace, name, {}), { fieldManager: "test" })),
    );

    const all = valueOf(await client.list(CONFIG_MAP, { namespace }));
    const one = valueOf(
      await client.list(CONFIG_MAP, { namespace, fieldSelector: "metadata.name=item-7" }),
    );

    const listed = new Set(all.items.map(({ metadata }) => metadata.name));
    assert.ok(names.every((name) => listed.has(name)));
    assert.deepEqual(one.items.map(({ kind, metadata }) => [kind, metadata.name]), [
      ["ConfigMap", "item-7"],
    ]);
  }));

Deno.test("another identity has its own rights on the same connections", () =>
  withClient(async (client, namespace) => {
    const deployer = client.as({ namespace, name: "deployer" });
    const object = configMap(namespace, "web", {});

    const refused = await deployer.apply(object, { fieldManager: "sluice" });
    for (
      const granted of [
        { kind: "Role", rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["*"] }] },
        {
          kind: "RoleBinding",
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "deployer" },
          subjects: [{ kind: "ServiceAccount", name: "deployer", namespace }],
        },
      ]
    ) {
      const metadata = { name: "deployer", namespace };
      const grant = { apiVersion: "rbac.authorization.k8s.io/v1", metadata, ...granted };
      valueOf(await client.create(grant, { fieldManager: "test" }));
    }
    let allowed = await deployer.apply(object, { fieldManager: "sluice" });
    // The authorizer learns of new rights from a watch of its own.
    for (let attempt = 0; !allowed.ok && attempt < ATTEMPTS; attempt++) {
      await pause();
      allowed = await deployer.apply(object, { fieldManager: "sluice" });
    }

    assert.ok(!refused.ok);
    assert.deepEqual([refused.code, refused.message], [
      "Forbidden",
      `configmaps "web" is forbidden: User "system:serviceaccount:${namespace}:deployer" cannot ` +
      `patch resource "configmaps" in API group "" in the namespace "${namespace}"`,
    ]);
    assert.ok(allowed.ok);
  }));

Deno.test("a kind is found as soon as it is installed, and is gone when it is removed", () =>
  withClient(async (client, namespace) => {
    const group = `${namespace}.example.com`;
    const gvk = { group, version: "v1", kind: "Widget" };
    const definition = anyDefinition(group, "Widget");
    const widget: KubeObject = {
      apiVersion: `${group}/v1`,
      kind: "Widget",
      metadata: { name: "w", namespace },
      spec: { big: 9007199254740993n, ratio: 1.5, unknown: [{ a: null }] },
    };

    const before = await codeOf(client.apply(widget, { fieldManager: "sluice" }));
    valueOf(await client.apply(definition, { fieldManager: "sluice" }));
    let applied = await client.apply(widget, { fieldManager: "sluice" });
    for (let attempt = 0; !applied.ok && attempt < ATTEMPTS; attempt++) {
      await pause();
      applied = await client.apply(widget, { fieldManager: "sluice" });
    }
    const read = valueOf(await client.get(refOf(widget)));
    const status = valueOf(
      await client.patch(refOf(widget), { status: { seen: 9007199254740995n } }, {
        fieldManager: "sluice",
        type: "merge",
        subresource: "status",
      }),
    );
    valueOf(await client.remove(refOf(definition)));
    let after = await codeOf(client.get(refOf(widget)));
    for (let attempt = 0; after !== "NoMatch" && attempt < ATTEMPTS; attempt++) {
      after = await codeOf(client.resourceOf(gvk));
      await pause();
      if (after === undefined) after = await codeOf(client.get(refOf(widget)));
    }

    assert.equal(before, "NoMatch");
    assert.deepEqual(read.spec, widget.spec);
    assert.deepEqual(status.status, { seen: 9007199254740995n });
    assert.equal(after, "NoMatch");
  }));

Deno.test("two hundred reads at once come back, none of them lost", () =>
  withClient(async (client, namespace) => {
    const object = valueOf(
      await client.apply(configMap(namespace, "web", {}), { fieldManager: "test" }),
    );

    const read = await Promise.all(
      Array.from({ length: 200 }, () => client.get(refOf(object))),
    );

    assert.equal(read.filter(({ ok }) => ok).length, 200);
  }));
