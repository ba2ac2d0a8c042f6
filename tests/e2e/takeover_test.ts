/**
 * Sluice in the place of Flux and back: no object changes hands by being changed.
 *
 * @module
 */
import assert from "node:assert/strict";
import { load } from "js-yaml";
import { systemClock } from "../../lib/base/mod.ts";
import {
  type Cluster,
  isKubeObject,
  type KubeObject,
  type ObjectRef,
  openCluster,
} from "../../lib/kube/mod.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import { fieldOf, isHandled, nudge, waitFor } from "../../tools/demo/observe.ts";
import { startControllers } from "../../tools/demo/start_controllers.ts";
import { capture } from "../../tools/process.ts";
import { startGitServer } from "../support/git_server.ts";
import { lacksShared, sharedPath } from "../support/shared.ts";
import { gitRepositoryRef, kustomizationRef } from "../support/toolkit.ts";

const MAIN = new URL("../../cli/main.ts", import.meta.url).pathname;
const CONFIG: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };
const NAMESPACE = "flux-system";
/** Longer than anything takes on a machine that is busy with something else. */
const LIMIT_MS = 120_000;
const AGAIN_MS = 100;
const OUR_KINDS =
  /gitrepositories|kustomizations|imagerepositories|imagepolicies|imageupdateautomations/;

let controlPlane: ControlPlane;
let cluster: Cluster;
Deno.test.beforeAll(async () => {
  const started = await startControlPlane();
  if (!started.ok) throw new Error(started.message);
  controlPlane = started.value;
  const opened = await openCluster({
    kubeconfig: controlPlane.adminKubeconfig,
    clock: systemClock,
  });
  if (!opened.ok) throw new Error(opened.message);
  cluster = opened.value;
});
Deno.test.afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await controlPlane?.stop();
});

Deno.test({
  name: "install --takeover and uninstall --keep-objects hand over without one object changing",
  ignore: lacksShared(),
  async fn(t) {
    await using git = await startGitServer();
    const repository = await git.createRepository("app");
    const manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: apps\n" +
      "data:\n  key: one\n";
    const commit = await repository.commit({ files: { "a.yaml": manifest } });
    const before = await installFlux(repository.url, `main@sha1:${commit}`);

    await t.step("install refuses while Flux is there, and names it", async () => {
      const refused = await sluice("install");

      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /Deployment\/flux-system\/source-controller/);
      assert.match(refused.stderr, /--takeover/);
    });

    await t.step("install --takeover stops Flux and starts Sluice", async () => {
      const installed = await sluice("install", "--takeover");

      assert.equal(installed.code, 0, installed.stderr);
      assert.match(installed.stdout, /Deployment\/flux-system\/sluice ready/);
      await assertGone(deploymentRef("source-controller"));
    });

    await t.step("Sluice goes on with Flux's objects and changes none", async () => {
      const folder = await Deno.makeTempDir({ prefix: "sluice-takeover-" });
      const { kubeconfigPath } = controlPlane;
      const logPath = `${folder}/controllers.log`;
      const applied = kustomizationRef(NAMESPACE, "app");
      // Before they start: one run answers it.
      await nudge(cluster, applied);
      await using _controllers = await startControllers({ folder, kubeconfigPath, logPath });

      const ready = await waitFor(
        cluster,
        applied,
        (object) =>
          isHandled(object) &&
          Number(fieldOf(object, "status", "history", 0, "totalReconciliations")) >= 1,
        { limitMs: LIMIT_MS },
      );

      assert.ok(ready.ok, ready.ok ? "" : ready.message);
      assert.deepEqual(ready.value.metadata.finalizers, ["finalizers.fluxcd.io"]);
      await assertUntouched(before);
    });

    await t.step("uninstall --keep-objects leaves everything to Flux", async () => {
      const removed = await sluice("uninstall", "--keep-objects", "--yes");

      assert.equal(removed.code, 0, removed.stderr);
      await assertGone(deploymentRef("sluice"));
      const kept = await read(kustomizationRef(NAMESPACE, "app"));
      assert.deepEqual(kept.metadata.finalizers, ["finalizers.fluxcd.io"]);
      assert.deepEqual(fieldOf(kept, "status", "inventory", "entries"), [{
        id: "apps_a__ConfigMap",
        v: "v1",
      }]);
      await read(gitRepositoryRef(NAMESPACE, "app"));
      await assertUntouched(before);
    });

    await t.step("install refuses to take away a version that is stored", async () => {
      const definition = "gitrepositories.source.toolkit.fluxcd.io";
      await storeOldVersion(definition);

      const refused = await sluice("install");

      assert.equal(refused.code, 1);
      assert.match(refused.stderr, new RegExp(`${definition} v1beta2`));
      assert.match(refused.stderr, /sluice migrate/);
    });

    await t.step("migrate stores all objects anew, and then install goes through", async () => {
      const migrated = await sluice("migrate");
      const installed = await sluice("install", "--no-wait");

      assert.equal(migrated.code, 0, migrated.stderr);
      assert.match(migrated.stdout, /gitrepositories.*: 1 objects stored as v1/);
      assert.equal(installed.code, 0, installed.stderr);
    });

    await t.step("uninstall takes the custom resources and leaves what they applied", async () => {
      const removed = await sluice("uninstall", "--yes");

      assert.equal(removed.code, 0, removed.stderr);
      await assertGone({
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        name: "kustomizations.kustomize.toolkit.fluxcd.io",
      });
      await assertUntouched(before);
    });
  },
});

async function sluice(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const flags = ["--allow-net", "--allow-read", "--allow-env", "--no-prompt"];
  const run = await capture([Deno.execPath(), "run", ...flags, MAIN, ...args], {
    env: { KUBECONFIG: controlPlane.kubeconfigPath },
  });
  if (!run.ok) throw new Error(run.message);
  return run.value;
}

/** What Flux leaves on a cluster: definitions, Deployments, objects with status, what they applied. */
async function installFlux(url: string, revision: string): Promise<KubeObject> {
  for await (const { name } of Deno.readDir(sharedPath("contract/crds"))) {
    if (!OUR_KINDS.test(name)) continue;
    const text = await Deno.readTextFile(sharedPath(`contract/crds/${name}`));
    await apply(asObject(load(text)), "flux");
  }
  for (const name of [NAMESPACE, "apps"]) {
    await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, "flux");
  }
  for (const name of ["source-controller", "kustomize-controller"]) {
    await apply(fluxDeployment(name), "flux");
  }
  const source = {
    ...objectOf(gitRepositoryRef(NAMESPACE, "app")),
    spec: { interval: "10m", url, ref: { branch: "main" } },
  };
  const applied = {
    ...objectOf(kustomizationRef(NAMESPACE, "app")),
    spec: {
      interval: "10m",
      path: "./",
      prune: true,
      sourceRef: { kind: "GitRepository", name: "app" },
    },
  };
  for (const object of [source, applied]) {
    // A definition is served a moment after it was applied.
    for (
      let attempt = 0;
      !(await cluster.resourceOf(gvkOf(object))).ok && attempt < LIMIT_MS / AGAIN_MS;
      attempt++
    ) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    await apply(object, "flux");
  }
  await patchStatus(kustomizationRef(NAMESPACE, "app"), {
    observedGeneration: 1,
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    inventory: { entries: [{ id: "apps_a__ConfigMap", v: "v1" }] },
    conditions: [{
      type: "Ready",
      status: "True",
      reason: "ReconciliationSucceeded",
      message: `Applied revision: ${revision}`,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }],
  });
  return await apply({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "a",
      namespace: "apps",
      labels: {
        "kustomize.toolkit.fluxcd.io/name": "app",
        "kustomize.toolkit.fluxcd.io/namespace": NAMESPACE,
      },
    },
    data: { key: "one" },
  }, "kustomize-controller");
}

function gvkOf({ apiVersion, kind }: KubeObject): { group: string; version: string; kind: string } {
  const [group = "", version = ""] = apiVersion.split("/");
  return { group, version, kind };
}

function objectOf({ apiVersion, kind, namespace, name }: ObjectRef): KubeObject {
  const metadata = { namespace: namespace ?? "", name, finalizers: ["finalizers.fluxcd.io"] };
  return { apiVersion, kind, metadata };
}

function deploymentRef(name: string): ObjectRef {
  return { apiVersion: "apps/v1", kind: "Deployment", namespace: NAMESPACE, name };
}

function fluxDeployment(name: string): KubeObject {
  const labels = {
    app: name,
    "app.kubernetes.io/part-of": "flux",
    "app.kubernetes.io/component": name,
    "app.kubernetes.io/version": "v2.9.0",
  };
  const containers = [{ name: "manager", image: `ghcr.io/fluxcd/${name}:v1.9.0` }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace: NAMESPACE, name, labels },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

function asObject(value: unknown): KubeObject {
  if (!isKubeObject(value)) throw new Error("the contract holds something that is no object");
  return value;
}

async function apply(object: KubeObject, fieldManager: string): Promise<KubeObject> {
  const applied = await cluster.apply(object, { fieldManager, force: true });
  if (!applied.ok) throw new Error(applied.message);
  return applied.value;
}

async function patchStatus(ref: ObjectRef, status: Record<string, unknown>): Promise<void> {
  const patched = await cluster.patch(ref, { status }, {
    type: "merge",
    fieldManager: "gotk-kustomize-controller",
    subresource: "status",
  });
  if (!patched.ok) throw new Error(patched.message);
}

async function read(ref: ObjectRef): Promise<KubeObject> {
  const live = await cluster.get(ref);
  if (!live.ok) throw new Error(live.message);
  return live.value;
}

async function assertGone(ref: ObjectRef): Promise<void> {
  for (let attempt = 0; attempt < LIMIT_MS / AGAIN_MS; attempt++) {
    if (!(await cluster.get(ref)).ok) return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  assert.fail(`${ref.kind} ${ref.name} is still there`);
}

async function assertUntouched(before: KubeObject): Promise<void> {
  const now = await read(CONFIG);
  assert.equal(now.metadata.uid, before.metadata.uid);
  assert.equal(now.metadata.resourceVersion, before.metadata.resourceVersion);
}

/** As after an upgrade from a Flux that stored v1beta2. */
async function storeOldVersion(name: string): Promise<void> {
  const ref = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", name };
  const definition = await read(ref);
  const versions = fieldOf(definition, "spec", "versions");
  assert.ok(Array.isArray(versions));
  const [current] = versions;
  const old = { ...current, name: "v1beta2", storage: false };
  const patched = await cluster.patch(ref, { spec: { versions: [current, old] } }, {
    type: "merge",
    fieldManager: "flux",
  });
  assert.ok(patched.ok, patched.ok ? "" : patched.message);
  await patchStatus(ref, { storedVersions: ["v1beta2", "v1"] });
}
