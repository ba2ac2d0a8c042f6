/**
 * What the source controller needs from outside; built in `main.ts`, faked in tests.
 *
 * @module
 */
import type { GitRepository, GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact, ArtifactStore } from "../../lib/artifact/mod.ts";
import type { Budget, FileTree, Result } from "../../lib/base/mod.ts";
import type { GitClient } from "../../lib/git/mod.ts";
import type { ReadGitLogin, SecretData } from "../../lib/delivery/mod.ts";
import type { Run } from "../../lib/runtime/mod.ts";

/** What outlives a run. */
export interface SourceParts {
  /** Remotes. */
  readonly git: GitClient;
  /** How a repository logs in. */
  readonly readCredentials: ReadGitLogin;
  /** The entries of a Secret, for `verify`; the failure has the API server's words. */
  readSecret(namespace: string, name: string): Promise<Result<SecretData>>;
  /** Another GitRepository of the namespace, for `include`; code `NotFound` with the API server's words. */
  readRepository(namespace: string, name: string): Promise<Result<GitRepository>>;
  /** The files of an artifact, for `include`. */
  fetchFiles(artifact: Artifact, budget: Budget): Promise<Result<FileTree>>;
  /** The files that are served. */
  readonly artifacts: ArtifactStore;
  /** Limits of one run, ended by `signal`. */
  budget(signal: AbortSignal): Budget;
}

/** Everything a reconcile function may touch. */
export type SourceContext = SourceParts & Run<GitRepositoryStatus>;
