/**
 * What a run of a GitRepository comes to, with the conditions and events that Flux gives it.
 *
 * @module
 */
import type { GitRepository, GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact } from "../../lib/artifact/mod.ts";
import { type Failure, maskSecrets } from "../../lib/base/mod.ts";
import { GATE_DISABLED } from "../../lib/delivery/mod.ts";
import { type Commit, commitTitle } from "../../lib/git/mod.ts";
import { publicUrl } from "../../lib/http/mod.ts";
import {
  type ConditionValue,
  type EventRecord,
  failing,
  halted,
  isConditionTrue,
  type Outcome,
  ready,
} from "../../lib/runtime/mod.ts";
import type { Included } from "./include.ts";

/** What a run came to. */
export type GitOutcome = Outcome<GitRepositoryStatus>;

/** Flux asks the remote for these alone whether anything is new; the others it fetches each time. */
export function comparesHead({ spec: { ref } }: GitRepository): boolean {
  return !ref?.commit && (Boolean(ref?.name || ref?.tag) || !ref?.semver);
}

/** Nothing new at the remote; after a failure the recovery is an event of its own (errata 8). */
export function unchanged(repo: GitRepository, kept: Artifact): GitOutcome {
  const events: EventRecord[] = [
    comparesHead(repo)
      ? {
        type: "Trace",
        reason: "GitOperationSucceeded",
        message: `no changes since last reconciliation: observed revision '${kept.revision}'`,
      }
      : upToDate(kept),
  ];
  if (hasFailed(repo)) {
    events.unshift({
      type: "Normal",
      reason: "Succeeded",
      message: `stored artifact for commit '${kept.revision}'`,
      metadata: artifactMetadata(kept),
    });
  }
  return ready<GitRepositoryStatus>("Succeeded", storedMessage(kept), {
    conditions: storedConditions(kept),
    status: { artifact: kept },
    events,
  });
}

/** What was verified of a commit. */
export interface Verified {
  /** What had to be signed. */
  readonly mode: "HEAD" | "Tag" | "TagAndHEAD";
  /** What was verified with which keys, in Flux's words. */
  readonly message: string;
}

/** What an artifact was made of. */
export interface Built {
  /** The commit. */
  readonly commit: Commit;
  /** What was put into it. */
  readonly included: readonly Included[];
  /** What was verified of it, when `spec.verify` asks for that. */
  readonly verified: Verified | undefined;
  /** What its readers should know of its files. */
  readonly notice: EventRecord | undefined;
}

/** A new artifact, or one that was built anew. */
export function stored(
  repo: GitRepository,
  artifact: Artifact,
  built: Built,
): GitOutcome {
  const { included, verified } = built;
  return ready<GitRepositoryStatus>("Succeeded", storedMessage(artifact), {
    conditions: { ...storedConditions(artifact), SourceVerified: verifiedCondition(verified) },
    status: {
      artifact,
      sourceVerificationMode: verified?.mode,
      observedIgnore: repo.spec.ignore,
      observedInclude: repo.spec.include,
      observedRecurseSubmodules: repo.spec.recurseSubmodules || undefined,
      observedSparseCheckout: repo.spec.sparseCheckout,
      includedArtifacts: included.length === 0
        ? undefined
        : included.map(({ artifact }) => artifact),
    },
    events: publishedEvents(repo, artifact, built),
  });
}

function verifiedCondition(verified: Verified | undefined): ConditionValue | null {
  return verified === undefined
    ? null
    : { status: "True", reason: "Succeeded", message: verified.message };
}

function upToDate({ revision }: Artifact): EventRecord {
  const message = `artifact up-to-date with remote revision: '${revision}'`;
  return { type: "Trace", reason: "ArtifactUpToDate", message };
}

/** What was built anew without becoming another is no news. */
function publishedEvents(
  repo: GitRepository,
  artifact: Artifact,
  { commit, notice }: Built,
): EventRecord[] {
  const isNew = repo.status?.artifact?.digest !== artifact.digest;
  if (!isNew && !hasFailed(repo)) return [];
  const news: EventRecord = {
    type: "Normal",
    reason: isNew ? "NewArtifact" : "Succeeded",
    message: `stored artifact for commit '${commitTitle(commit.message)}'`,
    metadata: artifactMetadata(artifact),
  };
  return isNew && notice !== undefined ? [news, notice] : [news];
}

function storedMessage(artifact: Artifact): string {
  return `stored artifact for revision '${artifact.revision}'`;
}

function storedConditions(artifact: Artifact): Record<string, ConditionValue | null> {
  return {
    ArtifactInStorage: {
      status: "True",
      reason: "Succeeded",
      message: storedMessage(artifact),
    },
    ArtifactOutdated: null,
    FetchFailed: null,
    IncludeUnavailable: null,
    StorageOperationFailed: null,
  };
}

function artifactMetadata(artifact: Artifact): Record<string, string> {
  return { revision: artifact.revision, digest: artifact.digest };
}

/** Flux words the first clone and a later look at the remote differently (errata 12). */
export function remoteFailed(
  repo: GitRepository,
  failure: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  if (failure.code === "EmptyRepository") {
    return fetchFailed(repo, "EmptyGitRepository", {
      ...failure,
      message: "git repository is empty",
    }, kept);
  }
  const message = `failed to checkout and determine revision: ${
    attemptOf(repo, failure, kept)
  }${failure.message}`;
  return fetchFailed(repo, "GitOperationFailed", { ...failure, message }, kept);
}

/** Failures that say all there is to say; Flux puts nothing before them. */
const ON_THEIR_OWN = ["UnresolvedRef", "UnknownCommit", "InvalidRange", "NoMatch"];

/** What Flux was about to do when this failed. */
function attemptOf(repo: GitRepository, { code }: Failure, kept: Artifact | undefined): string {
  if (ON_THEIR_OWN.includes(code)) return "";
  const isListing = kept !== undefined && code !== "RefNotFound" && code !== "Submodule";
  return `unable to ${isListing ? "list remote for" : "clone"} '${repo.spec.url}': `;
}

/** There is no login: a Secret lacks something, or a provider gave none. */
export function loginFailed(
  repo: GitRepository,
  failure: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  // A gate is the operator's: no retry helps before the controller is started otherwise.
  if (failure.code === GATE_DISABLED) return stalledFetch(GATE_DISABLED, failure, kept);
  const isMisfit = failure.code === "InvalidProviderConfiguration";
  return fetchFailed(repo, isMisfit ? failure.code : "AuthenticationFailed", failure, kept);
}

/** The remote was not reached, or did not let us in. */
export function fetchFailed(
  repo: GitRepository,
  reason: string,
  failure: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  const message = maskSecrets(failure.message, userInfoOf(repo.spec.url));
  return failing<GitRepositoryStatus>(reason, { message }, {
    conditions: {
      FetchFailed: { status: "True", reason, message },
      ...(kept === undefined && { ArtifactInStorage: null }),
    },
    status: { artifact: kept },
  });
}

/** No retry helps. */
export function invalidUrl(
  repo: GitRepository,
  why: string,
  kept: Artifact | undefined,
): GitOutcome {
  const url = publicUrl(repo.spec.url);
  const message = `failed to parse url '${url}': parse ${JSON.stringify(url)}: ${why}`;
  return stalledFetch("URLInvalid", { message }, kept);
}

/** The remote cannot be asked before the spec is another. */
export function stalledFetch(
  reason: string,
  { message }: { message: string },
  kept: Artifact | undefined,
): GitOutcome {
  return halted<GitRepositoryStatus>(reason, { message }, {
    conditions: { FetchFailed: { status: "True", reason, message } },
    status: { artifact: kept },
  });
}

/** The commit is there, but nobody may vouch for it: the failure's code is the reason. */
export function unverified(
  { code: reason, message }: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  // Only another spec helps here; in all other cases the remote or the Secret may change.
  const end = reason === "InvalidVerificationMode"
    ? halted<GitRepositoryStatus>
    : failing<GitRepositoryStatus>;
  return end(reason, { message }, {
    conditions: {
      FetchFailed: null,
      SourceVerified: { status: "False", reason, message },
      ...(kept === undefined && { ArtifactInStorage: null }),
    },
    status: { artifact: kept },
  });
}

/** The commit is there, but no artifact can be made of it. */
export function storageFailed(
  reason: string,
  failure: Failure,
  kept: Artifact | undefined,
  verified: Verified | undefined,
): GitOutcome {
  const { message } = failure;
  return failing<GitRepositoryStatus>(reason, { message }, {
    conditions: {
      StorageOperationFailed: { status: "True", reason, message },
      FetchFailed: null,
      SourceVerified: verifiedCondition(verified),
    },
    status: { artifact: kept },
  });
}

/** Whether the last run failed. */
export function hasFailed(repo: GitRepository): boolean {
  const failures = ["FetchFailed", "StorageOperationFailed", "IncludeUnavailable"];
  return failures.some((type) => isConditionTrue(repo.status?.conditions, type));
}

function userInfoOf(url: string): string[] {
  const parsed = URL.parse(url);
  return parsed === null ? [] : [parsed.password].filter((secret) => secret !== "");
}
