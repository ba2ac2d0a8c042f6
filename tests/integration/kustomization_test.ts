/**
 * The fields of a Kustomization, and its life from creation to deletion, on a real server.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { gvkOf } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import {
  configMapRef,
  configMapYaml,
  deploymentRef,
  deploymentYaml,
  inventoryOf,
  isGone,
  openApp,
  pause,
  useApps,
  valueOf,
} from "../support/app.ts";
import { holdConfigMaps } from "../support/admission.ts";
import type { TestNamespace } from "../support/control_plane.ts";
import { runSluice } from "../support/sluice.ts";
import { kustomization, kustomizationRef } from "../support/toolkit.ts";

const tools = useApps();
const { toolkit } = tools;

async function isThere(ref: ObjectRef): Promise<boolean> {
  return (await toolkit.cluster.get(ref)).ok;
}

Deno.test("a second run with nothing new writes to no object but its own status", async () => {
  await using app = await openApp(tools, {
    files: {
      "a.yaml": configMapYaml("a", "one"),
      "b.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: b}\nstringData: {key: s}\n",
      "d.yaml": deploymentYaml("d"),
      "s.yaml":
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 80}], selector: {app: d}}\n",
      "r.yaml":
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n",
    },
    spec: { wait: true },
  });
  const refs: ObjectRef[] = [
    configMapRef(app.ns, "a"),
    { apiVersion: "v1", kind: "Secret", namespace: app.ns, name: "b" },
    deploymentRef(app.ns, "d"),
    { apiVersion: "v1", kind: "Service", namespace: app.ns, name: "s" },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", namespace: app.ns, name: "r" },
  ];
  const read = async () => {
    const objects = await Promise.all(refs.map((ref) => toolkit.read(ref)));
    return objects.map(({ metadata }) => [metadata.resourceVersion, metadata.managedFields]);
  };
  const before = await read();
  const own = await toolkit.read(app.applied);

  const first = await app.runAgain();
  // A new process knows nothing and has to ask, but it has nothing to write either.
  await toolkit.crash();
  const second = await app.runAgain();

  assert.deepEqual(await read(), before);
  assert.equal(inventoryOf(second).length, refs.length);
  assert.deepEqual(fieldOf(second, "status", "inventory"), fieldOf(own, "status", "inventory"));
  assert.equal(first.metadata.generation, own.metadata.generation);
});

Deno.test("what was applied before a crash is known after it: nothing is orphaned", async () => {
  const count = 150;
  const names = Array.from({ length: count }, (_, index) => `many-${index}`);
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const many = Object.fromEntries(
    names.map((name) => [`many/${name}.yaml`, configMapYaml(name, "x")]),
  );

  await using stack = new AsyncDisposableStack();
  const last = new Set(names.filter((name) => name.length === "many-100".length));
  const held = stack.use(await holdConfigMaps(toolkit.cluster, app.ns, last));
  await app.repository.commit({ files: many });
  await toolkit.nudge(app.source);
  // The first of them is there, others are on their way: the controllers end in the middle of it.
  await held.reached;
  await toolkit.until(configMapRef(app.ns, "many-0"), "applied", (object) => object !== undefined);
  let applied = 0;
  let recorded: string[] = [];
  await toolkit.crash(async () => {
    recorded = inventoryOf(await toolkit.read(app.applied));
    const listed = await app.namespace.kubectl(["get", "configmaps", "-o", "name"]);
    applied = listed.split("\n").filter((line) => line.includes("/many-")).length;
    await stack[Symbol.asyncDispose]();
    await app.repository.commit({ delete: ["many"] });
    await toolkit.nudge(app.source);
  });
  await toolkit.until(
    app.applied,
    "back to one object",
    (object) =>
      object !== undefined && inventoryOf(object).length === 1 &&
      readinessOf(object)?.status === "True",
  );

  const left = await app.namespace.kubectl(["get", "configmaps", "-o", "name"]);
  assert.ok(applied > 0 && applied < count, `${applied} of ${count} were applied before the crash`);
  assert.equal(recorded.length, count + 1);
  assert.deepEqual(left.split("\n").filter((line) => line.includes("/many-")), []);
});

Deno.test("suspended, it takes no commit and no request; resumed, it catches up", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const ref = configMapRef(app.ns, "a");
  const ready = readinessOf(await toolkit.read(app.applied));

  await app.respec({ suspend: true });
  await toolkit.untilObserved(app.applied);
  const commit = await app.repository.commit({ files: { "a.yaml": configMapYaml("a", "two") } });
  await toolkit.nudge(app.source);
  await toolkit.untilReady(app.source, { status: "True", commit });
  // Errata "Settled": a suspended one that is Ready records the request.
  const suspended = await app.runAgain();
  const value = valueOf(await toolkit.read(ref));
  await app.respec({ suspend: false });
  await toolkit.untilReady(app.applied, { status: "True", commit });

  assert.equal(value, "one");
  assert.deepEqual(readinessOf(suspended), ready);
  assert.equal(valueOf(await toolkit.read(ref)), "two");
});

Deno.test("a request is recorded as handled in the write that says how it ended", async () => {
  await using app = await openApp(tools, { files: { "a.yaml": configMapYaml("a", "one") } });
  const seen: KubeObject[] = [];
  await using informer = toolkit.cluster.informer(gvkOf(app.applied), { namespace: app.ns });
  informer.onChange(({ object }) => void seen.push(object));
  const before = fieldOf(await toolkit.read(app.applied), "status", "history", 0);

  const ran = await app.runAgain();

  const token = ran.metadata.annotations?.["reconcile.fluxcd.io/requestedAt"];
  await toolkit.until(
    app.applied,
    "seen",
    () => seen.some(({ metadata }) => metadata.resourceVersion === ran.metadata.resourceVersion),
  );
  const handled = seen.filter((object) =>
    fieldOf(object, "status", "lastHandledReconcileAt") === token
  );
  const [first] = handled;
  assert.ok(first);
  assert.equal(readinessOf(first)?.status, "True");
  const conditions = fieldOf(first, "status", "conditions");
  assert.ok(Array.isArray(conditions));
  assert.deepEqual(conditions.map((condition) => fieldOf(condition, "type")), ["Ready"]);
  assert.equal(
    fieldOf(first, "status", "history", 0, "totalReconciliations"),
    Number(fieldOf(before, "totalReconciliations")) + 1,
  );
});

Deno.test("a changed spec is acted on at once and observed when it is done", async () => {
  await using app = await openApp(tools, {
    files: { "one/a.yaml": configMapYaml("a", "one"), "two/b.yaml": configMapYaml("b", "two") },
    spec: { path: "./one" },
  });

  await app.respec({ path: "./two" });
  const after = await toolkit.untilObserved(app.applied);

  assert.deepEqual(inventoryOf(after), [`${app.ns}_b__ConfigMap`]);
  assert.equal(await isThere(configMapRef(app.ns, "a")), false);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "b"))), "two");
});

async function grant(namespace: TestNamespace, account: string): Promise<void> {
  await namespace.kubectl(["create", "serviceaccount", account]);
  await namespace.letEdit(account);
}

Deno.test("an account with enough rights applies and prunes", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one"), "b.yaml": configMapYaml("b", "one") },
    spec: { serviceAccountName: "worker" },
    prepare: (namespace) => grant(namespace, "worker"),
  });

  await app.rollOut({ files: { "a.yaml": configMapYaml("a", "two") }, delete: ["b.yaml"] });

  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "a"))), "two");
  assert.equal(await isThere(configMapRef(app.ns, "b")), false);
});

Deno.test("wait: Ready says so when the Deployment is, not before", async () => {
  await using app = await openApp(tools, {
    files: { "d.yaml": deploymentYaml("d", { replicas: 2 }) },
    spec: { wait: true },
    waits: false,
  });
  const ref = deploymentRef(app.ns, "d");
  const ready = await toolkit.untilReady(app.applied, { status: "True" });

  assert.equal(fieldOf(await toolkit.read(ref), "status", "readyReplicas"), 2);
  const conditions = fieldOf(ready, "status", "conditions");
  const healthy = Array.isArray(conditions) &&
    conditions.find((condition) => fieldOf(condition, "type") === "Healthy");
  assert.partialDeepStrictEqual(healthy, { status: "True", reason: "Succeeded" });
  assert.match(String(fieldOf(healthy, "message")), /^Health check passed in /);

  // The same again when a new image is rolled out.
  await app.rollOut({ files: { "d.yaml": deploymentYaml("d", { replicas: 2, image: "x:2" }) } });
  const live = await toolkit.read(ref);
  assert.equal(fieldOf(live, "status", "updatedReplicas"), 2);
  assert.equal(fieldOf(live, "status", "observedGeneration"), live.metadata.generation);
});

Deno.test("healthChecks: only the named object is waited for", async () => {
  await using app = await openApp(tools, {
    files: {
      "good.yaml": deploymentYaml("good"),
      "hung.yaml": deploymentYaml("hung", { fate: "hang" }),
    },
    spec: { suspend: true },
    waits: false,
  });
  const check = (name: string) => ({
    suspend: false,
    healthChecks: [{ apiVersion: "apps/v1", kind: "Deployment", name, namespace: app.ns }],
    timeout: "10m",
  });

  await app.respec(check("good"));
  await toolkit.untilReady(app.applied, { status: "True" });
  await app.respec(check("hung"));
  await toolkit.untilReady(app.applied, { status: "Unknown", reason: "Progressing" });
  await pause(1_500);
  const waiting = await toolkit.read(app.applied);
  await app.rollOut({ files: { "hung.yaml": deploymentYaml("hung") } });

  assert.equal(readinessOf(waiting)?.status, "Unknown");
});

Deno.test("postBuild: values come from the spec over Secret over ConfigMap", async () => {
  await using app = await openApp(tools, {
    files: {
      "a.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  all: x-${one}-${two}-${three}-${four:=default}\n",
      "b.yaml":
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\ndata:\n  all: ${one}\n",
    },
    async prepare({ kubectl }) {
      const data = ["one", "two", "three"].map((name) => `--from-literal=${name}=map`);
      await kubectl(["create", "configmap", "values", ...data]);
      const secret = ["two", "three"].map((name) => `--from-literal=${name}=secret`);
      await kubectl(["create", "secret", "generic", "values", ...secret]);
    },
    spec: {
      postBuild: {
        substitute: { three: "spec" },
        substituteFrom: [
          { kind: "ConfigMap", name: "values" },
          { kind: "Secret", name: "values" },
          { kind: "Secret", name: "absent", optional: true },
        ],
      },
    },
  });

  const [a, b] = await Promise.all(
    ["a", "b"].map((name) => toolkit.read(configMapRef(app.ns, name))),
  );
  assert.deepEqual(a?.data, { all: "x-map-secret-spec-default" });
  assert.deepEqual(b?.data, { all: "${one}" });
  // The command line finds the same values.
  const { code, err } = await runSluice(tools.cluster, app.ns, "drift");
  assert.deepEqual([code, err], [0, ""]);

  await app.respec({
    postBuild: { substituteFrom: [{ kind: "Secret", name: "absent" }] },
  });
  await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "BuildFailed",
    message: `substitute from 'Secret/absent' error: secrets "absent" not found`,
  });
});

Deno.test("the overlay fields of the spec reach the objects", async () => {
  await using app = await openApp(tools, {
    files: {
      "base/d.yaml": deploymentYaml("d"),
      "base/kustomization.yaml": "resources: [d.yaml]\n",
      "extra/kustomization.yaml":
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [c.yaml]\n",
      "extra/c.yaml": configMapYaml("c", "component"),
    },
    spec: {
      path: "./base",
      namePrefix: "pre-",
      nameSuffix: "-post",
      commonMetadata: { labels: { team: "blue" }, annotations: { note: "n" } },
      components: ["../extra", "../absent"],
      ignoreMissingComponents: true,
      images: [{ name: "example.test/x", newName: "example.test/y", newTag: "9" }],
      patches: [{
        target: { kind: "Deployment", name: "d" },
        patch: "- op: replace\n  path: /spec/replicas\n  value: 3\n",
      }],
    },
  });

  const deployment = await toolkit.read(deploymentRef(app.ns, "pre-d-post"));
  const component = await toolkit.read(configMapRef(app.ns, "pre-c-post"));
  assert.equal(fieldOf(deployment, "spec", "replicas"), 3);
  assert.equal(
    fieldOf(deployment, "spec", "template", "spec", "containers", 0, "image"),
    "example.test/y:9",
  );
  assert.equal(fieldOf(deployment, "spec", "template", "metadata", "labels", "team"), undefined);
  for (const { metadata } of [deployment, component]) {
    assert.equal(metadata.labels?.["team"], "blue");
    assert.equal(metadata.annotations?.["note"], "n");
  }
  assert.equal(valueOf(component), "component");
});

Deno.test("a definition and an object of its kind come in one commit and go together", async () => {
  const group = `g${crypto.randomUUID().slice(0, 8)}.example.test`;
  const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.${group}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, properties: {size: {type: integer}}}
`;
  const widget = `apiVersion: ${group}/v1\nkind: Widget\nmetadata: {name: w}\nspec: {size: 3}\n`;
  await using app = await openApp(tools, {
    files: { "crd.yaml": definition, "w.yaml": widget, "a.yaml": configMapYaml("a", "one") },
    spec: { wait: true },
  });
  const ref = { apiVersion: `${group}/v1`, kind: "Widget", namespace: app.ns, name: "w" };
  assert.equal(fieldOf(await toolkit.read(ref), "spec", "size"), 3);

  // The watch of a kind that is new drifts like any other.
  await toolkit.cluster.patch(ref, { spec: { size: 4 } }, {
    fieldManager: "somebody",
    type: "merge",
  });
  await toolkit.until(ref, "repaired", (object) => fieldOf(object, "spec", "size") === 3);
  await app.rollOut({ delete: ["crd.yaml", "w.yaml"] });

  const name = `widgets.${group}`;
  await toolkit.until(
    { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name },
    "gone",
    isGone,
  );
  // It stays on record until it is known to be gone, which is a moment later.
  await toolkit.until(
    app.applied,
    "left with one object",
    (object) => inventoryOf(object).join() === `${app.ns}_a__ConfigMap`,
  );
});

Deno.test("an object that asks not to be pruned is kept, and let go of", async () => {
  const keep = "  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}\n";
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one"), "b.yaml": configMapYaml("b", "one", keep) },
  });

  const after = await app.rollOut({ delete: ["b.yaml"] });
  await toolkit.remove(app.applied);

  assert.deepEqual(inventoryOf(after), [`${app.ns}_a__ConfigMap`]);
  assert.equal(valueOf(await toolkit.read(configMapRef(app.ns, "b"))), "one");
});

Deno.test("an object that moves to another Kustomization is handed over, not deleted", async () => {
  await using app = await openApp(tools, {
    files: {
      "one/a.yaml": configMapYaml("a", "x"),
      "one/b.yaml": configMapYaml("b", "x"),
      "two/c.yaml": configMapYaml("c", "x"),
    },
    spec: { path: "./one" },
  });
  const second = kustomizationRef(app.ns, "second");
  const source = { kind: "GitRepository", name: "app" };
  const spec = { path: "./two", targetNamespace: app.ns, sourceRef: source };
  await toolkit.apply(kustomization(app.ns, "second", spec));
  await toolkit.untilReady(second, { status: "True" });
  const before = await toolkit.read(configMapRef(app.ns, "b"));

  const commit = await app.repository.commit({
    files: { "two/b.yaml": configMapYaml("b", "y") },
    delete: ["one/b.yaml"],
  });
  // The new owner goes first: whoever comes second finds the other one's labels.
  await app.respec({ path: "./one", suspend: true });
  await toolkit.untilObserved(app.applied);
  await toolkit.nudge(app.source);
  await toolkit.untilReady(second, { status: "True", commit });
  await app.respec({ path: "./one", suspend: false });
  const first = await toolkit.untilReady(app.applied, { status: "True", commit });

  const after = await toolkit.read(configMapRef(app.ns, "b"));
  assert.equal(after.metadata.uid, before.metadata.uid);
  assert.equal(valueOf(after), "y");
  assert.deepEqual(inventoryOf(first), [`${app.ns}_a__ConfigMap`]);
  await toolkit.remove(second);
});

Deno.test("prune false lets go of what left the source", async () => {
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "one"), "b.yaml": configMapYaml("b", "one") },
    spec: { prune: false },
  });

  const after = await app.rollOut({ delete: ["b.yaml"] });

  assert.deepEqual(inventoryOf(after), [`${app.ns}_a__ConfigMap`]);
  assert.equal(await isThere(configMapRef(app.ns, "b")), true);
});
