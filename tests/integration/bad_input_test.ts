/**
 * What people get wrong: the condition and reason are Flux's, the message says where, and what was applied stays.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { useApps } from "../support/app.ts";
import { startGitServer } from "../support/git_server.ts";
import {
  type Expected,
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
} from "../support/toolkit.ts";

const tools = useApps();
const { cluster, toolkit } = tools;

function configMap(name: string, value: string, more = ""): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data:\n  key: "${value}"\n`;
}

function deployment(name: string, fate: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
      annotations: {sluice.dev/test-pod: ${fate}}
    spec:
      containers:
        - name: main
          image: example.test/x:1
`;
}

interface BadCommit {
  readonly name: string;
  /** Files of the second commit; the first had one good ConfigMap. */
  readonly files: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly expected: Expected;
  readonly limitMs?: number;
}

const BAD_COMMITS: readonly BadCommit[] = [
  {
    name: "invalid YAML",
    files: { "app/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: [\n" },
    expected: { status: "False", reason: "BuildFailed", message: "app/b.yaml" },
  },
  {
    name: "a document without kind",
    files: { "app/b.yaml": "apiVersion: v1\nmetadata:\n  name: x\n" },
    expected: { status: "False", reason: "BuildFailed", message: "app/b.yaml" },
  },
  {
    name: "an unknown field in kustomization.yaml",
    files: { "app/kustomization.yaml": "resourcez:\n- a.yaml\n" },
    expected: { status: "False", reason: "BuildFailed", message: "resourcez" },
  },
  {
    name: "a resource that is not there",
    files: { "app/kustomization.yaml": "resources:\n- a.yaml\n- nope.yaml\n" },
    expected: { status: "False", reason: "BuildFailed", message: "nope.yaml" },
  },
  {
    name: "a kind that the server does not have",
    files: { "app/b.yaml": "apiVersion: nope.example.com/v1\nkind: Nope\nmetadata:\n  name: b\n" },
    expected: {
      status: "False",
      reason: "ReconciliationFailed",
      message: 'no matches for kind "Nope" in version "nope.example.com/v1"',
    },
  },
  {
    name: "a value that the server refuses",
    files: {
      "app/b.yaml":
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: b\nspec:\n  ports:\n  - port: 99999\n",
    },
    expected: { status: "False", reason: "ReconciliationFailed", message: "spec.ports[0].port" },
  },
  {
    name: "an unhealthy Deployment",
    files: { "app/b.yaml": deployment("b", "hang") },
    spec: { wait: true, timeout: "30s" },
    expected: {
      status: "False",
      reason: "HealthCheckFailed",
      message: "Deployment/",
    },
    limitMs: 120_000,
  },
];

for (const { name, files, spec, expected, limitMs } of BAD_COMMITS) {
  Deno.test(`${name}: the condition says so, what was applied stays, the next good commit mends it`, async () => {
    await using namespace = await cluster.openNamespace();
    const ns = namespace.name;
    const repository = await tools.git.createRepository(`bad-${ns}`);
    const good = await repository.commit({ files: { "app/a.yaml": configMap("a", "one") } });
    await toolkit.apply(
      gitRepository(ns, "app", { url: repository.url }),
      kustomization(ns, "app", {
        path: "./app",
        targetNamespace: ns,
        retryInterval: "1h",
        ...spec,
      }),
    );
    const applied = kustomizationRef(ns, "app");
    await toolkit.untilReady(applied, { status: "True", commit: good });
    const before = await toolkit.read(configMapRef(ns, "a"));

    await repository.commit({ files });
    await toolkit.nudge(gitRepositoryRef(ns, "app"));
    const failed = await toolkit.untilReady(applied, expected, limitMs);

    const after = await toolkit.read(configMapRef(ns, "a"));
    assert.equal(after.metadata.resourceVersion, before.metadata.resourceVersion);
    assert.ok(String(fieldOf(failed, "status", "lastAppliedRevision")).endsWith(good));
    assert.ok(inventoryOf(failed).includes(`${ns}_a__ConfigMap`));

    const mended = await repository.commit({
      files: { "app/a.yaml": configMap("a", "two") },
      delete: Object.keys(files),
    });
    await toolkit.nudge(gitRepositoryRef(ns, "app"));
    const ready = await toolkit.untilReady(applied, { status: "True", commit: mended });
    assert.deepEqual(inventoryOf(ready), [`${ns}_a__ConfigMap`]);
    await toolkit.remove(applied);
  });
}

Deno.test("a path that is not there is ArtifactFailed and names the path", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`path-${ns}`);
  await repository.commit({ files: { "app/a.yaml": configMap("a", "one") } });

  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url }),
    kustomization(ns, "app", { path: "./nowhere" }),
  );

  await toolkit.untilReady(kustomizationRef(ns, "app"), {
    status: "False",
    reason: "ArtifactFailed",
    message: "kustomization path not found: stat nowhere: no such file or directory",
  });
});

Deno.test("an object that the account may not write is Forbidden by name, and nothing is written", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`rbac-${ns}`);
  await repository.commit({ files: { "a.yaml": configMap("a", "one") } });
  await namespace.kubectl(["create", "serviceaccount", "weak"]);

  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url }),
    kustomization(ns, "app", { targetNamespace: ns, serviceAccountName: "weak" }),
  );

  const failed = await toolkit.untilReady(kustomizationRef(ns, "app"), {
    status: "False",
    reason: "ReconciliationFailed",
    message: `ConfigMap/${ns}/a dry-run failed (Forbidden): `,
  });
  const { message = "" } = readinessOf(failed) ?? {};
  assert.ok(message.includes(`system:serviceaccount:${ns}:weak`), message);
  assert.equal((await toolkit.cluster.get(configMapRef(ns, "a"))).ok, false);
});

Deno.test("an immutable field is refused without force and the object recreated with it", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await tools.git.createRepository(`immutable-${ns}`);
  const good = await repository.commit({
    files: { "a.yaml": configMap("a", "one", "immutable: true\n") },
  });
  const applied = kustomizationRef(ns, "app");
  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url }),
    kustomization(ns, "app", { targetNamespace: ns, retryInterval: "1h" }),
  );
  await toolkit.untilReady(applied, { status: "True", commit: good });
  const before = await toolkit.read(configMapRef(ns, "a"));

  const bad = await repository.commit({
    files: { "a.yaml": configMap("a", "two", "immutable: true\n") },
  });
  await toolkit.nudge(gitRepositoryRef(ns, "app"));
  await toolkit.untilReady(applied, {
    status: "False",
    reason: "ReconciliationFailed",
    message: "field is immutable",
  });
  assert.equal((await toolkit.read(configMapRef(ns, "a"))).metadata.uid, before.metadata.uid);

  await toolkit.apply(kustomization(ns, "app", { targetNamespace: ns, force: true }));
  await toolkit.untilReady(applied, { status: "True", commit: bad });
  const after = await toolkit.read(configMapRef(ns, "a"));
  assert.notEqual(after.metadata.uid, before.metadata.uid);
  assert.deepEqual(after.data, { key: "two" });
});

interface Urls {
  readonly good: string;
  readonly locked: string;
  readonly absent: string;
  readonly closed: string;
}

interface BadSource {
  readonly name: string;
  readonly spec: (urls: Urls) => Record<string, unknown>;
  readonly expected: Expected;
}

const BAD_SOURCES: readonly BadSource[] = [
  {
    name: "a server that does not answer",
    spec: ({ closed }) => ({ url: closed }),
    expected: { status: "False", reason: "GitOperationFailed", message: "connection refused" },
  },
  {
    name: "a server that wants a login",
    spec: ({ locked }) => ({ url: locked }),
    expected: { status: "False", reason: "GitOperationFailed", message: "authentication required" },
  },
  {
    name: "a repository that is not there",
    spec: ({ absent }) => ({ url: absent }),
    expected: { status: "False", reason: "GitOperationFailed", message: "repository not found" },
  },
  {
    name: "an unknown branch",
    spec: ({ good }) => ({ url: good, ref: { branch: "nope" } }),
    expected: {
      status: "False",
      reason: "GitOperationFailed",
      message: 'couldn\'t find remote ref "refs/heads/nope"',
    },
  },
  {
    name: "a Secret that is not there",
    spec: ({ good }) => ({ url: good, secretRef: { name: "gone" } }),
    expected: { status: "False", reason: "AuthenticationFailed", message: '"gone" not found' },
  },
  {
    name: "a provider of other servers",
    spec: ({ good }) => ({ url: good, provider: "aws" }),
    expected: {
      status: "False",
      reason: "AuthenticationFailed",
      message: "AWS CodeCommit authentication requires an HTTPS Git URL",
    },
  },
];

for (const { name, spec, expected } of BAD_SOURCES) {
  Deno.test(`${name}: the GitRepository says so`, async () => {
    await using namespace = await cluster.openNamespace();
    const ns = namespace.name;
    await using locked = await startGitServer({ auth: { username: "u", password: "p" } });
    const [open, closed] = [
      await tools.git.createRepository(`src-${ns}`),
      await locked.createRepository("x"),
    ];
    await open.commit({ files: { "a.yaml": configMap("a", "one") } });
    const urls = {
      good: open.url,
      locked: closed.url,
      absent: `${tools.git.url}/absent.git`,
      // A port on which nobody listens, and which nobody is given.
      closed: "http://127.0.0.1:2/x.git",
    };

    await toolkit.apply(gitRepository(ns, "app", spec(urls)));

    const failed = await toolkit.untilReady(gitRepositoryRef(ns, "app"), expected);
    assert.equal(fieldOf(failed, "status", "artifact"), undefined);
  });
}

Deno.test("a revoked login keeps the last good artifact served and everything applied", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  await using server = await startGitServer();
  const repository = await server.createRepository("app");
  const good = await repository.commit({ files: { "a.yaml": configMap("a", "one") } });
  const source = gitRepositoryRef(ns, "app");
  const applied = kustomizationRef(ns, "app");
  await toolkit.apply(
    gitRepository(ns, "app", { url: repository.url }),
    kustomization(ns, "app", { targetNamespace: ns }),
  );
  await toolkit.untilReady(applied, { status: "True", commit: good });

  server.mode = "unauthorized";
  await toolkit.nudge(source);
  const failed = await toolkit.untilReady(source, {
    status: "False",
    reason: "GitOperationFailed",
  });

  const artifact = fieldOf(failed, "status", "artifact", "url");
  const answer = await fetch(String(artifact));
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
  assert.equal(readinessOf(await toolkit.read(applied))?.status, "True");
  server.mode = "serve";
});

function configMapRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "v1", kind: "ConfigMap", namespace, name };
}

function inventoryOf(object: KubeObject): string[] {
  const entries = fieldOf(object, "status", "inventory", "entries");
  return Array.isArray(entries) ? entries.map((entry) => String(fieldOf(entry, "id"))) : [];
}
