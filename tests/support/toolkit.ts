/**
 * Sluice's controllers as a process of their own, for the tests of one file.
 *
 * @module
 */
import { resolveCallerPath, systemClock } from "../../lib/base/mod.ts";
import { type Cluster, type KubeObject, type ObjectRef, openCluster } from "../../lib/kube/mod.ts";
import {
  fieldOf,
  isHandled,
  nudge,
  type Readiness,
  readinessOf,
} from "../../tools/demo/observe.ts";
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { startControllers } from "../../tools/demo/start_controllers.ts";
import type { Background } from "../../tools/process.ts";
import type { TestCluster } from "./control_plane.ts";

/** Files of tests run beside each other on one cluster: each one's controllers see its objects only. */
const LABEL = "sluice.test/file";
/** Far beyond what anything takes: a machine may stand still for a while. */
const LIMIT_MS = 120_000;
const POLL_MS = 30;
const EVENT = { group: "", version: "v1", kind: "Event" };

/** What a test waits for in `Ready`. */
export interface Expected {
  readonly status: "True" | "False" | "Unknown";
  readonly reason?: string;
  /** Part of the message. */
  readonly message?: string;
  /** End of the applied or stored revision. */
  readonly commit?: string;
}

/** The controllers of a file of tests. */
export interface Toolkit {
  /** The cluster, as administrator. Only inside tests. */
  readonly cluster: Cluster;
  /** Applies objects; those of our kinds are given to this file's controllers. */
  apply(...objects: readonly KubeObject[]): Promise<void>;
  /** Applies a Secret. */
  applySecret(
    namespace: string,
    name: string,
    stringData: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Asks for a run now. */
  nudge(ref: ObjectRef): Promise<void>;
  /** Waits until `Ready` is as expected and gives the object; throws with what was there instead. */
  untilReady(ref: ObjectRef, expected: Expected, limitMs?: number): Promise<KubeObject>;
  /** Waits until the controllers have acted on the spec as it is now, be it by leaving the object alone. */
  untilObserved(ref: ObjectRef): Promise<KubeObject>;
  /** Waits until `isSo`. */
  until(
    ref: ObjectRef,
    what: string,
    isSo: (object: KubeObject | undefined) => boolean,
    limitMs?: number,
  ): Promise<KubeObject | undefined>;
  /** Reads an object; throws when it is not there. */
  read(ref: ObjectRef): Promise<KubeObject>;
  /** Deletes an object and waits until it is gone. */
  remove(ref: ObjectRef): Promise<void>;
  /** Waits for an event in `namespace` whose reason and message have these words. */
  untilEvent(namespace: string, words: string): Promise<void>;
  /** What the controllers have logged so far. */
  readLog(): Promise<string>;
  /** Waits until the log has this and gives what it captures: where there are several, of the last one. */
  untilLogged(pattern: RegExp): Promise<string>;
  /** Where the source controller keeps artifacts. */
  readonly storageFolder: string;
  /** Ends the controllers as `kill -9` does, then does what `meanwhile` says, and starts them again. */
  crash(meanwhile?: () => Promise<void>): Promise<void>;
}

/** How to start the controllers. */
export interface ToolkitOptions {
  /** All when absent. */
  readonly components?: readonly string[];
  /** Further flags. */
  readonly flags?: readonly string[];
  /** How the controllers reach the cluster; directly when absent. */
  readonly via?: { readonly kubeconfigPath: string };
  /** Environment variables, with paths as in the image; read when the controllers start. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files below `/var/run/secrets` of their pod. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Starts the controllers before the tests of this file and ends them afterwards. */
export function useToolkit(
  testCluster: TestCluster,
  { components = [], flags = [], env = {}, secrets = {}, via = testCluster }: ToolkitOptions = {},
): Toolkit {
  const label = crypto.randomUUID().slice(0, 8);
  let controllers: Background | undefined;
  let folder = "";
  let opened: Cluster | undefined;

  function start(): Promise<Background> {
    return startControllers({
      folder,
      kubeconfigPath: resolveCallerPath(via.kubeconfigPath),
      logPath: `${folder}/controllers.log`,
      flags: [
        `--watch-label-selector=${LABEL}=${label}`,
        "--requeue-dependency=5s",
        "--log-level=debug",
        ...(components.length > 0 ? [`--only=${components.join(",")}`] : []),
        ...flags,
      ],
      env,
    });
  }
  Deno.test.beforeAll(async () => {
    folder = await Deno.makeTempDir({ prefix: "sluice-toolkit-" });
    const kubeconfig = await Deno.readTextFile(resolveCallerPath(testCluster.kubeconfigPath));
    const cluster = await openCluster({ kubeconfig, clock: systemClock });
    if (!cluster.ok) throw new Error(cluster.message);
    opened = cluster.value;
    for (const [path, content] of Object.entries(secrets)) {
      const file = `${folder}/secrets/${path}`;
      await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(file, content);
    }
    controllers = await start();
  });
  Deno.test.afterAll(async () => {
    await controllers?.stop();
    await opened?.[Symbol.asyncDispose]();
    await removeFolder(folder);
  });

  function cluster(): Cluster {
    if (opened === undefined) throw new Error("the cluster is there only inside tests");
    return opened;
  }
  async function apply(...objects: readonly KubeObject[]): Promise<void> {
    for (const object of objects) {
      const isOurs = object.apiVersion.includes("toolkit.fluxcd.io/");
      const labels = { ...object.metadata.labels, ...(isOurs && { [LABEL]: label }) };
      const labelled = { ...object, metadata: { ...object.metadata, labels } };
      const applied = await cluster().apply(labelled, { fieldManager: "test", force: true });
      if (!applied.ok) throw new Error(applied.message);
    }
  }
  async function until(
    ref: ObjectRef,
    what: string,
    isSo: (object: KubeObject | undefined) => boolean,
    limitMs: number = LIMIT_MS,
  ): Promise<KubeObject | undefined> {
    const began = performance.now();
    while (true) {
      if (controllers?.running === false) {
        throw new Error(`the controllers ended:\n${controllers.lastLines.join("\n")}`);
      }
      const read = await cluster().get(ref);
      const object = read.ok ? read.value : undefined;
      if (isSo(object)) return object;
      if (performance.now() - began > limitMs) {
        const seen = read.ok ? JSON.stringify(read.value.status, null, 1) : read.message;
        throw new Error(`${ref.kind} ${ref.name}: not ${what} after ${limitMs} ms; it is ${seen}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  const readLog = () => Deno.readTextFile(`${folder}/controllers.log`);
  return {
    get cluster() {
      return cluster();
    },
    apply,
    applySecret: (namespace, name, stringData) =>
      apply({ apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, stringData }),
    async nudge(ref) {
      const nudged = await nudge(cluster(), ref);
      if (!nudged.ok) throw new Error(nudged.message);
    },
    async untilReady(ref, expected, limitMs) {
      const what = `Ready as in ${JSON.stringify(expected)}`;
      const object = await until(ref, what, (object) => isAs(object, expected), limitMs);
      if (object === undefined) throw new Error("unreachable: an absent object is not ready");
      return object;
    },
    async untilObserved(ref) {
      const object = await until(ref, "observed", isObserved);
      if (object === undefined) throw new Error("unreachable: an absent object is not observed");
      return object;
    },
    until,
    async read(ref) {
      const read = await cluster().get(ref);
      if (!read.ok) throw new Error(read.message);
      return read.value;
    },
    async remove(ref) {
      const removed = await cluster().remove(ref);
      if (!removed.ok && removed.code !== "NotFound") throw new Error(removed.message);
      await until(ref, "gone", (object) => object === undefined);
    },
    get storageFolder() {
      return `${folder}/artifacts`;
    },
    untilEvent: (namespace, words) =>
      poll(async () => {
        const listed = await cluster().list(EVENT, { namespace });
        const said = listed.ok
          ? listed.value.items.map(({ reason, message }) => `${reason} ${message}`)
          : [listed.message];
        return said.some((line) => line.includes(words)) ? { value: undefined } : said.join("\n");
      }, `no event says: ${words}`),
    readLog,
    untilLogged: (pattern) =>
      poll(async () => {
        const log = await readLog();
        const [, captured = ""] = [...log.matchAll(new RegExp(pattern, "g"))].at(-1) ?? [];
        return captured === "" ? log.slice(-2_000) : { value: captured };
      }, `the log has no ${pattern}`),
    async crash(meanwhile) {
      await controllers?.kill();
      await meanwhile?.();
      controllers = await start();
    },
  };
}

/** Asks until there is a value; fails with what was seen instead. */
async function poll<T>(ask: () => Promise<{ value: T } | string>, failure: string): Promise<T> {
  const began = performance.now();
  while (true) {
    const answer = await ask();
    if (typeof answer !== "string") return answer.value;
    if (performance.now() - began > LIMIT_MS) throw new Error(`${failure}; there is:\n${answer}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function isObserved(object: KubeObject | undefined): boolean {
  return object !== undefined &&
    fieldOf(object, "status", "observedGeneration") === object.metadata.generation;
}

function isAs(object: KubeObject | undefined, expected: Expected): boolean {
  const ready: Readiness | undefined = object && readinessOf(object);
  if (object === undefined || ready === undefined) return false;
  const { status, reason, message, commit } = expected;
  // What was said before the test's last words, a new spec or a nudge, is no answer to them.
  const isAnswer = ready.observedGeneration === object.metadata.generation && isHandled(object);
  if (status !== "Unknown" && !isAnswer) return false;
  const revisions = [
    fieldOf(object, "status", "lastAppliedRevision"),
    fieldOf(object, "status", "artifact", "revision"),
  ];
  return ready.status === status &&
    (reason === undefined || ready.reason === reason) &&
    (message === undefined || ready.message.includes(message)) &&
    (commit === undefined || revisions.some((revision) => String(revision).endsWith(commit)));
}

/** A GitRepository. */
export function gitRepository(
  namespace: string,
  name: string,
  spec: Readonly<Record<string, unknown>>,
): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { namespace, name },
    spec: { interval: "10m", ref: { branch: "main" }, ...spec },
  };
}

/** A Kustomization of the GitRepository of the same name, unless `spec` says otherwise. */
export function kustomization(
  namespace: string,
  name: string,
  spec: Readonly<Record<string, unknown>>,
): KubeObject {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace, name },
    spec: {
      interval: "10m",
      prune: true,
      sourceRef: { kind: "GitRepository", name },
      ...spec,
    },
  };
}

/** Names a GitRepository. */
export function gitRepositoryRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", namespace, name };
}

/** Names a Kustomization. */
export function kustomizationRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization", namespace, name };
}
