/**
 * What the source controller needs from outside; built in `main.ts`, faked in tests.
 *
 * @module
 */
import type { GitRepositoryStatus } from "../../crds/mod.ts";
import type { ArtifactStore } from "../../lib/artifact/mod.ts";
import type { Budget, Result } from "../../lib/base/mod.ts";
import type { Credentials, GitClient } from "../../lib/git/mod.ts";
import type { Run } from "../../lib/runtime/mod.ts";

/** What outlives a run. */
export interface SourceParts {
  /** Remotes. */
  readonly git: GitClient;
  /** Reads a Secret into credentials; `undefined` without a reference. */
  readCredentials(
    namespace: string,
    ref: { name: string } | undefined,
  ): Promise<Result<Credentials | undefined>>;
  /** The files that are served. */
  readonly artifacts: ArtifactStore;
  /** Limits of one run, ended by `signal`. */
  budget(signal: AbortSignal): Budget;
}

/** Everything a reconcile function may touch. */
export type SourceContext = SourceParts & Run<GitRepositoryStatus>;
