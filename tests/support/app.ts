/**
 * One repository, its GitRepository and its Kustomization, in a namespace of one test.
 *
 * @module
 */
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { fieldOf, isHandled } from "../../tools/demo/observe.ts";
import { type TestCluster, type TestNamespace, useTestCluster } from "./control_plane.ts";
import type { CommitOptions, TestRepository } from "./git_repository.ts";
import { type GitServer, startGitServer } from "./git_server.ts";
import {
  gitRepository,
  gitRepositoryRef,
  kustomization,
  kustomizationRef,
  type Toolkit,
  type ToolkitOptions,
  useToolkit,
} from "./toolkit.ts";

/** What an app is made with. */
export interface AppTools {
  readonly cluster: TestCluster;
  readonly toolkit: Toolkit;
  readonly git: GitServer;
}

/**
 * A cluster, the controllers of sources and Kustomizations, and a git server for a file of tests; `own` asks for
 * a cluster that no other file uses.
 */
export function useApps(
  { own = false, ...options }: { own?: boolean } & Omit<ToolkitOptions, "components"> = {},
): AppTools {
  const cluster = useTestCluster({ own });
  const toolkit = useToolkit(cluster, { components: ["source", "kustomize"], ...options });
  let git: GitServer | undefined;
  Deno.test.beforeAll(async () => {
    git = await startGitServer();
  });
  Deno.test.afterAll(() => git?.stop());
  return {
    cluster,
    toolkit,
    get git() {
      if (git === undefined) throw new TypeError("the git server runs only while tests do");
      return git;
    },
  };
}

/** What is asked for at first. */
export interface AppOptions {
  /** Files of the first commit. */
  readonly files: CommitOptions["files"] & object;
  /** Of the Kustomization, over `path: ./` and `targetNamespace`. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Runs in the namespace before anything is applied there. */
  readonly prepare?: (namespace: TestNamespace) => Promise<unknown>;
  /** False where the first run is not meant to end well. */
  readonly waits?: boolean;
}

/** See the module's description; the Kustomization is deleted and the namespace too when disposed of. */
export interface App extends AsyncDisposable {
  readonly namespace: TestNamespace;
  /** Name of the namespace. */
  readonly ns: string;
  readonly repository: TestRepository;
  /** The GitRepository. */
  readonly source: ObjectRef;
  /** The Kustomization. */
  readonly applied: ObjectRef;
  /** Asks for another spec. */
  respec(spec: Readonly<Record<string, unknown>>): Promise<void>;
  /** Commits, asks for a fetch, and waits until the commit is applied; gives the Kustomization. */
  rollOut(change: CommitOptions): Promise<KubeObject>;
  /** Asks for a run of the Kustomization and waits until it is over. */
  runAgain(): Promise<KubeObject>;
}

/** Makes an app and waits until its first commit is applied. */
export async function openApp(
  { cluster, toolkit, git }: AppTools,
  { files, spec = {}, prepare, waits = true }: AppOptions,
): Promise<App> {
  const namespace = await cluster.openNamespace();
  const ns = namespace.name;
  const repository = await git.createRepository(`app-${ns}`);
  const commit = await repository.commit({ files });
  const applied = kustomizationRef(ns, "app");
  const source = gitRepositoryRef(ns, "app");
  const respec = (spec: Readonly<Record<string, unknown>>) =>
    toolkit.apply(kustomization(ns, "app", { targetNamespace: ns, ...spec }));

  await prepare?.(namespace);
  await toolkit.apply(gitRepository(ns, "app", { url: repository.url }));
  await respec(spec);
  if (waits) await toolkit.untilReady(applied, { status: "True", commit });
  return {
    namespace,
    ns,
    repository,
    source,
    applied,
    respec,
    async rollOut(change) {
      const commit = await repository.commit(change);
      await toolkit.nudge(source);
      return await toolkit.untilReady(applied, { status: "True", commit });
    },
    async runAgain() {
      await toolkit.nudge(applied);
      const ran = await toolkit.until(
        applied,
        "run as asked",
        (object) => object !== undefined && isHandled(object),
      );
      if (ran === undefined) throw new Error("the Kustomization is gone");
      return ran;
    },
    async [Symbol.asyncDispose]() {
      await toolkit.cluster.remove(applied);
      await namespace[Symbol.asyncDispose]();
    },
  };
}

/** A ConfigMap with one entry, as YAML; `metadata` is further lines below `metadata:`. */
export function configMapYaml(name: string, value: string, metadata = ""): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${metadata}data:\n  key: "${value}"\n`;
}

/** A Deployment of one pod, as YAML; kwok brings it up, or lets it hang with `fate`. */
export function deploymentYaml(
  name: string,
  { fate = "", replicas = 1, image = "x:1" } = {},
): string {
  const annotations = fate === "" ? "" : `\n      annotations: {sluice.dev/test-pod: ${fate}}`;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}${annotations}
    spec:
      containers:
        - name: main
          image: example.test/${image}
`;
}

/** Names a ConfigMap. */
export function configMapRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "v1", kind: "ConfigMap", namespace, name };
}

/** Names a Deployment. */
export function deploymentRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "apps/v1", kind: "Deployment", namespace, name };
}

/** The ids in a Kustomization's inventory. */
export function inventoryOf(object: KubeObject | undefined): string[] {
  const entries = fieldOf(object, "status", "inventory", "entries");
  return Array.isArray(entries) ? entries.map((entry) => String(fieldOf(entry, "id"))) : [];
}

/** How often a Kustomization ran to its end with the build that is newest. */
export function runsOf(object: KubeObject): number {
  return Number(fieldOf(object, "status", "history", 0, "totalReconciliations"));
}

/** The entry that {@linkcode configMapYaml} writes. */
export function valueOf(object: KubeObject | undefined): unknown {
  return fieldOf(object, "data", "key");
}

/** Lets time pass in which nothing shall happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Whether there is no object (any more). */
export function isGone(object: KubeObject | undefined): boolean {
  return object === undefined;
}
