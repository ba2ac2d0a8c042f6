/**
 * The life of an application as its people live it: git and kubectl, nothing else.
 *
 * An encrypted Secret that is rotated is in tests/integration/sops_test.ts, where the real sops is.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { useTestCluster } from "../support/control_plane.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
  useToolkit,
} from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["source", "kustomize"] });
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git[Symbol.asyncDispose]());

function deployment(namespace: string, image: string, replicas = 1): string {
  return [
    "apiVersion: apps/v1",
    "kind: Deployment",
    `metadata: {name: web, namespace: ${namespace}}`,
    "spec:",
    `  replicas: ${replicas}`,
    "  selector: {matchLabels: {app: web}}",
    "  template:",
    "    metadata: {labels: {app: web}}",
    `    spec: {containers: [{name: web, image: "${image}"}]}`,
    "",
  ].join("\n");
}

function settings(namespace: string, name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${namespace}}\ndata: {a: b}\n`;
}

Deno.test("an application is deployed, upgraded, reverted, renamed, moved, wiped, restored and deleted", async (t) => {
  await using home = await cluster.openNamespace();
  const team = home.name;
  const space = `${team}-app`;
  const repository = await git.createRepository(team);
  const apps = kustomizationRef(team, "apps");
  const extras = kustomizationRef(team, "extras");

  /** What kubectl prints of an object of the application; nothing when it is not there. */
  const look = (kind: string, name: string, path: string): Promise<string> =>
    cluster.kubectl([
      "get",
      kind,
      name,
      `--namespace=${space}`,
      "--ignore-not-found",
      `--output=jsonpath={${path}}`,
    ]);
  const uidOf = (kind: string, name: string) => look(kind, name, ".metadata.uid");

  /** Waits until both Kustomizations are ready at a commit, as `flux reconcile` does. */
  async function rollOut(commit: string): Promise<void> {
    await toolkit.nudge(gitRepositoryRef(team, team));
    for (const ref of [apps, extras]) await toolkit.untilReady(ref, { status: "True", commit });
  }

  await t.step("deploy", async () => {
    const commit = await repository.commit({
      files: {
        "apps/namespace.yaml": `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${space}}\n`,
        "apps/web.yaml": deployment(space, "web:1"),
        "apps/settings.yaml": settings(space, "settings"),
        "extras/other.yaml": settings(space, "other"),
      },
    });
    const sourceRef = { kind: "GitRepository", name: team };
    await toolkit.apply(
      gitRepository(team, team, { url: repository.url, interval: "10m" }),
      kustomization(team, "apps", { path: "./apps", sourceRef, wait: true, timeout: "1m" }),
      kustomization(team, "extras", {
        path: "./extras",
        sourceRef,
        dependsOn: [{ name: "apps" }],
      }),
    );
    await rollOut(commit);

    assert.equal(await look("deployment", "web", ".status.readyReplicas"), "1");
  });

  await t.step("upgrade", async () => {
    await rollOut(
      await repository.commit({ files: { "apps/web.yaml": deployment(space, "web:2", 2) } }),
    );

    assert.equal(
      await look("deployment", "web", ".spec.template.spec.containers[0].image"),
      "web:2",
    );
    assert.equal(await look("deployment", "web", ".status.readyReplicas"), "2");
  });

  await t.step("git revert", async () => {
    const before = await uidOf("deployment", "web");
    await rollOut(await pushed(repository, "revert", "--no-edit", "HEAD"));

    assert.equal(
      await look("deployment", "web", ".spec.template.spec.containers[0].image"),
      "web:1",
    );
    assert.equal(await look("deployment", "web", ".spec.replicas"), "1");
    assert.equal(await uidOf("deployment", "web"), before);
  });

  await t.step("rename", async () => {
    await rollOut(
      await repository.commit({
        files: { "apps/settings.yaml": settings(space, "preferences") },
      }),
    );

    assert.equal(await uidOf("configmap", "settings"), "");
    assert.notEqual(await uidOf("configmap", "preferences"), "");
  });

  await t.step("move to another Kustomization: the object stays the same one", async () => {
    const before = await uidOf("configmap", "other");
    await Deno.rename(
      `${repository.workFolder}/extras/other.yaml`,
      `${repository.workFolder}/apps/other.yaml`,
    );
    await rollOut(
      await repository.commit({ files: { "extras/new.yaml": settings(space, "new") } }),
    );

    assert.equal(await uidOf("configmap", "other"), before);
    assert.deepEqual(await entriesOf(extras), [`${space}_new__ConfigMap`]);
  });

  await t.step("somebody wipes the namespace: everything comes back by itself", async () => {
    const before = await uidOf("deployment", "web");
    await cluster.kubectl(["delete", "namespace", space, "--wait=false"]);
    const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: space, name: "web" };
    await toolkit.until(
      web,
      "there again",
      (object) => object !== undefined && object.metadata.uid !== before,
      60_000,
    );
    for (const name of ["preferences", "other", "new"]) {
      const settings = { apiVersion: "v1", kind: "ConfigMap", namespace: space, name };
      await toolkit.until(settings, "there again", (object) => object !== undefined, 60_000);
    }
    for (const ref of [apps, extras]) await toolkit.untilReady(ref, { status: "True" }, 60_000);
  });

  await t.step("delete: what was applied goes, and what was not stays", async () => {
    await cluster.kubectl(["create", "configmap", "by-hand", `--namespace=${team}`]);
    for (const ref of [extras, apps]) await toolkit.remove(ref);
    await toolkit.until(
      { apiVersion: "v1", kind: "Namespace", name: space },
      "gone",
      (object) => object === undefined,
      60_000,
    );

    const left = await home.kubectl(["get", "configmap", "by-hand", "--output=name"]);
    assert.equal(left.trim(), "configmap/by-hand");
  });

  async function entriesOf(ref: typeof apps): Promise<unknown> {
    const entries = fieldOf(await toolkit.read(ref), "status", "inventory", "entries");
    return Array.isArray(entries) ? entries.map((entry: KubeObject) => fieldOf(entry, "id")) : [];
  }
});

/** Commits by a command of git itself, pushes, and gives the id. */
async function pushed(repository: TestRepository, ...args: string[]): Promise<string> {
  await repository.git(...args);
  await repository.git("push", "--quiet", "origin", "main");
  return await repository.git("rev-parse", "HEAD");
}
