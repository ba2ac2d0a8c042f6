/**
 * Each overlay of `deploy/`: built as by kustomize, accepted by an API server, and its controllers at work
 * with the words, permissions and rights that it gives them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { KubeObject } from "../../lib/kube/mod.ts";
import type { ControlPlane } from "../../tools/controlplane/start.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { completeLines } from "../support/audit_entry.ts";
import {
  buildFolder,
  buildOverlay,
  install,
  type Installation,
  kubectl,
  objectsOf,
} from "../support/installation.ts";
import { kustomizeBuild } from "../support/kustomize_cli.ts";
import { lookUntil } from "../support/look_until.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import {
  apply,
  login,
  openApp,
  openSshSource,
  openTenant,
  untilReady,
} from "../support/tenants.ts";
import { gitRepository, kustomization } from "../support/toolkit.ts";

const OVERLAYS = ["all-in-one", "split", "lockdown"];
/** contract/cli.md §1. */
const LABELS = {
  "app.kubernetes.io/instance": "flux-system",
  "app.kubernetes.io/part-of": "flux",
  "app.kubernetes.io/version": "v2.9.0",
};
/** Rights for what this test brings about by chance, or not at all. */
const SELDOM_USED = new Set([
  // After a conflict, and for what the local copy does not have yet.
  "image-automation-controller get imageupdateautomations",
  "image-reflector-controller get imagepolicies",
  "image-reflector-controller get imagerepositories",
  "kustomize-controller get gitrepositories",
  "kustomize-controller get kustomizations",
  "source-controller get gitrepositories",
  // A Lease is renewed after five seconds; this may be over by then.
  "image-automation-controller update leases",
  "image-reflector-controller update leases",
  "kustomize-controller update leases",
  "source-controller update leases",
  // An event that happens again.
  "image-automation-controller patch events",
  "image-reflector-controller patch events",
  "kustomize-controller patch events",
  "source-controller patch events",
  // A choice that somebody took back.
  "image-automation-controller patch imagepolicies",
  // Workloads with annotations of Flux v1.
  "image-automation-controller get serviceaccounts",
  // spec.accessFrom, spec.secretRef, spec.serviceAccountName, substituteFrom.
  "image-reflector-controller get namespaces",
  "image-reflector-controller get secrets",
  "image-reflector-controller get serviceaccounts",
  "kustomize-controller get secrets",
  // Sources that another controller keeps: their definitions are not installed here.
  ...["buckets", "externalartifacts", "ocirepositories"].flatMap((kind) =>
    ["get", "list", "watch"].map((verb) => `kustomize-controller ${verb} ${kind}`)
  ),
]);

for (const overlay of OVERLAYS) {
  Deno.test(`deploy/overlays/${overlay} has the bytes of kustomize's own build`, async () => {
    const folder = fileURLToPath(new URL(`../../deploy/overlays/${overlay}`, import.meta.url));

    const got = await buildOverlay(overlay);

    const want = await kustomizeBuild(folder);
    assert.equal(got, want.ok ? want.value : want.message);
  });

  Deno.test(`deploy/overlays/${overlay} installs, and its rights are enough and none too many`, async () => {
    await using stack = new AsyncDisposableStack();
    const installation = await install(overlay, stack);
    const { plane } = installation;
    await openTenant(plane, "team");
    const { url } = await openApp(stack);
    const registry = await openRegistry(stack);
    const ssh = await openSshSource("team", stack);

    await apply(plane, ...teamObjects(url, registry), ...ssh);
    const names = [
      "kustomization/app",
      "imagerepository/web",
      "imagepolicy/web",
      "imageupdateautomation/bot",
    ];
    if (ssh.length > 0) names.push("gitrepository/ssh");
    await untilReady(installation, "team", ...names);
    // Watches are tried beside the runs.
    await lookUntil(
      () => readRefusals(plane),
      ({ length }) => length >= refusalsOf(overlay).length,
    );
    await kubectl(plane, ["-n", "team", "delete", "kustomization/app", "gitrepository/app"]);

    const left = await kubectl(plane, ["-n", "team", "get", "deployments", "--output=name"]);
    assert.equal(left, "");
    assert.deepEqual(await readRefusals(plane), refusalsOf(overlay));
    assert.deepEqual(await installation.beyondGrants(), []);
    // The others need no account of a tenant, or have one account for all.
    if (overlay !== "lockdown") return;
    const unused = await lookUntil(
      async () => (await unusedRights(installation)).filter((right) => !SELDOM_USED.has(right)),
      ({ length }) => length === 0,
    );
    assert.deepEqual(unused, []);
  });

  Deno.test(`deploy/overlays/${overlay} has the labels and names by which the flux CLI finds it`, async () => {
    const objects = objectsOf(await buildOverlay(overlay));

    for (const object of objects) {
      const { labels } = object.metadata;
      const pods = fieldOf(object, "spec", "template", "metadata", "labels");
      for (const some of object.kind === "Deployment" ? [labels, pods] : [labels]) {
        assert.deepEqual(pick(some, Object.keys(LABELS)), LABELS, object.metadata.name);
      }
      if (object.kind !== "Deployment") continue;
      const container = fieldOf(object, "spec", "template", "spec", "containers", 0);
      assert.equal(fieldOf(container, "name"), "manager");
      assert.match(String(fieldOf(container, "image")), /^[^:]+:v\d+\.\d+\.\d+$/);
      assert.equal(fieldOf(pods, "app"), object.metadata.name);
    }
  });
}

async function openRegistry(stack: AsyncDisposableStack): Promise<Registry> {
  const registry = await startRegistry();
  if (!registry.ok) throw new Error(registry.message);
  stack.use(registry.value);
  await registry.value.pushImage("web", "1.0.0");
  return registry.value;
}

const components = [
  { component: "drift-watch", role: "drift-watcher-flux-system", gated: [] },
  {
    component: "workload-identity",
    role: "cloud-login-flux-system",
    gated: ["image-reflector-controller", "kustomize-controller", "source-controller"],
  },
];

for (const { component, role, gated } of components) {
  Deno.test(`deploy/${component} can be added to an overlay, with the bytes of kustomize`, async () => {
    const deploy = new URL("../../deploy/", import.meta.url);
    const folder = await Deno.makeTempDir({ dir: fileURLToPath(deploy), prefix: ".component-" });
    await using stack = new AsyncDisposableStack();
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    const overlay = `resources: [../overlays/lockdown]\ncomponents: [../${component}]\n`;
    await Deno.writeTextFile(`${folder}/kustomization.yaml`, overlay);

    const built = await buildFolder(folder);

    const want = await kustomizeBuild(folder);
    assert.equal(built, want.ok ? want.value : want.message);
    const objects = objectsOf(built);
    const bindings = objects.filter(({ metadata }) => metadata.name === role);
    assert.deepEqual(bindings.map(({ kind }) => kind), ["ClusterRole", "ClusterRoleBinding"]);
    const flag = "--feature-gates=ObjectLevelWorkloadIdentity=true";
    const flagged = objects.filter((object) => JSON.stringify(object).includes(flag));
    assert.deepEqual(flagged.map(({ metadata }) => metadata.name), gated);
  });
}

/** Something for every right of every component. */
function teamObjects(url: string, registry: Registry): KubeObject[] {
  const namespace = "team";
  const tag = { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name: "tag" } };
  const image = "image.toolkit.fluxcd.io/v1";
  const metadata = { namespace, name: "web" };
  const name = `${new URL(registry.url).host}/web`;
  return [
    login(namespace),
    { ...tag, data: { tag: "1.0.0" } },
    gitRepository(namespace, "app", { url, secretRef: { name: "git" } }),
    kustomization(namespace, "app", {
      targetNamespace: namespace,
      wait: true,
      timeout: "1m",
      postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "tag" }] },
    }),
    {
      apiVersion: image,
      kind: "ImageRepository",
      metadata,
      spec: { image: name, interval: "10m", insecure: true },
    },
    {
      apiVersion: image,
      kind: "ImagePolicy",
      metadata,
      spec: { imageRepositoryRef: { name: "web" }, policy: { semver: { range: "*" } } },
    },
    {
      apiVersion: image,
      kind: "ImageUpdateAutomation",
      metadata: { namespace, name: "bot" },
      spec: {
        interval: "10m",
        sourceRef: { kind: "GitRepository", name: "app" },
        git: { commit: { author: { email: "bot@example.com" } } },
      },
    },
  ];
}

/** What accounts of flux-system asked for and may not have, as "verb resource". */
async function readRefusals(plane: ControlPlane): Promise<string[]> {
  const refusals = (await readAudit(plane)).flatMap(({ verb, objectRef, responseStatus }) =>
    responseStatus?.code === 403 ? [`${verb} ${objectRef?.resource}`] : []
  );
  return [...new Set(refusals)].sort();
}

/** A line of the audit log. */
interface AuditEntry {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** What accounts of flux-system asked for. */
async function readAudit({ auditLogPath = "" }: ControlPlane): Promise<AuditEntry[]> {
  return completeLines(await Deno.readTextFile(auditLogPath))
    .map((line): AuditEntry => JSON.parse(line))
    .filter(({ user }) => user.username.startsWith("system:serviceaccount:flux-system:"));
}

/** What the controllers' own roles allow and nobody asked for, as "account verb resource". */
async function unusedRights({ plane, objects }: Installation): Promise<string[]> {
  const used = new Set<string>();
  for (const { user, verb, objectRef = {} } of await readAudit(plane)) {
    const { resource, subresource } = objectRef;
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    used.add(`${user.username.split(":").at(-1)} ${verb} ${name}`);
  }
  const granted = objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role").flatMap(
    ({ metadata, rules }) => {
      const account = /^(.*-controller)-(flux-system|leader-election)$/.exec(metadata.name)?.[1];
      if (account === undefined || !Array.isArray(rules)) return [];
      return rules.flatMap(({ resources, verbs }) =>
        resources.flatMap((resource: string) =>
          verbs.map((verb: string) => `${account} ${verb} ${resource}`)
        )
      );
    },
  );
  return granted.filter((right) => !used.has(right)).sort();
}

function pick(value: unknown, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, fieldOf(value, key)]));
}

/**
 * Who may not list all objects learns of drift, and of variables that changed, at the interval only: the
 * watches are tried and refused.
 */
function refusalsOf(overlay: string): string[] {
  return overlay === "lockdown" ? ["list configmaps", "list deployments", "list secrets"] : [];
}
