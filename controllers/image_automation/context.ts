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
import type { SecretData } from "../../lib/delivery/mod.ts";
import type { Credentials, GitClient, GitWriter } from "../../lib/git/mod.ts";
import type { CommitMessageData, LatestImage, ManifestUpdate } from "../../lib/image/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import type { Outcome, Run } from "../../lib/runtime/mod.ts";

/** What knows files, messages and keys. */
export interface AutomationEngines {
  /** Writes images (by `namespace:policy`) where files ask for them. */
  updateFiles(
    files: FileTree,
    images: ReadonlyMap<string, LatestImage>,
    budget: Budget,
  ): Result<ManifestUpdate>;
  /** The message of a commit; code `RemovedTemplateField` when no retry helps. */
  renderMessage(template: string, data: CommitMessageData, budget: Budget): Result<string>;
  /** Opens an OpenPGP key. */
  readPgpSigner(armored: string, passphrase?: string): Promise<Result<Signer>>;
  /** Opens an SSH key. */
  readSshSigner(pem: string, passphrase?: string): Promise<Result<Signer>>;
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

/** Names an automation in messages and templates. */
export function nameOf(
  { metadata }: ImageUpdateAutomation,
): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
