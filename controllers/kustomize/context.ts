/**
 * What the kustomize controller needs from outside; built in `main.ts`, faked in tests.
 *
 * @module
 */
import type { Artifact, Kustomization, KustomizationStatus } from "../../crds/mod.ts";
import type { Budget, Failure, FileTree, Result } from "../../lib/base/mod.ts";
import type {
  BuildPool,
  BuiltWithRemotes,
  Manifests,
  RemoteSource,
  VariableRequest,
  VariableSource,
} from "../../lib/delivery/mod.ts";
import type { Cluster, LiveWatch, ObjectRef } from "../../lib/kube/mod.ts";
import type { KeyServices } from "../../lib/sops/mod.ts";
import type { EventRecord, Run } from "../../lib/runtime/mod.ts";
import type { Claims } from "./claims.ts";
import type { Owner } from "./drift.ts";
import type { Memory } from "./memory.ts";

/** What a Kustomization is built from: any kind with an artifact. */
export interface Source {
  /** For messages. */
  readonly ref: ObjectRef;
  /** Version of the object that was read. */
  readonly version?: string;
  /** Absent until the source was fetched once. */
  readonly artifact?: Artifact;
}

/** Listens until it is disposed of. */
export interface ArtifactWatch extends Disposable {
  /** Aborted when the source offers something else. */
  readonly signal: AbortSignal;
}

/** What outlives a run. */
export interface KustomizeParts {
  /** The source, from the local copy; code `NotFound` with the API server's words when there is none. */
  readSource(kustomization: Kustomization): Promise<Result<Source>>;
  /** Tells when the source no longer offers `artifact`: its download is of no use then. */
  watchArtifact(kustomization: Kustomization, artifact: Artifact): ArtifactWatch;
  /** Another Kustomization as the API server has it now. */
  readDependency(ref: ObjectRef): Promise<Result<Kustomization>>;
  /** Another Kustomization as the local copy has it. */
  knownKustomization(ref: ObjectRef): Kustomization | undefined;
  /** The files of an artifact; code `NotFound` when the source controller does not have it (yet). */
  fetchArtifact(artifact: Artifact, budget: Budget): Promise<Result<FileTree>>;
  /** The entries of ConfigMaps and Secrets; an optional one that is missing is left out. */
  readVariables(
    namespace: string,
    requests: readonly VariableRequest[],
  ): Promise<Result<VariableSource[]>>;
  /** Who opens what is sealed, with the keys that `spec.decryption` leads to. */
  readKeyServices(kustomization: Kustomization, budget: Budget): Promise<Result<KeyServices>>;
  /** Whether `kustomization` is applied with an account's rights and not with the controller's own. */
  actsForAccount(kustomization: Kustomization): boolean;
  /** Who else answers for an object. */
  readonly claims: Claims;
  /** Something happened to another Kustomization. */
  tellOther(kustomization: Kustomization, event: EventRecord): void;
  /** Has another Kustomization run. */
  wake(owner: Owner, why: string): void;
  /** Has `kustomization` run again once each of `takers`, if any, has applied the revision, or will not. */
  awaitTakers(
    kustomization: Kustomization,
    revision: string,
    takers: readonly Kustomization[],
  ): void;
  /** What earlier runs learned. */
  readonly memory: Memory;
  /** Where builds are made. */
  readonly pool: BuildPool;
  /** Builds of this process by what went into them. */
  readonly builds: BuildCache;
  /** Where remote bases come from; absent with `--no-remote-bases`. */
  readonly remotes?: RemoteSource;
  /** Limits of one run, ended by `signal`. */
  budget(signal: AbortSignal): Budget;
  /** Settings. */
  readonly settings: KustomizeSettings;
}

/** Remembers builds by what went into them, but for what their remote bases led to. */
export interface BuildCache {
  /** The last build under `key`. */
  get(key: string): BuiltWithRemotes<Manifests> | undefined;
  /** Remembers a build. */
  set(key: string, built: BuiltWithRemotes<Manifests>): void;
}

/** Flags of the controller. */
export interface KustomizeSettings {
  /** `--requeue-dependency`. */
  readonly requeueDependencyMs: number;
  /** `--concurrent-ssa`. */
  readonly concurrentSsa: number;
  /** `--override-manager`. */
  readonly overrideManagers: readonly string[];
  /** `--custom-apply-stage-kinds`: `group/Kind`. */
  readonly customStageKinds: readonly string[];
  /** Whether `readyExpr` is asked besides the built-in check, not instead of it. */
  readonly additiveReadyExpr: boolean;
  /** The feature gate `ExternalArtifact`. */
  readonly takesExternalArtifacts: boolean;
  /** Whether objects may name the account to decrypt with: the gate ObjectLevelWorkloadIdentity. */
  readonly allowsAccounts: boolean;
  /** `--safety=guarded`. */
  readonly isGuarded: boolean;
  /** `--no-cross-namespace-refs`. */
  readonly noCrossNamespaceRefs: boolean;
  /** `--default-service-account`; empty for none. */
  readonly defaultServiceAccount: string;
  /** Where Sluice itself runs. */
  readonly runtimeNamespace: string;
}

/** Where a Kustomization is applied: our own cluster, or a remote one. */
export interface Target {
  /** The cluster as the identity that applies for `kustomization`. */
  clusterFor(kustomization: Kustomization): Cluster;
  /** Whether the account that applies for `kustomization` still exists there. */
  hasAccount(kustomization: Kustomization): Promise<boolean>;
  /** Everything there that carries our owner label, as it is now. */
  readonly live: LiveWatch;
  /** Credentials for the cluster, which must be in no message. */
  readonly targetSecrets: readonly string[];
  /** Why the cluster cannot be used: then it must not be asked for. */
  readonly targetFailure?: Failure;
}

/** Everything a reconcile function may touch. */
export type KustomizeContext = KustomizeParts & Target & Run<KustomizationStatus>;
