/**
 * What the API server does not serve (yet): kinds that come later, and an APIService that nobody answers for.
 *
 * On a control plane of its own: definitions are for all of a cluster, and so is a broken APIService.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stringifyJson } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import {
  configMapRef,
  configMapYaml,
  inventoryOf,
  isGone,
  openApp,
  pause,
  useApps,
  valueOf,
} from "../support/app.ts";
import { startArtifactServer } from "../support/artifact_server.ts";
import { appliedRefs, isGoneOrGoing } from "../support/inventory.ts";
import { lacksShared, sharedPath } from "../support/shared.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

/** Far beyond the test: what recovers before does so by itself. */
const INTERVALS = { interval: "1h", retryInterval: "1h" };
const BUILD_FAILED = { status: "False", reason: "BuildFailed" } as const;

const tools = useApps({ own: true, flags: ["--feature-gates=ExternalArtifact=true"] });
const { cluster, toolkit } = tools;
const ignore = lacksShared();

interface MissingKinds {
  readonly sample: string;
  readonly path: string;
  /** What the first failure says. */
  readonly says: readonly string[];
  /** `kind.plural.group/version`, with a `*` at its end when its objects have no namespace. */
  readonly kinds: readonly string[];
}

const MISSING: readonly MissingKinds[] = [
  {
    sample: "podinfo-deploy",
    path: "secure",
    says: [
      'Certificate/secure/podinfo-frontend dry-run failed: no matches for kind "Certificate" in version "cert-manager.io/v1"',
      'ClusterIssuer/self-signed dry-run failed: no matches for kind "ClusterIssuer" in version "cert-manager.io/v1"',
    ],
    kinds: [
      "Certificate.certificates.cert-manager.io/v1",
      "ClusterIssuer.clusterissuers.cert-manager.io/v1*",
    ],
  },
  {
    sample: "flux-example",
    path: "infrastructure",
    says: [
      'GatewayClass/envoy dry-run failed: no matches for kind "GatewayClass" in version "gateway.networking.k8s.io/v1"',
    ],
    kinds: [
      "GatewayClass.gatewayclasses.gateway.networking.k8s.io/v1*",
      "Gateway.gateways.gateway.networking.k8s.io/v1",
      "ClusterIssuer.clusterissuers.cert-manager.io/v1*",
      "OCIRepository.ocirepositories.source.toolkit.fluxcd.io/v1",
      "HelmRelease.helmreleases.helm.toolkit.fluxcd.io/v2",
    ],
  },
];

for (const { sample, path, says, kinds } of MISSING) {
  Deno.test({
    name:
      `${path} of ${sample} names each kind that is missing, and is applied once they are there`,
    ignore,
    async fn() {
      await using namespace = await cluster.openNamespace();
      const ns = namespace.name;
      const repository = await tools.git.createRepository(`${sample}-${ns}`);
      const commit = await repository.pushFolder(sharedPath(`samples/${sample}`));
      const applied = kustomizationRef(ns, "app");
      await toolkit.apply(
        gitRepository(ns, "app", { url: repository.url }),
        kustomization(ns, "app", { path: `./${path}`, ...INTERVALS }),
      );

      const failed = await toolkit.untilReady(applied, {
        status: "False",
        reason: "ReconciliationFailed",
      });
      const { message = "" } = readinessOf(failed) ?? {};
      for (const words of says) assert.ok(message.includes(words), message);

      // One after the other, as a person would who reads the message and finds out.
      for (const kind of kinds) await cluster.kubectl(["apply", "-f", "-"], definition(kind));
      const ready = await toolkit.untilReady(applied, { status: "True", commit });
      for (const ref of appliedRefs(ready)) await toolkit.read(ref);

      await toolkit.remove(applied);
      for (const ref of appliedRefs(ready)) await toolkit.until(ref, "gone", isGoneOrGoing);
      await toolkit.remove(gitRepositoryRef(ns, "app"));
      for (const kind of kinds) {
        await cluster.kubectl(["delete", "--wait=true", "-f", "-"], definition(kind));
      }
    },
  });
}

Deno.test("sources of other controllers: the kind is missing, then there, and each revision is applied", async () => {
  await using namespace = await cluster.openNamespace();
  await using server = startArtifactServer();
  const kinds = ["OCIRepository.ocirepositories", "Bucket.buckets"];

  await Promise.all(kinds.map(async (names) => {
    const [kind = ""] = names.split(".");
    const name = kind.toLowerCase();
    const applied = kustomizationRef(namespace.name, name);
    await toolkit.apply(kustomization(namespace.name, name, {
      ...INTERVALS,
      targetNamespace: namespace.name,
      sourceRef: { kind, name },
    }));
    const failed = { status: "False", reason: "ArtifactFailed" } as const;
    await toolkit.untilReady(applied, { ...failed, message: `no matches for kind "${kind}"` });

    const kindDefinition = definition(`${names}.source.toolkit.fluxcd.io/v1`);
    await cluster.kubectl(["apply", "-f", "-"], kindDefinition);
    await untilServed(kind);
    await offer({ kind, name }, { revision: "1", value: "one" });
    await toolkit.untilReady(applied, { status: "True", commit: "1" });
    await offer({ kind, name }, {
      revision: "2",
      value: "two",
      digest: `sha256:${"0".repeat(64)}`,
    });
    await toolkit.untilReady(applied, { ...failed, message: `is not sha256:${"0".repeat(64)}` });
    await offer({ kind, name }, { revision: "3", value: "three" });
    await toolkit.untilReady(applied, { status: "True", commit: "3" });

    assert.equal(valueOf(await toolkit.read(configMapRef(namespace.name, name))), "three");
    await toolkit.remove(applied);
    await cluster.kubectl(["delete", "-f", "-"], kindDefinition);
  }));

  /** Each look is an answer of that moment, and there is one a second at most. */
  async function untilServed(kind: string): Promise<void> {
    const gvk = { group: "source.toolkit.fluxcd.io", version: "v1", kind };
    for (let looks = 0; looks < 100; looks++) {
      if ((await toolkit.cluster.resourceOf(gvk)).ok) return;
    }
    throw new Error(`${kind} is not served`);
  }

  /** As a controller does that keeps such a source: the kind has no other here. */
  async function offer(
    { kind, name }: { kind: string; name: string },
    { revision, value, digest }: { revision: string; value: string; digest?: string },
  ): Promise<void> {
    const served = await server.publish({ "a.yaml": configMapYaml(name, value) });
    const artifact = { ...served, ...(digest && { digest }), revision, lastUpdateTime: NOW };
    await toolkit.apply({ ...sourceOf(kind, namespace.name, name), status: { artifact } });
  }
});

Deno.test("an ExternalArtifact of our own kind: what somebody else makes is applied at once", async () => {
  await using namespace = await cluster.openNamespace();
  await using server = startArtifactServer();
  const ns = namespace.name;
  const source = sourceOf("ExternalArtifact", ns, "made");
  const sourceRef = { kind: "GitRepository", name: "origin" };
  const applied = kustomizationRef(ns, "made");
  const offer = async (revision: string) => {
    const served = await server.publish({ "a.yaml": configMapYaml("a", revision) });
    const artifact = { ...served, revision, lastUpdateTime: NOW };
    const status = { ...source, status: { artifact } };
    const how = { fieldManager: "maker", force: true, subresource: "status" };
    assert.ok((await toolkit.cluster.apply(status, how)).ok);
  };
  await toolkit.apply(
    { ...source, spec: { sourceRef } },
    kustomization(ns, "made", {
      ...INTERVALS,
      targetNamespace: ns,
      sourceRef: { kind: "ExternalArtifact", name: "made" },
    }),
  );
  await toolkit.untilReady(applied, { status: "False", reason: "ArtifactFailed" });

  for (const revision of ["1", "2"]) {
    await offer(revision);
    await toolkit.untilReady(applied, { status: "True", commit: revision });
    assert.equal(valueOf(await toolkit.read(configMapRef(ns, "a"))), revision);
  }
  await toolkit.remove(applied);
});

function sourceOf(kind: string, namespace: string, name: string): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind,
    metadata: { namespace, name },
  };
}

const NOW = "2026-01-01T00:00:00Z";

/** The least that makes a kind served: any object of it is a good one. */
function definition(kind: string): string {
  const [names = "", version = ""] = kind.replace("*", "").split("/");
  const [, singular = "", plural = "", group = ""] = names.match(/^(\w+)\.(\w+)\.(.+)$/) ?? [];
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return stringifyJson({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
    },
    spec: {
      group,
      scope: kind.endsWith("*") ? "Cluster" : "Namespaced",
      names: { kind: singular, plural },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
      }],
    },
  });
}

Deno.test({
  name: "sync-waves names the object without a name, and is applied once it has one",
  ignore,
  async fn() {
    const manifests = await Deno.readTextFile(sharedPath("samples/sync-waves/manifests.yaml"));
    await using app = await openApp(tools, {
      files: { "manifests.yaml": manifests },
      spec: INTERVALS,
      waits: false,
    });

    const failed = await toolkit.untilReady(app.applied, BUILD_FAILED);
    const { message = "" } = readinessOf(failed) ?? {};
    assert.match(message, /manifests\.yaml: missing metadata\.name in the Job at line 1$/);

    const named = manifests.replace("generateName: upgrade-sql-schema", "name: upgrade-sql-schema");
    const ready = await app.rollOut({ files: { "manifests.yaml": named } });
    assert.equal(appliedRefs(ready).length, 7);
  },
});

Deno.test({
  name: "pre-post-sync names the base that is missing, and is applied once it is there",
  ignore,
  async fn() {
    const files = await filesOf("pre-post-sync");
    await using app = await openApp(tools, {
      files,
      spec: { path: "./pre-post-sync", ...INTERVALS },
      waits: false,
    });

    const failed = await toolkit.untilReady(app.applied, BUILD_FAILED);
    const { message = "" } = readinessOf(failed) ?? {};
    assert.match(message, /"kustomize-guestbook" is neither a file nor a folder/);

    const ready = await app.rollOut({ files: await filesOf("kustomize-guestbook") });
    const names = appliedRefs(ready).map(({ kind, name }) => `${kind}/${name}`);
    assert.ok(names.includes("Job/pre-post-sync-before"), names.join(", "));
    assert.ok(names.includes("Service/pre-post-sync-kustomize-guestbook-ui"), names.join(", "));
  },
});

/** The files of a sample without folders, below a folder of its name. */
async function filesOf(sample: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name } of Deno.readDir(sharedPath(`samples/${sample}`))) {
    files[`${sample}/${name}`] = await Deno.readTextFile(sharedPath(`samples/${sample}/${name}`));
  }
  return files;
}

Deno.test({
  name: "an APIService without a backend disturbs nobody, and leaves when it is pruned",
  ignore,
  async fn() {
    await using namespace = await cluster.openNamespace();
    const ns = namespace.name;
    const repository = await tools.git.createRepository(`metrics-server-${ns}`);
    const commit = await repository.pushFolder(sharedPath("samples/metrics-server"));
    const applied = kustomizationRef(ns, "metrics-server");
    await toolkit.apply(
      gitRepository(ns, "metrics-server", { url: repository.url }),
      kustomization(ns, "metrics-server", { path: "./overlays/release" }),
    );

    const ready = await toolkit.untilReady(applied, { status: "True", commit });
    const objects = appliedRefs(ready);
    const service = objects.find(({ kind }) => kind === "APIService");
    assert.equal(service?.name, "v1beta1.metrics.k8s.io");
    await toolkit.until(service, "without a backend", isUnavailable);

    // New kinds have to be looked up beside the one that gives no answer.
    await using neighbour = await openApp(tools, {
      files: { "app.yaml": configMapYaml("app", "one"), "policy.yaml": POLICY },
    });
    await neighbour.rollOut({ files: { "app.yaml": configMapYaml("app", "two") } });
    await toolkit.nudge(applied);
    await toolkit.untilReady(applied, { status: "True", commit });

    await toolkit.remove(applied);
    for (const ref of objects) await toolkit.until(ref, "gone", isGoneOrGoing);
    await toolkit.remove(gitRepositoryRef(ns, "metrics-server"));
  },
});

Deno.test("a conversion webhook that nobody answers stops those who have such objects, and loses none", async () => {
  const part = (size: number) =>
    `apiVersion: converted.test.dev/v2\nkind: Part\nmetadata: {name: one}\nspec: {size: ${size}}\n`;
  await cluster.kubectl(["apply", "-f", "-"], convertedKind({ strategy: "None" }));
  await using app = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1"), "b.yaml": configMapYaml("b", "1") },
    spec: { retryInterval: "1s" },
  });
  await using neighbour = await openApp(tools, {
    files: { "a.yaml": configMapYaml("a", "1") },
    spec: { retryInterval: "1s" },
  });
  await app.rollOut({ files: { "part.yaml": part(1) } });
  await cluster.kubectl(["apply", "-f", "-"], convertedKind(NOBODY));
  // It is not in force at once.
  const one = { apiVersion: "converted.test.dev/v2", kind: "Part", namespace: app.ns, name: "one" };
  for (let tries = 0; (await toolkit.cluster.get(one)).ok; tries++) {
    assert.ok(tries < 1_000, "the webhook is not asked");
    await pause(50);
  }
  const id = `${app.ns}_one_converted.test.dev_Part`;
  const broken = {
    status: "False",
    message: "conversion webhook for converted.test.dev/v1",
  } as const;

  await app.repository.commit({
    files: { "part.yaml": part(2), "a.yaml": configMapYaml("a", "2") },
  });
  await toolkit.nudge(app.source);
  const refused = await toolkit.untilReady(app.applied, broken);
  await app.repository.commit({ files: { "part.yaml": null, "b.yaml": null } });
  await toolkit.nudge(app.source);
  const held = await toolkit.untilReady(app.applied, { ...broken, reason: "PruneFailed" });
  await neighbour.rollOut({ files: { "a.yaml": configMapYaml("a", "2") } });

  assert.match(
    readinessOf(refused)?.message ?? "",
    new RegExp(`^Part/${app.ns}/one dry-run failed`),
  );
  assert.ok(inventoryOf(held).includes(id), "what could not be deleted stays on record");
  await toolkit.until(configMapRef(app.ns, "b"), "gone", isGone);

  await cluster.kubectl(["apply", "-f", "-"], convertedKind({ strategy: "None" }));
  const ready = await toolkit.untilReady(app.applied, { status: "True" });
  assert.deepEqual(inventoryOf(ready), [`${app.ns}_a__ConfigMap`]);
  await cluster.kubectl(["delete", "crd", "parts.converted.test.dev"]);
});

const NOBODY = {
  strategy: "Webhook",
  webhook: { clientConfig: { url: "https://127.0.0.1:1/" }, conversionReviewVersions: ["v1"] },
};

/** Kept as v1, and wanted as v2. */
function convertedKind(conversion: Readonly<Record<string, unknown>>): string {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return stringifyJson({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "parts.converted.test.dev" },
    spec: {
      group: "converted.test.dev",
      scope: "Namespaced",
      names: { kind: "Part", plural: "parts" },
      conversion,
      versions: ["v1", "v2"].map((name) => ({
        name,
        served: true,
        storage: name === "v1",
        schema: { openAPIV3Schema: schema },
      })),
    },
  });
}

const POLICY = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: app
spec:
  minAvailable: 1
  selector:
    matchLabels: {app: app}
`;

function isUnavailable(service: KubeObject | undefined): boolean {
  const condition = fieldOf(service, "status", "conditions", 0);
  return fieldOf(condition, "type") === "Available" && fieldOf(condition, "status") === "False";
}
