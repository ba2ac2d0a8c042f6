/**
 * GitRepository: keeps an artifact of the commit that `spec.ref` names.
 *
 * Conditions, events, metrics and the next run are written by `lib/runtime`, from the outcome.
 *
 * @module
 */
import type { GitRepository, GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact, Owner } from "../../lib/artifact/mod.ts";
import { type Failure, maskSecrets, parseDuration, startDeadline } from "../../lib/base/mod.ts";
import type { Commit, RefSpec, RemoteRef } from "../../lib/git/mod.ts";
import { readIgnoreRules } from "../../lib/ignore/mod.ts";
import {
  type ConditionValue,
  type EventRecord,
  type Outcome,
  ready,
  retry,
  stalled,
} from "../../lib/runtime/mod.ts";
import type { SourceContext } from "./context.ts";
import { hasSameIncludes, type Included, includeFiles, resolveIncludes } from "./include.ts";
import { unsupportedField } from "./unsupported.ts";

type GitOutcome = Outcome<GitRepositoryStatus>;

/** `spec.timeout` when neither the object nor the CRD's default gives one. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** Brings the artifact of `repo` up to date with its remote. */
export async function reconcileGitRepository(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<GitOutcome> {
  const refused = unsupportedField(repo);
  if (refused) {
    return stalled("Unsupported", refused, { events: [warning("Unsupported", refused)] });
  }

  const kept = await keptArtifact(repo, ctx);
  if (kept === undefined) await ctx.progress(missingMessage(repo), { drift: true });

  const login = await ctx.readCredentials(namespaceOf(repo), repo.spec.secretRef);
  if (!login.ok) return fetchFailed(repo, "AuthenticationFailed", login, kept);

  using deadline = startDeadline(ctx.clock, timeoutMs(repo), ctx.signal);
  const budget = ctx.budget(deadline.signal);
  const remote = await ctx.git.listRef(repo.spec.url, refOf(repo), login.value, budget);
  if (!remote.ok) return remoteFailed(repo, remote, kept);
  const included = await resolveIncludes(repo, ctx);
  if (!included.ok) return included.outcome;
  if (kept !== undefined && isUnchanged(repo, kept, remote.value, included.value)) {
    return unchanged(repo, kept);
  }

  const commit = await ctx.git.fetchTree(repo.spec.url, remote.value, login.value, budget);
  if (!commit.ok) return remoteFailed(repo, commit, kept);

  const { revision } = commit.value;
  await ctx.progress(`building artifact: new upstream revision '${revision}'`, { drift: true });
  const files = await includeFiles(commit.value.tree, included.value, ctx, budget);
  if (!files.ok) return storageFailed("CopyFailure", files, kept);
  const skip = readIgnoreRules(files.value, repo.spec.ignore);
  if (!skip.ok) return storageFailed("ArchiveOperationFailed", skip, kept);
  const content = { revision, tree: files.value, skip: skip.value };
  const artifact = await ctx.artifacts.publish(ownerOf(repo), content);
  if (!artifact.ok) return storageFailed("ArchiveOperationFailed", artifact, kept);
  return stored(repo, artifact.value, commit.value, included.value);
}

/** Gives back what the store holds of a deleted object. */
export async function finalizeGitRepository(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<GitOutcome> {
  const removed = await ctx.artifacts.remove(ownerOf(repo));
  if (!removed.ok) {
    return retry<GitRepositoryStatus>("GarbageCollectionFailed", removed, {
      events: [warning("GarbageCollectionFailed", removed)],
    });
  }
  return ready<GitRepositoryStatus>(
    "Succeeded",
    "garbage collection for deleted resource succeeded",
    {
      events: [{
        type: "Trace",
        reason: "GarbageCollectionSucceeded",
        message: "garbage collected artifacts for deleted resource",
      }],
    },
  );
}

function missingMessage(repo: GitRepository): string {
  return repo.status?.artifact === undefined
    ? "building artifact"
    : "building artifact: disappeared from storage";
}

/** A commit is immutable, but Flux fetches it anew each time; so does a first run or a changed ignore. */
function isUnchanged(
  repo: GitRepository,
  kept: Artifact,
  remote: RemoteRef,
  included: readonly Included[],
): boolean {
  return kept.revision === remote.revision &&
    hasSameIncludes(repo, included) &&
    repo.status?.observedIgnore === repo.spec.ignore &&
    repo.status?.conditions?.some(({ type, status }) =>
        type === "ArtifactInStorage" && status === "True"
      ) === true;
}

/** What the store still holds and serves; old files go at the same time. */
async function keptArtifact(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<Artifact | undefined> {
  const recorded = repo.status?.artifact;
  const verified = recorded && await ctx.artifacts.verify(recorded);
  const kept = verified?.ok ? verified.value : undefined;
  if (verified && !verified.ok) {
    ctx.event(warning("ArtifactVerificationFailed", verified));
  }
  const collected = await ctx.artifacts.collectGarbage(ownerOf(repo), kept);
  if (!collected.ok) ctx.log.info("garbage collection failed", { error: collected.message });
  return kept;
}

function ownerOf(repo: GitRepository): Owner {
  return { kind: repo.kind, namespace: namespaceOf(repo), name: repo.metadata.name };
}

/** Nothing new at the remote; after a failure the recovery is an event of its own (errata 8). */
function unchanged(repo: GitRepository, kept: Artifact): GitOutcome {
  const events: EventRecord[] = [{
    type: "Trace",
    reason: "GitOperationSucceeded",
    message: `no changes since last reconciliation: observed revision '${kept.revision}'`,
  }];
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

function stored(
  repo: GitRepository,
  artifact: Artifact,
  commit: Commit,
  included: readonly Included[],
): GitOutcome {
  return ready<GitRepositoryStatus>("Succeeded", storedMessage(artifact), {
    conditions: storedConditions(artifact),
    status: {
      artifact,
      observedIgnore: repo.spec.ignore,
      observedInclude: repo.spec.include,
      includedArtifacts: included.length === 0
        ? undefined
        : included.map(({ artifact }) => artifact),
    },
    events: [publishedEvent(repo, artifact, commit)],
  });
}

function publishedEvent(repo: GitRepository, artifact: Artifact, commit: Commit): EventRecord {
  const before = repo.status?.artifact;
  const metadata = artifactMetadata(artifact);
  if (before?.digest !== artifact.digest) {
    const message = `stored artifact for commit '${commitTitle(commit.message)}'`;
    return { type: "Normal", reason: "NewArtifact", message, metadata };
  }
  if (hasFailed(repo)) {
    const message = `stored artifact for commit '${commitTitle(commit.message)}'`;
    return { type: "Normal", reason: "Succeeded", message, metadata };
  }
  const message = `artifact up-to-date with remote revision: '${artifact.revision}'`;
  return { type: "Trace", reason: "ArtifactUpToDate", message };
}

/** The first line, cut at 50 characters. */
function commitTitle(message: string): string {
  const [title = ""] = message.trim().split("\n");
  return title.length <= 50 ? title : `${title.slice(0, 50)}...`;
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
function remoteFailed(
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
  const isListing = kept !== undefined && code !== "RefNotFound";
  return `unable to ${isListing ? "list remote for" : "clone"} '${repo.spec.url}': `;
}

function fetchFailed(
  repo: GitRepository,
  reason: string,
  failure: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  const message = maskSecrets(failure.message, userInfoOf(repo.spec.url));
  return retry<GitRepositoryStatus>(reason, { message }, {
    conditions: {
      FetchFailed: { status: "True", reason, message },
      ...(kept === undefined && { ArtifactInStorage: null }),
    },
    status: { artifact: kept },
    events: [warning(reason, { message })],
  });
}

function storageFailed(
  reason: string,
  failure: Failure,
  kept: Artifact | undefined,
): GitOutcome {
  const { message } = failure;
  return retry<GitRepositoryStatus>(reason, { message }, {
    conditions: { StorageOperationFailed: { status: "True", reason, message }, FetchFailed: null },
    status: { artifact: kept },
    events: [warning(reason, { message })],
  });
}

function warning(reason: string, { message }: { message: string }): EventRecord {
  return { type: "Warning", reason, message };
}

function hasFailed(repo: GitRepository): boolean {
  const failures = ["FetchFailed", "StorageOperationFailed", "IncludeUnavailable"];
  return repo.status?.conditions?.some(({ type, status }) =>
    failures.includes(type) && status === "True"
  ) ?? false;
}

/** Without a ref Flux looks for `master`; nothing is guessed from the remote's HEAD (errata, settled). */
function refOf(repo: GitRepository): RefSpec {
  const { branch, tag, semver, name, commit } = repo.spec.ref ?? {};
  if (commit) return branch ? { commit, branch } : { commit };
  if (name) return { name };
  // The published order is the other way round; the real controller looks at the tag first.
  if (tag) return { tag };
  if (semver) return { semver };
  return { branch: branch || "master" };
}

function userInfoOf(url: string): string[] {
  const parsed = URL.parse(url);
  return parsed === null ? [] : [parsed.password].filter((secret) => secret !== "");
}

function timeoutMs(repo: GitRepository): number {
  const parsed = parseDuration(repo.spec.timeout ?? "");
  return parsed.ok && parsed.value > 0 ? parsed.value : DEFAULT_TIMEOUT_MS;
}

function namespaceOf(repo: GitRepository): string {
  return repo.metadata.namespace ?? "";
}
