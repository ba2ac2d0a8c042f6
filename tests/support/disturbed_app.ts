/**
 * An app whose controllers reach their API server through a proxy that disturbs, on a control plane that writes
 * down all that happens: the history is judged in the end, not the log.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Cluster, KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import type { ControlPlane } from "../../tools/controlplane/start.ts";
import { fieldOf, readinessOf } from "../../tools/demo/observe.ts";
import { startControllers } from "../../tools/demo/start_controllers.ts";
import type { Background } from "../../tools/process.ts";
import { kubeconfigThrough, startApiProxy } from "./api_proxy.ts";
import { configMapRef, pause } from "./app.ts";
import { openAuditedPlane } from "./audited_plane.ts";
import { makeCertificates } from "./certificates.ts";
import type { FaultProxy } from "./fault_proxy.ts";
import type { TestRepository } from "./git_repository.ts";
import { startGitServer } from "./git_server.ts";
import { Hearsay } from "./hearsay.ts";
import { checkHistory } from "./history/check.ts";
import { CONTROLLERS } from "./history/story.ts";
import type { BuiltRevision, Judgement } from "./history/subject.ts";
import { lookUntil, untilSo } from "./look_until.ts";
import { gitRepository, gitRepositoryRef, kustomization, kustomizationRef } from "./toolkit.ts";

/** Names of ConfigMaps and what is in them. */
export type Content = Readonly<Record<string, string>>;

/** See the module's description. */
export interface DisturbedApp extends AsyncDisposable {
  readonly plane: ControlPlane;
  /** The cluster as administrator, not through the proxy. */
  readonly cluster: Cluster;
  readonly proxy: FaultProxy;
  readonly applied: ObjectRef;
  readonly source: ObjectRef;
  /** Commits these ConfigMaps and no others; gives the commit. */
  commit(content: Content): Promise<string>;
  /** Waits until a commit is applied, for at most what is promised after a fault. */
  untilApplied(commit: string, options?: AwaitedOptions): Promise<KubeObject>;
  /** Waits until something is so, for at most what is promised after a fault. */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
  /** What is in a ConfigMap of the cluster; nothing when it is not there. */
  valueAt(name: string): Promise<unknown>;
  /** Waits until the controllers have made such calls so often since now. */
  untilCalled(method: string, path: RegExp, times: number): Promise<void>;
  /** Counts such calls from now on. */
  countCalls(path: RegExp): () => number;
  /** Ends the controllers as `kill -9` does, and starts them again. */
  crash(meanwhile?: () => Promise<unknown>): Promise<void>;
  /** Lines of the controllers' log. */
  readLog(): Promise<string>;
  /** Fails when a promise was broken at any instant since the beginning, or the controllers have ended. */
  check(): Promise<void>;
}

/** For how long something is waited for. */
export interface AwaitedOptions {
  /** {@linkcode HEALED_MS} when absent. */
  readonly limitMs?: number;
  /** What makes the wait begin anew when it changes: with thousands of objects only a standstill is a failure. */
  readonly countSteps?: () => number;
}

/** Twice the retry interval and half a minute, and as much again where the machine is busy with something else. */
const HEALED_MS = 64_000;
/** What was told on a wire has been taken in by then, on a busy machine too. */
const TAKEN_IN_MS = 10_000;
const NAMESPACE = "default";
const APP = { namespace: NAMESPACE, name: "app" };

/** Who is tested: may do everything, and takes a seat of the API server, as `system:masters` do not. */
export const TESTED_GROUP = "sluice:tested";
const TESTED_BINDING = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  metadata: { name: "sluice-tested" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: TESTED_GROUP }],
};

/** Opens one; nothing is committed yet. */
export async function openDisturbedApp(): Promise<DisturbedApp> {
  await using opening = new AsyncDisposableStack();
  const audited = opening.use(await openAuditedPlane());
  const { plane, cluster } = audited;
  const certificates = await makeCertificates();
  const bound = await cluster.apply(TESTED_BINDING, { fieldManager: "test" });
  if (!bound.ok) throw new Error(bound.message);
  const direct = audited.kubeconfigOf(CONTROLLERS, TESTED_GROUP);
  const proxy = opening.use(await startApiProxy(direct, certificates));
  const git = opening.use(await startGitServer());
  const folder = await Deno.makeTempDir({ prefix: "sluice-disturbed-" });
  opening.defer(() => Deno.remove(folder, { recursive: true }));
  const kubeconfigPath = `${folder}/kubeconfig.yaml`;
  await Deno.writeTextFile(kubeconfigPath, kubeconfigThrough(proxy, direct, certificates));
  const logPath = `${folder}/controllers.log`;
  const start = () =>
    startControllers({
      folder,
      kubeconfigPath,
      logPath,
      flags: ["--only=source,kustomize", "--log-level=debug"],
    });
  let controllers: Background = await start();
  opening.defer(() => controllers.stop());
  const hearsay = new Hearsay();
  proxy.onPassed = (passed) => hearsay.take(passed, Date.now());
  const repository: TestRepository = await git.createRepository("app");
  const revisions: BuiltRevision[] = [];
  const applied = kustomizationRef(NAMESPACE, "app");
  const source = gitRepositoryRef(NAMESPACE, "app");
  for (
    const object of [
      gitRepository(NAMESPACE, "app", { url: repository.url, interval: "1s" }),
      kustomization(NAMESPACE, "app", { targetNamespace: NAMESPACE, retryInterval: "1s" }),
    ]
  ) {
    const made = await cluster.apply(object, { fieldManager: "test" });
    if (!made.ok) throw new Error(made.message);
  }
  const stack = opening.move();
  return {
    plane,
    cluster,
    proxy,
    applied,
    source,
    async commit(content) {
      const { items, yaml } = buildOf(content);
      const commit = await repository.commit({ files: { "all.yaml": yaml } });
      revisions.push({ revision: `main@sha1:${commit}`, objects: items });
      return commit;
    },
    untilApplied: (commit, options = {}) => untilApplied(cluster, applied, commit, options),
    until,
    async valueAt(name) {
      const read = await cluster.get(configMapRef(NAMESPACE, name));
      return read.ok ? fieldOf(read.value, "data", "value") : undefined;
    },
    untilCalled(method, path, times) {
      const count = countCalls(proxy, new RegExp(`^${method} .*${path.source}`));
      return until(`${times} × ${method} ${path}`, () => Promise.resolve(count() >= times));
    },
    countCalls: (path) => countCalls(proxy, path),
    async crash(meanwhile) {
      await controllers.kill();
      await meanwhile?.();
      controllers = await start();
    },
    readLog: () => Deno.readTextFile(logPath),
    async check() {
      assert.ok(controllers.running, "the controllers have ended");
      const [first] = revisions;
      assert.ok(first === undefined || hearsay.has(first.revision), "nobody listens at the proxy");
      const subject = { kustomization: APP, source: APP, revisions };
      const judgement: Judgement = {
        isOurs: (user) => user === CONTROLLERS,
        toldMs: (revision, servedMs) => hearsay.toldMs(revision, servedMs),
        lagMs: TAKEN_IN_MS,
      };
      // Somebody who reads an object may be ahead of the log.
      const violations = await lookUntil(
        async () => checkHistory(await audited.readSteps(), subject, judgement),
        (found) => found.every(({ invariant }) => invariant !== "I1"),
      );
      assert.deepEqual(violations, []);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function buildOf(content: Content): { items: KubeObject[]; yaml: string } {
  const items = Object.entries(content).map(([name, value]) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: NAMESPACE },
    data: { value },
  }));
  return { items, yaml: items.map((item) => `---\n${JSON.stringify(item)}\n`).join("") };
}

/** Looks at each call once. */
function countCalls({ calls }: FaultProxy, path: RegExp): () => number {
  let seen = calls.length;
  let count = 0;
  return () => {
    count += calls.slice(seen).filter((call) => path.test(call)).length;
    seen = calls.length;
    return count;
  };
}

async function untilApplied(
  cluster: Cluster,
  ref: ObjectRef,
  commit: string,
  { limitMs = HEALED_MS, countSteps = () => 0 }: AwaitedOptions,
): Promise<KubeObject> {
  let steps = countSteps();
  let beganMs = performance.now();
  for (;;) {
    const askedMs = performance.now();
    const read = await cluster.get(ref);
    const isReady = read.ok && readinessOf(read.value)?.status === "True" &&
      String(fieldOf(read.value, "status", "lastAppliedRevision")).endsWith(commit);
    if (isReady) return read.value;
    const now = countSteps();
    if (now !== steps) [steps, beganMs] = [now, performance.now()];
    if (performance.now() - beganMs > limitMs) {
      const seen = read.ok ? JSON.stringify(read.value.status, null, 1) : read.message;
      throw new Error(`${commit} is not applied after ${limitMs} ms: ${seen}`);
    }
    // Ten thousand objects on record are a megabyte: who asks for it all the time is the load.
    await pause(Math.max(50, 5 * (performance.now() - askedMs)));
  }
}

function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  return untilSo(what, isSo, { limitMs: HEALED_MS });
}
