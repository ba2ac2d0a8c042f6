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
import { checkSignature, makeSigningKey } from "../../tools/demo/signing_key.ts";
import { print } from "../../tools/terminal.ts";
import { useTestCluster } from "../support/control_plane.ts";
import type { TestRepository } from "../support/git_repository.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { startRegistry } from "../support/registry.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
  useToolkit,
} from "../support/toolkit.ts";

const cluster = useTestCluster();
const toolkit = useToolkit(cluster, {
  components: ["source", "kustomize", "image-reflector", "image-automation"],
});
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git?.[Symbol.asyncDispose]());

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
    "    spec:",
    "      containers:",
    "        - name: web",
    `          image: ${image}`,
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
      180_000,
    );
    for (const name of ["preferences", "other", "new"]) {
      const settings = { apiVersion: "v1", kind: "ConfigMap", namespace: space, name };
      await toolkit.until(settings, "there again", (object) => object !== undefined, 180_000);
    }
    for (const ref of [apps, extras]) await toolkit.untilReady(ref, { status: "True" }, 180_000);
  });

  await t.step("delete: what was applied goes, and what was not stays", async () => {
    await cluster.kubectl(["create", "configmap", "by-hand", `--namespace=${team}`]);
    for (const ref of [extras, apps]) await toolkit.remove(ref);
    await toolkit.until(
      { apiVersion: "v1", kind: "Namespace", name: space },
      "gone",
      (object) => object === undefined,
      180_000,
    );

    const left = await home.kubectl(["get", "configmap", "by-hand", "--output=name"]);
    assert.equal(left.trim(), "configmap/by-hand");
  });

  async function entriesOf(ref: typeof apps): Promise<unknown> {
    const entries = fieldOf(await toolkit.read(ref), "status", "inventory", "entries");
    return Array.isArray(entries) ? entries.map((entry: KubeObject) => fieldOf(entry, "id")) : [];
  }
});

Deno.test("a new tag runs in the cluster by itself, by a signed commit", async () => {
  await using namespace = await cluster.openNamespace();
  const started = await startRegistry();
  assert.ok(started.ok, started.ok ? "" : started.message);
  await using registry = started.value;
  const team = namespace.name;
  const image = `${registry.host}/${team}`;
  await registry.pushImage(team, "1.0.0");
  const repository = await git.createRepository(team);
  const marker = `# {"$imagepolicy": "${team}:web"}`;
  const marked = deployment(team, `${image}:1.0.0 ${marker}`);
  await repository.commit({ files: { "apps/web.yaml": marked } });
  const key = await makeSigningKey();
  await toolkit.applySecret(team, "signing-key", { identity: key.identity });
  const sourceRef = { kind: "GitRepository", name: "web" };
  const web = { apiVersion: "apps/v1", kind: "Deployment", namespace: team, name: "web" };
  const imageKind = (kind: string, spec: Readonly<Record<string, unknown>>): KubeObject => ({
    apiVersion: "image.toolkit.fluxcd.io/v1",
    kind,
    metadata: { namespace: team, name: "web" },
    spec,
  });
  await toolkit.apply(
    gitRepository(team, "web", { url: repository.url, interval: "1s" }),
    kustomization(team, "web", { path: "./apps", sourceRef, wait: true }),
    imageKind("ImageRepository", { image, interval: "1s", insecure: true }),
    imageKind("ImagePolicy", {
      imageRepositoryRef: { name: "web" },
      policy: { semver: { range: "*" } },
    }),
    imageKind("ImageUpdateAutomation", {
      interval: "10m",
      sourceRef,
      git: {
        commit: {
          author: { email: "bot@example.com" },
          signingKey: { type: "ssh", secretRef: { name: "signing-key" } },
        },
      },
    }),
  );
  await toolkit.untilReady(kustomizationRef(team, "web"), { status: "True" });
  const policy = { ...imageKind("ImagePolicy", {}), namespace: team, name: "web" };
  await toolkit.untilReady(policy, { status: "True", message: "1.0.0" });

  const began = performance.now();
  await registry.pushImage(team, "1.1.0");
  await toolkit.until(
    web,
    "rolled out",
    (object) =>
      JSON.stringify(object?.spec).includes(`"${image}:1.1.0"`) &&
      fieldOf(object, "status", "updatedReplicas") === 1 &&
      fieldOf(object, "status", "readyReplicas") === 1 &&
      fieldOf(object, "status", "observedGeneration") === object?.metadata.generation,
  );
  const seconds = (performance.now() - began) / 1_000;

  await repository.git("fetch", "--quiet", "origin");
  const commit = await repository.git("rev-parse", "origin/main");
  const signature = await checkSignature(repository.bareFolder, commit, key.publicKey);
  assert.deepEqual(signature, { ok: true, value: "G" });
  assert.equal(await repository.git("rev-list", "--count", "origin/main"), "2");
  print(`a new tag ran ${seconds.toFixed(1)} s after its push, at intervals of one second`);
});

/** Commits by a command of git itself, pushes, and gives the id. */
async function pushed(repository: TestRepository, ...args: string[]): Promise<string> {
  await repository.git(...args);
  await repository.git("push", "--quiet", "origin", "main");
  return await repository.git("rev-parse", "HEAD");
}
