/**
 * `spec.kubeConfig`: what a Kustomization applies is in another cluster, what belongs to the toolkit is here.
 *
 * The other cluster is an API server alone: nothing there acts on what is written.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { type Cluster, openCluster, readKubeconfig } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { type ControlPlane, startControlPlane } from "../../tools/controlplane/start.ts";
import {
  type App,
  type AppOptions,
  configMapRef,
  configMapYaml,
  deploymentRef,
  deploymentYaml,
  inventoryOf,
  isGone,
  openApp,
  useApps,
  valueOf,
} from "../support/app.ts";
import { completeLines, readAuditEntry } from "../support/audit_entry.ts";
import { CloudStubs } from "../support/cloud_stubs.ts";
import { CLOUD_CLUSTERS } from "../support/cluster_stubs.ts";
import { valueOf as resultOf } from "../support/kube_client.ts";
import { lookUntil } from "../support/look_until.ts";
import { kustomization, kustomizationRef } from "../support/toolkit.ts";

const clouds = new CloudStubs();
const tools = useApps({
  flags: ["--feature-gates=ObjectLevelWorkloadIdentity=true"],
  env: {
    AWS_ENDPOINT_URL_STS: clouds.url,
    AWS_ENDPOINT_URL_EKS: clouds.url,
    AZURE_AUTHORITY_HOST: clouds.url,
    AZURE_RESOURCE_MANAGER_ENDPOINT: clouds.url,
    AZURE_TENANT_ID: "tenant",
    AZURE_CLIENT_ID: "controller",
    AZURE_FEDERATED_TOKEN_FILE: "/var/run/secrets/azure/tokens/azure-identity-token",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: clouds.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: clouds.url,
  },
  secrets: { "azure/tokens/azure-identity-token": `${clouds.plainWord}\n` },
});
const { toolkit } = tools;
let plane: ControlPlane;
let remote: Cluster;

Deno.test.beforeAll(async () => {
  const tokenWebhook = `${clouds.url}/whose`;
  plane = resultOf(await startControlPlane({ apiOnly: true, audit: true, tokenWebhook }));
  remote = resultOf(await openCluster({ kubeconfig: plane.adminKubeconfig }));
});
Deno.test.afterAll(async () => {
  await remote?.[Symbol.asyncDispose]();
  await plane?.stop();
  await clouds[Symbol.asyncDispose]();
});

/** A Secret with a kubeconfig, whose change is noticed at once. */
function secret(namespace: string, name: string, kubeconfig: string) {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { namespace, name, labels: { "reconcile.fluxcd.io/watch": "Enabled" } },
    stringData: { "value.yaml": kubeconfig },
  };
}

function named(name: string) {
  return { kubeConfig: { secretRef: { name } } };
}

async function untilRemote(
  ref: ObjectRef,
  isSo: (value: Awaited<ReturnType<typeof read>>) => boolean,
): Promise<void> {
  const seen = await lookUntil(() => read(ref), isSo);
  assert.ok(isSo(seen), `${ref.kind} ${ref.name} is ${JSON.stringify(seen)}`);
}

async function read(ref: ObjectRef) {
  const got = await remote.get(ref);
  return got.ok ? got.value : undefined;
}

/** Who wrote to the other cluster's objects of this name: these, once the log has caught up with the answers. */
async function checkWriters(name: string, want: readonly string[]): Promise<void> {
  const writers = await lookUntil(
    async () => {
      const lines = completeLines(await Deno.readTextFile(plane.auditLogPath ?? ""));
      const entries = lines.flatMap((line) => readAuditEntry(line) ?? []);
      const writes = entries.filter(({ verb, target }) => verb === "patch" && target.name === name);
      return [...new Set(writes.map(({ user }) => user))].toSorted();
    },
    ({ length }) => length >= want.length,
  );
  assert.deepEqual(writers, want.toSorted());
}

async function openRemoteApp(
  spec: Record<string, unknown>,
  files: Record<string, string>,
  options: Pick<AppOptions, "waits"> = {},
): Promise<App> {
  return await openApp(tools, {
    ...options,
    files,
    spec: { ...named("remote"), ...spec },
    async prepare({ name }) {
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
      resultOf(await remote.create(namespace, { fieldManager: "test" }));
      const admin = await Deno.readTextFile(`${plane.dataFolder}/admin.yaml`);
      const variables = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: name, name: "vars" },
      };
      await toolkit.apply(secret(name, "remote", admin), { ...variables, data: { word: "here" } });
    },
  });
}

Deno.test("a Kustomization of another cluster, from its first run to its deletion", async (t) => {
  const app: App = await openRemoteApp(
    { postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "vars" }] } },
    { "a.yaml": configMapYaml("a", "${word}"), "b.yaml": configMapYaml("b", "one") },
  );
  const [a, b] = [configMapRef(app.ns, "a"), configMapRef(app.ns, "b")];

  await t.step("is applied there and not here, with variables from here", async () => {
    assert.equal(valueOf(await read(a)), "here");
    assert.equal((await toolkit.cluster.get(a)).ok, false);
    await checkWriters("a", ["admin"]);
  });

  await t.step("is repaired where somebody changes it", async () => {
    const drifted = { data: { key: "by hand" } };
    resultOf(await remote.patch(b, drifted, { fieldManager: "somebody", type: "merge" }));
    await untilRemote(b, (object) => valueOf(object) === "one");
  });

  await t.step("uses new credentials as soon as the Secret has them", async () => {
    const other = await Deno.readTextFile(`${plane.dataFolder}/kwok.yaml`);
    await toolkit.apply(secret(app.ns, "remote", other));
    await app.rollOut({ files: { "b.yaml": configMapYaml("b", "two") } });

    assert.equal(valueOf(await read(b)), "two");
    await checkWriters("b", ["admin", "kwok"]);
  });

  await t.step("prunes there", async () => {
    await app.rollOut({ files: { "b.yaml": null } });
    assert.equal(isGone(await read(b)), true);
  });

  await t.step("waits for what is healthy there", async () => {
    const web = deploymentRef(app.ns, "web");
    await app.respec({ ...named("remote"), wait: true, timeout: "10m" });
    await app.repository.commit({ files: { "a.yaml": null, "web.yaml": deploymentYaml("web") } });
    await toolkit.nudge(app.source);
    await toolkit.untilReady(app.applied, { status: "Unknown", reason: "Progressing" });
    await untilRemote(web, (object) => object !== undefined);

    const conditions = [
      { type: "Available", status: "True" },
      { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
    ];
    const counts = { replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    const status = { observedGeneration: 1, ...counts, conditions };
    const how = { fieldManager: "it", type: "merge", subresource: "status" } as const;
    resultOf(await remote.patch(web, { status }, how));
    await toolkit.untilReady(app.applied, { status: "True" });
  });

  await t.step("takes along what it applied there when it is deleted", async () => {
    const web = deploymentRef(app.ns, "web");
    await toolkit.remove(app.applied);
    assert.equal(isGone(await read(web)), true);
  });
  await app[Symbol.asyncDispose]();
});

Deno.test("an account applies in the other cluster, with the rights that it has there", async () => {
  const spec = { serviceAccountName: "deployer", retryInterval: "1s" };
  const files = { "c.yaml": configMapYaml("c", "one") };
  await using app = await openRemoteApp(spec, files, { waits: false });
  const user = `system:serviceaccount:${app.ns}:deployer`;
  await toolkit.untilReady(app.applied, {
    status: "False",
    reason: "ReconciliationFailed",
    message: `User "${user}" cannot patch resource "configmaps"`,
  });

  const whom = [`--serviceaccount=${app.ns}:deployer`, `--namespace=${app.ns}`];
  const role = ["deployer", "--clusterrole=cluster-admin"];
  resultOf(await plane.kubectl(["create", "rolebinding", ...role, ...whom]));
  const ready = await toolkit.untilReady(app.applied, { status: "True" });

  assert.deepEqual(inventoryOf(ready), [`${app.ns}_c__ConfigMap`]);
  await checkWriters("c", [user]);
  // Nobody has made the account itself; its rights are enough for the end, too.
  await toolkit.remove(app.applied);
  assert.equal(isGone(await read(configMapRef(app.ns, "c"))), true);
});

Deno.test("a cluster that trusts our tokens is logged in to by account, without a stored credential", async () => {
  // Our own, as the other one does not know who signs here.
  const text = await Deno.readTextFile(tools.cluster.kubeconfigPath);
  const own = resultOf(await readKubeconfig(text, { readFile: (path) => Deno.readTextFile(path) }));
  await using app = await openApp(tools, {
    files: { "f.yaml": configMapYaml("f", "one") },
    spec: { kubeConfig: { configMapRef: { name: "cluster" } } },
    async prepare(namespace) {
      const { name } = namespace;
      await namespace.kubectl(["create", "serviceaccount", "deployer"]);
      await namespace.letEdit("deployer");
      await toolkit.apply({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { namespace: name, name: "cluster" },
        data: {
          provider: "generic",
          address: own.server,
          "ca.crt": own.caCerts ?? "",
          audiences: "https://kubernetes.default.svc.cluster.local",
          serviceAccountName: "deployer",
        },
      });
    },
  });

  const ready = await toolkit.read(app.applied);
  assert.deepEqual(inventoryOf(ready), [`${app.ns}_f__ConfigMap`]);
  // It is this account that acts: it has rights in its namespace, and may not watch all of them.
  const said = /"system:serviceaccount:.*:deployer\\" cannot list .*DriftUnwatched/;
  let conditions = JSON.stringify(fieldOf(ready, "status", "conditions"));
  // A run does not wait for an API server that is slow to refuse; the next one knows.
  for (let tries = 0; !said.test(conditions) && tries < 10; tries++) {
    conditions = JSON.stringify(fieldOf(await app.runAgain(), "status", "conditions"));
  }
  assert.match(conditions, said);
});

Deno.test("a cluster of a cloud is found and logged in to by account, without a stored credential", async (t) => {
  const { caCerts = "" } = resultOf(await readKubeconfig(plane.adminKubeconfig));
  clouds.cluster = { server: plane.server, caCerts };
  clouds.keys = JSON.parse(await tools.cluster.kubectl(["get", "--raw", "/openid/v1/jwks"]));
  await using app = await openApp(tools, { files: { "g.yaml": configMapYaml("g", "one") } });
  const { ns } = app;
  const source = { sourceRef: { kind: "GitRepository", name: "app" }, targetNamespace: ns };
  const own = { apiVersion: "v1", kind: "Namespace", metadata: { name: ns } };
  resultOf(await remote.create(own, { fieldManager: "test" }));
  const described = (name: string, data: Readonly<Record<string, string>>) =>
    toolkit.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: ns, name }, data });
  const applyTo = (name: string) => {
    const kubeConfig = { configMapRef: { name } };
    return toolkit.apply(
      kustomization(ns, name, { ...source, namePrefix: `${name}-`, kubeConfig }),
    );
  };

  for (const { provider, cluster, annotations, identity, user } of CLOUD_CLUSTERS) {
    await t.step(provider, async () => {
      clouds.known.push({ subject: `system:serviceaccount:${ns}:${provider}`, identity });
      const metadata = { namespace: ns, name: provider, annotations };
      await toolkit.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata });
      await described(provider, { provider, cluster, serviceAccountName: provider });
      await applyTo(provider);

      const ready = await toolkit.untilReady(kustomizationRef(ns, provider), { status: "True" });

      assert.deepEqual(inventoryOf(ready), [`${ns}_${provider}-g__ConfigMap`]);
      await checkWriters(`${provider}-g`, [user]);
    });
  }

  await t.step("the controller's own token goes nowhere else", async () => {
    clouds.known.push({ subject: "controller", identity: "tenant/controller" });
    const [, { provider, cluster }] = CLOUD_CLUSTERS;
    const address = "https://evil.example:6443";
    await described("evil", { provider, cluster, address, "ca.crt": caCerts });
    await applyTo("evil");
    const message = `AKS cluster ID '${cluster}' has not the address '${address}'`;
    await toolkit.untilReady(kustomizationRef(ns, "evil"), { status: "False", message });
  });

  const events = { group: "", version: "v1", kind: "Event" };
  const seen = await toolkit.cluster.list(events, { namespace: ns });
  const text = JSON.stringify(seen) + await toolkit.readLog();
  assert.deepEqual(clouds.secrets.filter((secret) => text.includes(secret)), []);
});

Deno.test("a kubeconfig that asks for a program is refused, and one that hangs holds up nobody", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hanging = plane.adminKubeconfig.replace(
    plane.server,
    `https://127.0.0.1:${silent.addr.port}`,
  );
  const running = plane.adminKubeconfig.replace(/token: .*/, "exec: {command: sh, args: [-c, id]}");
  await using app = await openApp(tools, { files: { "d.yaml": configMapYaml("d", "one") } });
  const source = { sourceRef: { kind: "GitRepository", name: "app" }, targetNamespace: app.ns };
  await toolkit.apply(secret(app.ns, "hanging", hanging), secret(app.ns, "running", running));

  await toolkit.apply(kustomization(app.ns, "running", { ...source, ...named("running") }));
  await toolkit.untilReady(kustomizationRef(app.ns, "running"), {
    status: "False",
    reason: "ReconciliationFailed",
    message:
      `KubeConfig secret '${app.ns}/running': Cannot use the kubeconfig: users["sluice"].user.exec`,
  });
  await toolkit.remove(kustomizationRef(app.ns, "running"));

  // More than there are workers; each waits for half a minute.
  const hung = Array.from({ length: 6 }, (_, index) => kustomizationRef(app.ns, `hung-${index}`));
  for (const { name } of hung) {
    await toolkit.apply(kustomization(app.ns, name, { ...source, ...named("hanging") }));
  }
  await using other = await openApp(tools, { files: { "e.yaml": configMapYaml("e", "one") } });

  assert.equal(valueOf(await toolkit.read(configMapRef(other.ns, "e"))), "one");
  for (const ref of hung) {
    assert.equal(inventoryOf(await toolkit.read(ref)).length, 0);
    const released = { metadata: { finalizers: null } };
    await toolkit.cluster.patch(ref, released, { fieldManager: "test", type: "merge" });
    await toolkit.cluster.remove(ref);
  }
});
