/**
 * Two tenants under the overlay `lockdown`: A cannot read, write, prune, stall or name what is B's. All that A
 * does here it does as the administrator of its own namespace.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { KubeObject } from "../../lib/kube/mod.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { startGitServer } from "../support/git_server.ts";
import { install, type Installation, kubectl } from "../support/installation.ts";
import { lookUntil } from "../support/look_until.ts";
import {
  apply,
  login,
  openApp,
  openTenant,
  type Said,
  untilReady,
  untilSays,
} from "../support/tenants.ts";
import { gitRepository, kustomization } from "../support/toolkit.ts";

const DRIFT_WATCH = fileURLToPath(new URL("../../deploy/drift-watch/role.yaml", import.meta.url));
const IMAGE = "{.spec.template.spec.containers[0].image}";
const [A, B] = ["team-a", "team-b"];
/** What A is for the API server. */
const AS_A = "--as=system:serviceaccount:team-a:tenant";
const SOURCE = { sourceRef: { kind: "GitRepository", name: "app" } };
const TAG = { postBuild: { substitute: { tag: "1" } } };
const OF_B = { ...SOURCE, ...TAG, targetNamespace: B, interval: "1h" };
const MORE = configMap(B, "more");
const OWN = { ...SOURCE, ...TAG, targetNamespace: A };
const LOOKS_AT_B = {
  ...OWN,
  timeout: "30s",
  healthChecks: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", namespace: B }],
};
/** More than there are workers, for sources and for Kustomizations. */
const MANY = 12;
const HUGE = 1_500;
/** B's changes arrive within this, and A's timeouts are longer. */
const PATIENCE_MS = 180_000;

Deno.test("lockdown keeps two tenants apart", async (t) => {
  await using stack = new AsyncDisposableStack();
  const installation = await install("lockdown", stack);
  const { plane } = installation;
  await openTenant(plane, A);
  await openTenant(plane, B);
  const repository = await openApp(stack);
  const { url } = repository;
  const source = { url, secretRef: { name: "git" } };
  await apply(plane, login(A), gitRepository(A, "app", source));
  await apply(plane, login(B), gitRepository(B, "app", source), kustomization(B, "app", OF_B));
  await apply(plane, gitRepository(B, "of-b", source));
  await apply(plane, configMap(B, "only-b"), {
    ...login(B),
    metadata: { namespace: B, name: "b" },
  });
  await untilReady(installation, B, "kustomization/app");

  await t.step(
    "without a right to watch, it is said what is seen at the interval only",
    async () => {
      await untilSays(installation, B, "kustomization/app", {
        type: "DriftUnwatched",
        reason: "Forbidden",
        says:
          "Drift of Deployment.apps is noticed at the interval only: deployments.apps is forbidden",
      });
      // The controller asks again within half a minute.
      await kubectl(plane, ["apply", "--server-side", `--filename=${DRIFT_WATCH}`]);
    },
  );

  for (const { name, object, ...said } of namings(url)) {
    await t.step(`A names B's objects by ${name}`, async () => {
      await applyAsA(installation, object);

      await untilSays(installation, A, `${object.kind}/${object.metadata.name}`, said);
      await kubectl(plane, ["-n", A, "delete", `${object.kind}/${object.metadata.name}`]);
    });
  }

  await t.step("with deploy/drift-watch, drift is repaired at once", async () => {
    await until(installation, "the right to watch", async () => {
      await nudge(installation, B, "kustomization/app");
      const types = await read(
        installation,
        B,
        "kustomization/app",
        "{.status.conditions[*].type}",
      );
      return !types.includes("DriftUnwatched");
    });
    await kubectl(plane, ["-n", B, "set", "image", "deployment/web", "web=by-hand:1"]);

    const isRepaired = async () => await read(installation, B, "deployment/web", IMAGE) === "web:1";
    await until(installation, "the repair", isRepaired);
  });
  const before = await readWeb(installation);
  // It takes half a minute to give up.
  await applyAsA(installation, kustomization(A, "looker", LOOKS_AT_B));

  await t.step("A writes into B's namespace, with targetNamespace and without", async () => {
    const says = 'User "system:serviceaccount:team-a:tenant" cannot patch resource "deployments" ' +
      'in API group "apps" in the namespace "team-b"';
    await applyAsA(installation, kustomization(A, "writer", { ...OWN, targetNamespace: B }));

    await untilSays(installation, A, "kustomization/writer", {
      reason: "ReconciliationFailed",
      says,
    });
    await refused(installation, ["-n", B, "delete", "deployment/web"], 'delete resource "deploy');
  });

  await t.step("A claims B's objects in its inventory, prunes, moves and is deleted", async () => {
    await applyAsA(installation, kustomization(A, "claimer", OWN));
    await untilReady(installation, A, "kustomization/claimer");
    const entries = [
      { id: "team-a_web_apps_Deployment", v: "v1" },
      { id: "team-b_web_apps_Deployment", v: "v1" },
    ];
    const patch = JSON.stringify({ status: { inventory: { entries } } });
    const forge = ["-n", A, "patch", "kustomization/claimer", "--subresource=status"];
    const words = [...forge, "--type=merge", `--patch=${patch}`];
    await refused(installation, words, 'patch resource "kustomizations/status"');
    // Even if it could.
    await kubectl(plane, words);
    await nudge(installation, A, "kustomization/claimer");
    const says = 'cannot get resource "deployments" in API group "apps" in the namespace "team-b"';
    await untilSays(installation, A, "kustomization/claimer", { reason: "PruneFailed", says });

    await applyAsA(installation, kustomization(A, "claimer", { ...OWN, targetNamespace: B }));
    await untilSays(installation, A, "kustomization/claimer", {
      reason: "ReconciliationFailed",
      says: "cannot patch",
    });
    await kubectl(plane, ["-n", A, "delete", "kustomization/claimer", "--wait=false", AS_A]);
    await untilSays(installation, A, "kustomization/claimer", { reason: "PruneFailed", says });

    assert.deepEqual(await readWeb(installation), before);
  });

  await t.step("A labels its objects as B's, and B neither prunes nor minds them", async () => {
    const labels = {
      "kustomize.toolkit.fluxcd.io/name": "app",
      "kustomize.toolkit.fluxcd.io/namespace": B,
    };
    const decoy = configMap(A, "decoy");
    await applyAsA(installation, { ...decoy, metadata: { ...decoy.metadata, labels } });
    const inventory = await read(installation, B, "kustomization/app", "{.status.inventory}");

    const token = await nudge(installation, B, "kustomization/app");
    const handled = "{.status.lastHandledReconcileAt}";
    await until(
      installation,
      "the end of B's run",
      async () => await read(installation, B, "kustomization/app", handled) === token,
    );
    await untilReady(installation, B, "kustomization/app");

    await kubectl(plane, ["-n", A, "get", "configmap/decoy"]);
    assert.equal(
      await read(installation, B, "kustomization/app", "{.status.inventory}"),
      inventory,
    );
    assert.deepEqual(await readWeb(installation), before);
  });

  await t.step("A's health checks tell nothing of B's objects", async () => {
    await untilSays(installation, A, "kustomization/looker", {
      reason: "HealthCheckFailed",
      says: "Deployment/team-b/web status: 'NotFound'",
    });
    await kubectl(plane, ["-n", A, "delete", "kustomization/looker"]);
  });

  await t.step("A keeps every worker busy, and B's commits still arrive", async () => {
    await occupy(installation, repository, stack);

    const commit = await repository.commit({ files: { "more.yaml": JSON.stringify(MORE) } });
    const startMs = performance.now();
    await nudge(installation, B, "gitrepository/app");
    await untilApplied(installation, commit);

    assert.ok(performance.now() - startMs < PATIENCE_MS);
    await kubectl(plane, ["-n", B, "get", "configmap/more"]);
  });
});

/** A reference of A's for each way there is, and what becomes of it. */
function namings(url: string): (Said & { name: string; object: KubeObject })[] {
  const blocked = "cross-namespace references have been blocked";
  return [
    {
      name: "sourceRef",
      object: kustomization(A, "namer", { sourceRef: { ...SOURCE.sourceRef, namespace: B } }),
      reason: "AccessDenied",
      says: `can't access 'GitRepository/team-b/app', ${blocked}`,
    },
    {
      name: "dependsOn",
      object: kustomization(A, "namer", { ...OWN, dependsOn: [{ name: "app", namespace: B }] }),
      reason: "AccessDenied",
      says: `can't access 'Kustomization/team-b/app', ${blocked}`,
    },
    {
      name: "imageRepositoryRef",
      object: {
        apiVersion: "image.toolkit.fluxcd.io/v1",
        kind: "ImagePolicy",
        metadata: { namespace: A, name: "namer" },
        spec: {
          imageRepositoryRef: { name: "web", namespace: B },
          policy: { semver: { range: "*" } },
        },
      },
      reason: "AccessDenied",
      says: `cannot access 'ImageRepository/team-b/web', ${blocked}`,
    },
    {
      name: "include",
      object: gitRepository(A, "namer", {
        url,
        secretRef: { name: "git" },
        include: [{ repository: { name: "of-b" } }],
      }),
      reason: "NotFound",
      says: "could not get resource for include 'of-b'",
    },
    {
      name: "secretRef",
      object: gitRepository(A, "namer", { url, secretRef: { name: "b" } }),
      reason: "AuthenticationFailed",
      says: "team-a/b",
    },
    {
      name: "substituteFrom",
      object: kustomization(A, "namer", {
        ...OWN,
        postBuild: { substituteFrom: [{ kind: "ConfigMap", name: "only-b" }] },
      }),
      reason: "BuildFailed",
      says: 'configmaps "only-b" not found',
    },
    {
      name: "serviceAccountName",
      object: kustomization(A, "namer", { ...OWN, serviceAccountName: "default" }),
      reason: "ReconciliationFailed",
      says: "cannot impersonate resource",
    },
    {
      name: "serviceAccountName with a namespace in it",
      object: kustomization(A, "namer", { ...OWN, serviceAccountName: "tenant:team-b:tenant" }),
      reason: "ReconciliationFailed",
      says: "cannot impersonate resource",
    },
  ];
}

/** Objects that never come to an end, more of them than there are workers. */
async function occupy(
  installation: Installation,
  repository: TestRepository,
  stack: AsyncDisposableStack,
): Promise<void> {
  const silent = stack.use(await startGitServer());
  silent.mode = "hang";
  const huge = Array.from({ length: HUGE }, (_, n) => JSON.stringify(configMap(A, `huge-${n}`)));
  // The same name twice, so that it is built over and over again, and nothing of it is applied.
  const files = { "huge/all.yaml": [...huge, huge[0]].join("\n---\n") };
  await repository.commit({ branch: "huge", files });
  const secretRef = { name: "git" };
  const timeout = "10m";
  const objects: KubeObject[] = [
    gitRepository(A, "huge", { url: repository.url, secretRef, ref: { branch: "huge" } }),
    kustomization(A, "huge", {
      ...OWN,
      path: "./huge",
      retryInterval: "1s",
      sourceRef: ref("huge"),
    }),
  ];
  for (let n = 0; n < MANY; n++) {
    objects.push(
      gitRepository(A, `silent-${n}`, { url: `${silent.url}/app`, timeout }),
      kustomization(A, `waits-${n}`, { ...OWN, dependsOn: [{ name: "huge" }] }),
      kustomization(A, `sick-${n}`, {
        ...OWN,
        namePrefix: `sick-${n}-`,
        wait: true,
        timeout,
        patches: [{ patch: NOWHERE, target: { kind: "Deployment" } }],
      }),
    );
  }
  await applyAsA(installation, ...objects);
  const busy = { type: "Reconciling", reason: "Progressing", says: "Running health checks" };
  await untilSays(installation, A, "kustomization/sick-0", busy);
  await untilSays(installation, A, "kustomization/huge", { reason: "BuildFailed", says: "huge-0" });
}

/** There is no such node. */
const NOWHERE = JSON.stringify([
  { op: "add", path: "/spec/template/spec/nodeSelector", value: { nowhere: "true" } },
]);

function ref(name: string): { kind: string; name: string } {
  return { kind: "GitRepository", name };
}

function configMap(namespace: string, name: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data: { tag: "1" } };
}

async function applyAsA({ plane }: Installation, ...items: readonly KubeObject[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  const words = ["apply", "--server-side", "--force-conflicts", "--filename=-", AS_A];
  await kubectl(plane, words, JSON.stringify(list));
}

/** What A may not do itself. */
async function refused({ plane }: Installation, words: string[], says: string): Promise<void> {
  const printed = await plane.kubectl([...words, AS_A]);
  assert.ok(!printed.ok);
  assert.ok(printed.message.includes(says), printed.message);
}

/** Asks for a run; gives what its answer names. */
async function nudge({ plane }: Installation, namespace: string, name: string): Promise<string> {
  const token = new Date().toISOString();
  const annotation = `reconcile.fluxcd.io/requestedAt=${token}`;
  await kubectl(plane, ["-n", namespace, "annotate", "--overwrite", name, annotation]);
  return token;
}

async function read(
  { plane }: Installation,
  namespace: string,
  name: string,
  path: string,
): Promise<string> {
  return await kubectl(plane, ["-n", namespace, "get", name, `--output=jsonpath=${path}`]);
}

/** B's Deployment: who it is, and what it says. */
async function readWeb(installation: Installation): Promise<string> {
  return await read(installation, B, "deployment/web", "{.metadata.uid} {.metadata.generation}");
}

async function untilApplied(installation: Installation, commit: string): Promise<void> {
  const path = "{.status.lastAppliedRevision}";
  const isApplied = async () =>
    (await read(installation, B, "kustomization/app", path)).endsWith(commit);
  await until(installation, `revision ${commit}`, isApplied);
}

async function until(
  { plane, lines }: Installation,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<void> {
  if (await lookUntil(isSo, (seen) => seen, { limitMs: PATIENCE_MS })) return;
  const objects = await kubectl(plane, ["get", "gitrepositories,kustomizations", "-A"]);
  throw new Error([`${what} was not seen`, objects, ...lines()].join("\n"));
}
