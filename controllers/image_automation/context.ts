/**
 * What image automation needs from outside; built in `main.ts`, faked in tests.
 *
 * @module
 */
import type {
  GitRepository,
  ImagePolicy,
  ImageUpdateAutomation,
  ImageUpdateAutomationStatus,
} from "../../crds/mod.ts";
import type { Budget, FileTree, Result } from "../../lib/base/mod.ts";
import type { Signer } from "../../lib/crypt/mod.ts";
import type { BuildDates, PullNames, SecretData } from "../../lib/delivery/mod.ts";
import type { Credentials, GitClient, GitWriter } from "../../lib/git/mod.ts";
import type {
  AutomatedContainer,
  AutomatedWorkloads,
  CommitMessageData,
  LatestImage,
  ManifestUpdate,
} from "../../lib/image/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import type { ImageAccess, ImageReader, RegistryLogin, TagList } from "../../lib/oci/mod.ts";
import type { Outcome, Run } from "../../lib/runtime/mod.ts";

/** What knows files, messages and keys. */
export interface AutomationEngines {
  /** Writes images (by `namespace:policy`) where files ask for them. */
  updateFiles(
    files: FileTree,
    images: ReadonlyMap<string, LatestImage>,
    budget: Budget,
  ): Result<ManifestUpdate>;
  /** Finds containers that annotations of Flux v1 automate. */
  findAutomated(files: FileTree, budget: Budget): Result<AutomatedWorkloads>;
  /** Writes the images that `choose` has for them. */
  updateAutomated(
    files: FileTree,
    choose: (container: AutomatedContainer) => string | undefined,
    budget: Budget,
  ): Result<ManifestUpdate>;
  /** Asks a registry for all tags; it need not send again what is as in `before`. */
  listTags(
    access: ImageAccess,
    budget: Budget,
    before: TagList | undefined,
  ): Promise<Result<TagList>>;
  /** For many questions about one image's tags. */
  openReader(access: ImageAccess, budget: Budget): Promise<Result<ImageReader>>;
  /** The message of a commit; code `RemovedTemplateField` when no retry helps. */
  renderMessage(template: string, data: CommitMessageData, budget: Budget): Result<string>;
  /** Opens an OpenPGP key. */
  readPgpSigner(armored: string, passphrase?: string): Promise<Result<Signer>>;
  /** Opens an SSH key. */
  readSshSigner(pem: string, passphrase?: string): Promise<Result<Signer>>;
}

/** What a registry had for an image of automated workloads. */
export interface Scan {
  /** Wall-clock time. */
  readonly atMs: number;
  /** The request that was being followed. */
  readonly requestedAt: string | undefined;
  /** How it was asked. */
  readonly access: ImageAccess;
  /** All tags; a failure is not kept for another run. */
  readonly list: Result<TagList>;
  /** Digests of those that were asked for; grows. */
  readonly digests: Map<string, string>;
}

/** The automated workloads of a commit. */
export interface Look {
  /** Its id. */
  readonly commit: string;
  /** `spec.update.path` */
  readonly path: string;
  readonly found: AutomatedWorkloads;
}

/** What earlier runs of each automation found, in memory: after a start, files and registries are asked again. */
export interface ScanMemory {
  /** The scans of the last run, by image. */
  read(automation: AutomationName): ReadonlyMap<string, Scan>;
  /** Puts others in their place. */
  write(automation: AutomationName, scans: ReadonlyMap<string, Scan>): void;
  /** Which workloads were found last, and where. */
  lastLook(automation: AutomationName): Look | undefined;
  /** Keeps that. */
  remember(automation: AutomationName, look: Look): void;
  /** Forgets an automation. */
  forget(automation: AutomationName): void;
}

/** Names an automation. */
export interface AutomationName {
  readonly namespace: string;
  readonly name: string;
}

/** What outlives a run. */
export interface AutomationParts extends AutomationEngines {
  /** Remotes. */
  readonly git: GitClient & GitWriter;
  /** The GitRepository to write to; code `NotFound` in Flux's words. */
  readRepository(
    ref: ObjectRef & { readonly namespace: string },
  ): Promise<Result<GitRepository>>;
  /** The policies of a namespace. */
  listPolicies(namespace: string): Promise<readonly ImagePolicy[]>;
  /** Writes `sluice.dev/hold` on a policy. */
  holdPolicy(namespace: string, name: string, hold: string): Promise<Result<void>>;
  /** The login of a repository; `undefined` where none is named and none is needed. */
  readCredentials(repository: GitRepository): Promise<Result<Credentials | undefined>>;
  /** What earlier runs found for workloads. */
  readonly scans: ScanMemory;
  /** When images were made, of all runs there ever were. */
  readonly dates: BuildDates;
  /** The login for an image that the pull Secrets of a pod have. */
  readPullLogin(
    namespace: string,
    names: PullNames,
    image: string,
  ): Promise<Result<RegistryLogin | undefined>>;
  /**
   * Automations, as `namespace/name`, whose last run in this process came to its end, with the last push that
   * their status must tell of since: where it does, it tells of all that they pushed.
   */
  readonly told: Map<string, string | undefined>;
  /** The entries of a Secret; the failure has the API server's words. */
  readSecret(namespace: string, name: string): Promise<Result<SecretData>>;
  /** Limits of one run, ended by `signal`. */
  budget(signal: AbortSignal): Budget;
  /** `--no-cross-namespace-refs`. */
  readonly noCrossNamespaceRefs: boolean;
}

/** Everything a reconcile function may touch. */
export type AutomationContext = AutomationParts & Run<ImageUpdateAutomationStatus>;

/** What a run came to. */
export type AutomationOutcome = Outcome<ImageUpdateAutomationStatus>;

/** Names an automation in {@linkcode AutomationParts.told}. */
export function keyOf(automation: ImageUpdateAutomation): string {
  const { namespace, name } = nameOf(automation);
  return `${namespace}/${name}`;
}

/** Names an automation in messages and templates. */
export function nameOf({ metadata }: ImageUpdateAutomation): AutomationName {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
