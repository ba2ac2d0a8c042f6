/**
 * A Kustomization, its source and its cluster, without a server: for the tests of this folder.
 *
 * @module
 */
import { Kustomization, type KustomizationStatus } from "../../crds/mod.ts";
import {
  defaultBudget,
  fail,
  type Failure,
  type FileTree,
  ok,
  type Result,
  treeOf,
} from "../../lib/base/mod.ts";
import {
  attemptManifests,
  type BuildPool,
  type BuiltWithRemotes,
  type Manifests,
  type RemoteSource,
  type VariableSource,
} from "../../lib/delivery/mod.ts";
import { type LiveWatch, type ObjectRef, openLiveWatch } from "../../lib/kube/mod.ts";
import type { EventRecord, Outcome, StatusPatch } from "../../lib/runtime/mod.ts";
import type { KeyServices } from "../../lib/sops/mod.ts";
import { FakeClock } from "../../lib/testing/fake_clock.ts";
import { FakeCluster } from "../../lib/testing/fake_cluster.ts";
import { fakeRun } from "../../lib/testing/fake_run.ts";
import { OWNED_SELECTOR } from "./apply.ts";
import type { Claims } from "./claims.ts";
import type { KustomizeContext, KustomizeSettings, Source } from "./context.ts";
import { finalizeKustomization } from "./finalize.ts";
import { reconcileKustomization } from "./kustomization.ts";
import { Memory } from "./memory.ts";

/** The object of `configMap("a", …)`. */
export const A: ObjectRef = { apiVersion: "v1", kind: "ConfigMap", namespace: "apps", name: "a" };
/** The object of `configMap("b", …)`. */
export const B: ObjectRef = { ...A, name: "b" };

const SETTINGS: KustomizeSettings = {
  requeueDependencyMs: 30_000,
  concurrentSsa: 4,
  overrideManagers: [],
  customStageKinds: [],
  additiveReadyExpr: false,
  takesExternalArtifacts: false,
  allowsAccounts: false,
  isGuarded: false,
  noCrossNamespaceRefs: false,
  defaultServiceAccount: "",
  runtimeNamespace: "flux-system",
};

/** Builds on the spot, and tells of it. */
function poolOf(onBuild: (key: string) => void): BuildPool {
  return {
    build({ key, tree, spec, ...options }) {
      onBuild(key);
      return Promise.resolve(attemptManifests(tree, spec, options));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A ConfigMap with one entry. */
export function configMap(name: string, value: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: apps\ndata:\n  key: "${value}"\n`;
}

/** A Deployment of one pod. */
export function deployment(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: apps
spec:
  replicas: 1
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: main
        image: x
`;
}

/** All events of a run, in order. */
export function eventsOf(stage: Stage, outcome: Outcome<KustomizationStatus>): string[] {
  return [...stage.events, ...(outcome.events ?? [])]
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
}

/** Fields of `spec`. */
export type Spec = Readonly<Record<string, unknown>>;

/** A write-ahead, and how much was written before it. */
interface Checkpoint {
  readonly writesBefore: number;
  readonly status: StatusPatch<KustomizationStatus>;
}

/** Sets the stage with the files of the first commit. */
export function openStage(
  files: Readonly<Record<string, string>>,
  source?: Result<Source>,
): Stage {
  return new Stage(files, source);
}

/** See the module's description; status and memory go from run to run. */
export class Stage {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster({ clock: this.clock });
  readonly memory = new Memory();
  readonly events: EventRecord[] = [];
  readonly checkpoints: Checkpoint[] = [];
  /** Whether somebody changed the Kustomization since the run began. */
  isOutdated = false;
  /** Of the Kustomization. */
  status: KustomizationStatus = {};
  /** What `substituteFrom` finds. */
  variables: VariableSource[] = [];
  /** Told of each build. */
  onBuild: (key: string) => void = () => {};
  /** What the decryption Secret leads to. */
  keys: Result<KeyServices> = ok({});
  /** Other Kustomizations. */
  readonly dependencies = new Map<string, Kustomization>();
  /** Answers the next downloads, where it gives something. */
  onFetch: (() => Result<FileTree> | undefined) | undefined;
  /** Why no kind is watched. */
  trouble: { code: string; message: string } | undefined;
  /** The account with whose rights is applied; the controller's own when absent. */
  account: { namespace: string; name: string } | undefined;
  /** What others have on record. */
  claims: Claims = {
    othersOf: () => [],
    claimantOf: () => undefined,
    siblingsOf: () => [],
    isSibling: () => true,
    hasApplied: () => false,
    isMoving: () => false,
    isRunning: () => false,
    occupantOf: () => Promise.resolve(undefined),
  };
  /** Events of other Kustomizations. */
  readonly toldOthers: string[] = [];
  /** Runs of other Kustomizations. */
  readonly woken: string[] = [];
  /** Whom it leaves something to, by name, with each time that it says so. */
  readonly takers: string[][] = [];
  /** Annotations of the Kustomization. */
  annotations: Record<string, string> = {};
  /** Credentials for the cluster. */
  targetSecrets: readonly string[] = [];
  /** Why there is no cluster to apply to. */
  targetFailure: Failure | undefined;
  /** Flags that are not as usual. */
  settings: Partial<KustomizeSettings> = {};
  /** The API server never answers who wants to watch. */
  isMute = false;
  /** Where remote bases come from; none as with `--no-remote-bases`. */
  remotes: RemoteSource | undefined;
  readonly #builds = new Map<string, BuiltWithRemotes<Manifests>>();
  readonly #live: LiveWatch;
  readonly #source: Result<Source> | undefined;
  #tree: FileTree;
  #revision = 1;
  #moved = new AbortController();

  /** Use {@linkcode openStage}. */
  constructor(files: Readonly<Record<string, string>>, source: Result<Source> | undefined) {
    const { clock } = this;
    this.#live = openLiveWatch(this.cluster, { labelSelector: OWNED_SELECTOR, clock });
    this.#live.trouble = () => this.trouble;
    const answered = this.#live.answered.bind(this.#live);
    this.#live.answered = (gvk) => this.isMute ? new Promise(() => {}) : answered(gvk);
    this.#tree = treeOf(files);
    this.#source = source;
  }

  /** The source has another revision from now on. */
  commit(files: Readonly<Record<string, string>>): void {
    this.#tree = treeOf(files);
    this.#revision++;
  }

  /** Tells whoever downloads that the source has moved on. */
  moveSource(): void {
    this.#moved.abort();
  }

  /** Somebody's finalizer keeps an object. */
  hold(ref: ObjectRef): void {
    this.#setFinalizers(ref, ["example.test/hold"]);
  }

  /** The finalizer is taken away. */
  letGo(ref: ObjectRef): void {
    this.#setFinalizers(ref, []);
  }

  /** One run; its status is there for the next. */
  async run(spec: Spec = {}, { woken = false } = {}): Promise<Outcome<KustomizationStatus>> {
    const outcome = await reconcileKustomization(this.object(spec), this.#context(woken));
    this.status = merged(this.status, outcome.status);
    return outcome;
  }

  /** One run of a deleted Kustomization. */
  async finalize(spec: Spec): Promise<Outcome<KustomizationStatus>> {
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const object = this.object(spec, { deletionTimestamp });
    const outcome = await finalizeKustomization(object, this.#context(false));
    this.status = merged(this.status, outcome.status);
    return outcome;
  }

  /** The Kustomization as a run finds it. */
  object(spec: Spec, metadata: Readonly<Record<string, unknown>> = {}): Kustomization {
    const decoded = Kustomization.decode({
      apiVersion: Kustomization.apiVersion,
      kind: "Kustomization",
      metadata: {
        name: "app",
        namespace: "apps",
        generation: 1,
        annotations: this.annotations,
        ...metadata,
      },
      spec: {
        interval: "10m",
        prune: true,
        sourceRef: { kind: "GitRepository", name: "app" },
        ...spec,
      },
      status: this.status,
    });
    if (!decoded.ok) throw new Error(decoded.message);
    return decoded.value;
  }

  #context(woken: boolean): KustomizeContext {
    const { clock, cluster, memory } = this;
    return {
      ...fakeRun<KustomizationStatus>({
        clock,
        woken,
        onEvent: (event) => this.events.push(event),
        onConfirm: () =>
          this.isOutdated ? Promise.reject(new Error("outdated")) : Promise.resolve(),
        onCheckpoint: (status) =>
          this.checkpoints.push({ writesBefore: cluster.writes.length, status }),
      }),
      readSource: () => Promise.resolve(this.#source ?? this.#readSource()),
      readDependency: ({ namespace, name }) => {
        const found = this.dependencies.get(`${namespace}/${name}`);
        return Promise.resolve(found ? ok(found) : fail("NotFound", "it is not there"));
      },
      knownKustomization: ({ namespace, name }) => this.dependencies.get(`${namespace}/${name}`),
      watchArtifact: () => {
        this.#moved = new AbortController();
        return { signal: this.#moved.signal, [Symbol.dispose]() {} };
      },
      fetchArtifact: () => Promise.resolve(this.onFetch?.() ?? ok(this.#tree)),
      readVariables: () => Promise.resolve(ok(this.variables)),
      readKeyServices: () => Promise.resolve(this.keys),
      clusterFor: () => this.account === undefined ? cluster : cluster.as(this.account),
      actsForAccount: () => this.account !== undefined,
      hasAccount: () => Promise.resolve(true),
      claims: this.claims,
      tellOther: ({ metadata }, { reason, message }) =>
        this.toldOthers.push(`${metadata.name} ${reason} ${message}`),
      wake: (owner, why) => this.woken.push(`${owner.name}: ${why}`),
      awaitTakers: (_self, _revision, takers) =>
        this.takers.push(takers.map(({ metadata }) => metadata.name)),
      live: this.#live,
      targetSecrets: this.targetSecrets,
      ...(this.targetFailure !== undefined && { targetFailure: this.targetFailure }),
      memory,
      pool: poolOf(this.onBuild),
      builds: {
        get: (key) => this.#builds.get(key),
        set: (key, built) => this.#builds.set(key, built),
      },
      ...(this.remotes !== undefined && { remotes: this.remotes }),
      budget: defaultBudget,
      settings: { ...SETTINGS, ...this.settings },
    };
  }

  #readSource(): Result<Source> {
    const artifact = {
      revision: `main@sha1:${this.#revision}`,
      digest: `sha256:${this.#revision}`,
      path: "x",
      url: "http://x/x",
      lastUpdateTime: "2026-01-01T00:00:00Z",
    };
    return ok({ ref: A, artifact });
  }

  #setFinalizers(ref: ObjectRef, finalizers: string[]): void {
    const patch = { metadata: { finalizers } };
    void this.cluster.patch(ref, patch, { fieldManager: "somebody", type: "merge" });
  }
}

function merged(
  status: KustomizationStatus,
  patch: StatusPatch<KustomizationStatus> = {},
): KustomizationStatus {
  const entries = Object.entries({ ...status, ...patch });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
