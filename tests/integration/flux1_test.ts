/**
 * A workload as Flux v1 users have it: a new image goes from a real registry into a real git repository, with no
 * Image object but the automation.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { captureText } from "../../tools/process.ts";
import { useTestCluster } from "../support/control_plane.ts";
import { type GitServer, startGitServer } from "../support/git_server.ts";
import { until } from "../support/kube_client.ts";
import { type Registry, REGISTRY_LOGIN, startRegistry } from "../support/registry.ts";
import { gitRepository, useToolkit } from "../support/toolkit.ts";

const IMAGE = "image.toolkit.fluxcd.io/v1";
const cluster = useTestCluster();
const toolkit = useToolkit(cluster, { components: ["image-automation"] });

let registry: Registry;
let git: GitServer;
Deno.test.beforeAll(async () => {
  const started = await startRegistry({ auth: true });
  if (!started.ok) throw new Error(started.message);
  registry = started.value;
  git = await startGitServer();
});
Deno.test.afterAll(async () => {
  await registry?.stop();
  await git?.[Symbol.asyncDispose]();
});

/** Odd spaces, a comment behind the value, line ends of Windows: all of it stays. */
function manifest(web: string, sidecar: string, annotations: readonly string[] = []): string {
  return [
    "# Flux v1 was here",
    "apiVersion: apps/v1",
    "kind: Deployment",
    "metadata:",
    "  name: web",
    "  annotations:",
    '    fluxcd.io/automated: "true"',
    "    fluxcd.io/tag.sidecar: semver:~1",
    ...annotations.map((line) => `    ${line}`),
    "spec:",
    "  template:",
    "    spec:",
    "      imagePullSecrets: [ {name: pull} ]",
    "      containers:",
    `      - { name: web,image: '${web}' }   # by date`,
    "      - name: sidecar",
    `        image:  ${sidecar}  # by version`,
    "",
  ].join("\r\n");
}

Deno.test("an annotated workload follows its registry, and nothing else of its file changes", async (t) => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const bot: ObjectRef = {
    apiVersion: IMAGE,
    kind: "ImageUpdateAutomation",
    namespace: ns,
    name: "bot",
  };
  const [web, sidecar] = ["web", "sidecar"].map((name) => `${registry.host}/${ns}/${name}`);
  assert.ok(web !== undefined && sidecar !== undefined);
  await registry.pushImage(`${ns}/web`, "zulu", { created: "2024-01-01T00:00:00Z" });
  await registry.pushImage(`${ns}/web`, "alpha", { created: "2024-02-01T00:00:00Z" });
  for (const tag of ["1.9.0", "1.10.0", "2.0.0"]) await registry.pushImage(`${ns}/sidecar`, tag);
  const { username, password } = REGISTRY_LOGIN;
  await namespace.kubectl([
    ...["create", "secret", "docker-registry", "pull", `--docker-server=${registry.host}`],
    ...[`--docker-username=${username}`, `--docker-password=${password}`],
  ]);
  const repository = await git.createRepository(ns);
  const file = "apps/web.yaml";
  const elsewhere = manifest(`${web}:0`, `${sidecar}:0`);
  await repository.commit({ files: { [file]: elsewhere, "other/web.yaml": elsewhere } });
  async function show(...args: string[]): Promise<string> {
    const printed = await captureText(["git", ...args], { cwd: repository.bareFolder });
    assert.ok(printed.ok, JSON.stringify(printed));
    return printed.value;
  }
  let last: unknown;
  async function untilPushed(): Promise<void> {
    const pushed = await toolkit.until(
      bot,
      "pushed",
      (object) => ![undefined, last].includes(commitOf(object)),
    );
    last = commitOf(pushed);
  }

  await t.step("the newest by date, and the highest version of the range", async () => {
    await toolkit.apply(
      gitRepository(ns, "app", { url: repository.url, interval: "10m" }),
      {
        apiVersion: IMAGE,
        kind: "ImageUpdateAutomation",
        metadata: { namespace: ns, name: "bot" },
        spec: {
          interval: "10m",
          sourceRef: { kind: "GitRepository", name: "app" },
          git: {
            commit: {
              author: { name: "Robot", email: "robot@example.com" },
              messageTemplate:
                "{{ range .Changed.Changes }}{{ .Setter }}: {{ .NewValue }}\n{{ end }}",
            },
          },
          update: { path: "./apps", strategy: "Setters" },
        },
      },
    );
    await untilPushed();

    assert.equal(await show("show", `main:${file}`), manifest(`${web}:alpha`, `${sidecar}:1.10.0`));
    assert.equal(await show("show", "main:other/web.yaml"), elsewhere);
    assert.equal(
      (await show("log", "-1", "--format=%B", "main")).trimEnd(),
      `fluxcd.io/automated: ${web}:alpha\nfluxcd.io/tag.sidecar: ${sidecar}:1.10.0`,
    );
  });

  await t.step("a new image, after a death of the controller: no date is read again", async () => {
    const read = () => registry.requests.filter((it) => it.startsWith(`GET /v2/${ns}/web/blobs/`));
    await toolkit.crash(async () => {
      await registry.pushImage(`${ns}/web`, "mike", { created: "2024-03-01T00:00:00Z" });
    });
    await untilPushed();

    assert.equal(await show("show", `main:${file}`), manifest(`${web}:mike`, `${sidecar}:1.10.0`));
    // Three images, each read once. The log is behind what it tells.
    await until(() => read().length >= 3);
    assert.equal(read().length, 3);
  });

  await t.step("a lock in git stops it, and Ready says why", async () => {
    const lock = ['fluxcd.io/locked: "true"', "fluxcd.io/locked_msg: freeze"];
    await registry.pushImage(`${ns}/web`, "november", { created: "2024-04-01T00:00:00Z" });
    const locked = manifest(`${web}:mike`, `${sidecar}:1.10.0`, lock);
    await repository.commit({ files: { [file]: locked } });
    await toolkit.nudge(bot);

    await toolkit.untilReady(bot, {
      status: "True",
      message: "left alone: default:deployment/web is locked: freeze",
    });
    assert.equal(await show("show", `main:${file}`), locked);
  });
});

function commitOf(object: KubeObject | undefined): unknown {
  return fieldOf(object ?? {}, "status", "lastPushCommit");
}
