/**
 * Flags that decide what controllers see and whom they act as, on a real API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";
import { capture, type Finished } from "../../tools/process.ts";
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

const OWN_NAMESPACE = `flags-${crypto.randomUUID().slice(0, 8)}`;
const MAIN = fileURLToPath(new URL("../../controllers/main.ts", import.meta.url));
const cluster = useTestCluster();
const narrow = useToolkit(cluster, {
  components: ["source"],
  flags: ["--watch-all-namespaces=false", "--metrics-addr=127.0.0.1:0"],
  env: { RUNTIME_NAMESPACE: OWN_NAMESPACE, SLUICE_CONCURRENT: "1" },
});
const guarded = useToolkit(cluster, {
  components: ["source", "kustomize"],
  flags: [
    "--no-cross-namespace-refs",
    "--default-service-account=tenant",
    "--override-manager=former-tool",
    "--custom-apply-stage-kinds=/ConfigMap",
    "--artifact-digest-algo=blake3",
  ],
});
let git: GitServer;
Deno.test.beforeAll(async () => {
  git = await startGitServer();
});
Deno.test.afterAll(() => git?.[Symbol.asyncDispose]());

Deno.test("--watch-all-namespaces=false leaves the objects of other namespaces alone", async () => {
  await using other = await cluster.openNamespace();
  await cluster.kubectl(["create", "namespace", OWN_NAMESPACE]);
  const { url } = await openSettings("narrow", {});
  await narrow.apply(
    gitRepository(other.name, "app", { url }),
    gitRepository(OWN_NAMESPACE, "app", { url }),
  );

  await narrow.untilReady(gitRepositoryRef(OWN_NAMESPACE, "app"), { status: "True" });

  // It was there first, so it would have been the first to be fetched.
  const untouched = await narrow.read(gitRepositoryRef(other.name, "app"));
  assert.equal(fieldOf(untouched, "status", "conditions"), undefined);
  assert.equal(untouched.metadata.finalizers, undefined);
  await narrow.remove(gitRepositoryRef(OWN_NAMESPACE, "app"));
  await cluster.kubectl(["delete", "namespace", OWN_NAMESPACE, "--wait=false"]);
});

Deno.test("--watch-label-selector leaves objects without the label alone", async () => {
  await using namespace = await cluster.openNamespace();
  const { url } = await openSettings("label", {});
  const bare = gitRepository(namespace.name, "bare", { url });
  await namespace.kubectl(["apply", "--filename=-"], JSON.stringify(bare));
  await guarded.apply(gitRepository(namespace.name, "labelled", { url }));

  await guarded.untilReady(gitRepositoryRef(namespace.name, "labelled"), { status: "True" });

  const untouched = await guarded.read(gitRepositoryRef(namespace.name, "bare"));
  assert.equal(untouched.metadata.finalizers, undefined);
  await guarded.remove(gitRepositoryRef(namespace.name, "labelled"));
});

Deno.test("--concurrent bounds the runs of a kind, also from the environment", async () => {
  const port = await narrow.untilLogged(/"metrics":(\d+)/);
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);

  const text = await answer.text();
  assert.match(
    text,
    /controller_runtime_max_concurrent_reconciles\{controller="gitrepository"\} 1\n/,
  );
});

Deno.test("--no-cross-namespace-refs refuses a source of another namespace", async () => {
  await using mine = await cluster.openNamespace();
  await using theirs = await cluster.openNamespace();
  const { url } = await openSettings("theirs", {});
  await guarded.apply(gitRepository(theirs.name, "app", { url }));
  await guarded.untilReady(gitRepositoryRef(theirs.name, "app"), { status: "True" });

  const sourceRef = { kind: "GitRepository", name: "app", namespace: theirs.name };
  await guarded.apply(kustomization(mine.name, "app", { sourceRef }));

  await guarded.untilReady(kustomizationRef(mine.name, "app"), {
    status: "False",
    reason: "AccessDenied",
    message: `can't access 'GitRepository/${theirs.name}/app', ` +
      "cross-namespace references have been blocked",
  });
  await guarded.remove(kustomizationRef(mine.name, "app"));
  await guarded.remove(gitRepositoryRef(theirs.name, "app"));
});

Deno.test("--artifact-digest-algo names what is stored, and whoever builds from it takes that", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const { url } = await openSettings("digest", { a: "1" });
  await namespace.kubectl(["create", "serviceaccount", "tenant"]);
  await namespace.letEdit("tenant");
  await guarded.apply(
    gitRepository(ns, "app", { url }),
    kustomization(ns, "app", { targetNamespace: ns }),
  );

  await guarded.untilReady(kustomizationRef(ns, "app"), { status: "True" });

  const source = await guarded.read(gitRepositoryRef(ns, "app"));
  assert.match(String(fieldOf(source, "status", "artifact", "digest")), /^blake3:[0-9a-f]{64}$/);
  await guarded.remove(kustomizationRef(ns, "app"));
  await guarded.remove(gitRepositoryRef(ns, "app"));
});

Deno.test("--default-service-account applies with that account's rights and no others", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const { url } = await openSettings("tenant", { a: "1" });
  await namespace.kubectl(["create", "serviceaccount", "tenant"]);
  await guarded.apply(
    gitRepository(ns, "app", { url }),
    kustomization(ns, "app", { targetNamespace: ns }),
  );

  await guarded.untilReady(kustomizationRef(ns, "app"), {
    status: "False",
    message: `User "system:serviceaccount:${ns}:tenant" cannot patch resource "configmaps"`,
  });
  await namespace.letEdit("tenant");
  await guarded.nudge(kustomizationRef(ns, "app"));

  await guarded.untilReady(kustomizationRef(ns, "app"), { status: "True" });
  await guarded.remove(kustomizationRef(ns, "app"));
  await guarded.remove(gitRepositoryRef(ns, "app"));
});

Deno.test("--override-manager takes over the fields of the manager it names", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const { url } = await openSettings("override", { a: "1" });
  await namespace.kubectl(["create", "serviceaccount", "tenant"]);
  await namespace.letEdit("tenant");
  const former = settings({ a: "1", b: "2" });
  await namespace.kubectl(
    ["apply", "--server-side", "--field-manager=former-tool", "--filename=-"],
    JSON.stringify(former),
  );
  await guarded.apply(
    gitRepository(ns, "app", { url }),
    kustomization(ns, "app", { targetNamespace: ns }),
  );

  await guarded.untilReady(kustomizationRef(ns, "app"), { status: "True" });

  const ref: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: ns, name: "settings" };
  assert.deepEqual((await guarded.read(ref)).data, { a: "1" });
  await guarded.remove(kustomizationRef(ns, "app"));
  await guarded.remove(gitRepositoryRef(ns, "app"));
});

Deno.test("--custom-apply-stage-kinds applies its kinds before it tries the rest", async () => {
  await using namespace = await cluster.openNamespace();
  const ns = namespace.name;
  await namespace.kubectl(["create", "serviceaccount", "tenant"]);
  await namespace.letEdit("tenant");
  const repository = await openSettings("stages", { a: "1" });
  const rbac = "rbac.authorization.k8s.io/v1";
  const role = { apiVersion: rbac, kind: "Role", metadata: { name: "more" }, rules: [] };
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "later" } };
  await repository.commit({
    files: { "role.yaml": JSON.stringify(role), "secret.yaml": JSON.stringify(secret) },
  });
  const { url } = repository;
  await guarded.apply(
    gitRepository(ns, "app", { url }),
    kustomization(ns, "app", { targetNamespace: ns, deletionPolicy: "Orphan" }),
  );

  // An editor may write ConfigMaps and Secrets, and no roles.
  await guarded.untilReady(kustomizationRef(ns, "app"), {
    status: "False",
    message: 'cannot patch resource "roles"',
  });

  const named = (kind: string, name: string) => ({ apiVersion: "v1", kind, namespace: ns, name });
  assert.equal((await guarded.cluster.get(named("ConfigMap", "settings"))).ok, true);
  assert.equal((await guarded.cluster.get(named("Secret", "later"))).ok, false);
  await guarded.remove(kustomizationRef(ns, "app"));
  await guarded.remove(gitRepositoryRef(ns, "app"));
});

const refused = [
  { name: "a misspelt flag", args: ["--concurent=2"], says: /did you mean "--concurrent"\?/ },
  {
    name: "a gate that is not there",
    args: ["--feature-gates=Other=true"],
    says: /"Other" is not/,
  },
  {
    name: "a flag nobody acts on",
    args: ["--receiverAddr=:1"],
    says: /is for notification, which is not here yet/,
  },
  {
    name: "a misspelt name in the file",
    file: "log-levle: debug\n",
    says: /flags\.yaml: Unknown flag "log-levle"; did you mean "log-level"\?/,
  },
  {
    name: "a wrong value in the file, before it looks for a cluster",
    file: "only: [surce]\n",
    says: /no component "surce"/,
  },
];

for (const { name, args = [], file = "", says } of refused) {
  Deno.test(`the controllers refuse ${name} and end`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "sluice-flags-" });
    await Deno.writeTextFile(`${folder}/flags.yaml`, file);

    const got = await runMain(folder, [`--config=${folder}/flags.yaml`, ...args]);

    await Deno.remove(folder, { recursive: true });
    assert.equal(got.code, 2);
    assert.match(got.stderr, says);
  });
}

Deno.test("--help lists flags by component, with examples, and needs no cluster", async () => {
  const got = await runMain("/nowhere", ["--help"]);

  assert.equal(got.code, 0);
  assert.match(got.stdout, /^Examples:\n {2}deno task run /m);
  assert.match(got.stdout, /^kustomize:\n( {2}--.*\n)* {2}--no-remote-bases /m);
});

async function runMain(folder: string, args: readonly string[]): Promise<Finished> {
  const permissions = [`--allow-read=${folder}`, "--allow-env=INIT_CWD,SLUICE_*", "--ignore-env"];
  const ran = await capture([Deno.execPath(), "run", ...permissions, MAIN, ...args]);
  if (!ran.ok) throw new Error(ran.message);
  return ran.value;
}

function settings(data: Readonly<Record<string, string>>) {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data };
}

/** A repository with one ConfigMap. */
async function openSettings(
  name: string,
  data: Readonly<Record<string, string>>,
): Promise<TestRepository> {
  const repository = await git.createRepository(`${name}-${crypto.randomUUID().slice(0, 8)}`);
  await repository.commit({ files: { "settings.yaml": JSON.stringify(settings(data)) } });
  return repository;
}
