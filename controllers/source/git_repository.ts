/**
 * GitRepository: keeps an artifact of the commit that `spec.ref` names.
 *
 * Conditions, events, metrics and the next run are written by `lib/runtime`, from the outcome.
 *
 * @module
 */
import type { GitRepository, GitRepositoryStatus } from "../../crds/mod.ts";
import type { Artifact, Owner } from "../../lib/artifact/mod.ts";
import { ok, parseDuration, startDeadline } from "../../lib/base/mod.ts";
import { providerTrouble } from "../../lib/delivery/mod.ts";
import { fetchSubmodules, type RefSpec, type RemoteRef } from "../../lib/git/mod.ts";
import { readIgnoreRules } from "../../lib/ignore/mod.ts";
import { failing, halted, isConditionTrue, ready, warning } from "../../lib/runtime/mod.ts";
import type { SourceContext } from "./context.ts";
import {
  comparesHead,
  fetchFailed,
  type GitOutcome,
  hasFailed,
  invalidUrl,
  loginFailed,
  remoteFailed,
  stalledFetch,
  storageFailed,
  stored,
  unchanged,
} from "./git_outcomes.ts";
import { hasSameIncludes, type Included, includeFiles, resolveIncludes } from "./include.ts";
import { lfsWarning } from "./lfs_pointers.ts";
import { hasSameFolders, selectFolders } from "./sparse_checkout.ts";
import { unsupportedField } from "./unsupported.ts";
import { urlTrouble } from "./url_trouble.ts";
import { isVerified, verifyCommit } from "./verification.ts";
import { annotationTrouble, keepLastVerified } from "./verify_range.ts";

/** `spec.timeout` when neither the object nor the CRD's default gives one. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** Brings the artifact of `repo` up to date with its remote. */
export async function reconcileGitRepository(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<GitOutcome> {
  const refused = unsupportedField(repo);
  if (refused) return halted("Unsupported", refused);
  const misspelt = annotationTrouble(repo);
  if (misspelt) return halted("InvalidAnnotation", misspelt);
  return keepLastVerified(repo, await follow(repo, ctx));
}

async function follow(repo: GitRepository, ctx: SourceContext): Promise<GitOutcome> {
  const kept = await keptArtifact(repo, ctx);
  if (kept === undefined) await ctx.progress(missingMessage(repo), { drift: true });

  const malformed = urlTrouble(repo.spec.url);
  if (malformed !== undefined) return invalidUrl(repo, malformed, kept);

  const misfit = providerTrouble(repo);
  if (misfit !== undefined) return stalledFetch("InvalidProviderConfiguration", misfit, kept);
  const login = await ctx.readCredentials(namespaceOf(repo), repo.spec);
  if (!login.ok) return loginFailed(repo, login, kept);

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

  const { url } = repo.spec;
  const parent = { url, login: login.value, tree: commit.value.tree };
  const whole = repo.spec.recurseSubmodules
    ? await fetchSubmodules(ctx.git, parent, budget)
    : ok(parent.tree);
  if (!whole.ok) return remoteFailed(repo, whole, kept);
  const selected = selectFolders(repo, whole.value);
  if (!selected.ok) return fetchFailed(repo, selected.code, selected, kept);
  const task = { commit: commit.value, kept, login: login.value, budget };
  const verified = await verifyCommit(repo, task, ctx);
  if (!verified.ok) return verified.outcome;

  const { revision } = commit.value;
  if (kept?.revision !== revision) {
    await ctx.progress(`building artifact: new upstream revision '${revision}'`, { drift: true });
  }
  const files = await includeFiles(selected.value, included.value, ctx, budget);
  if (!files.ok) return storageFailed("CopyFailure", files, kept, verified.value);
  const skip = readIgnoreRules(files.value, repo.spec.ignore);
  if (!skip.ok) return storageFailed("ArchiveOperationFailed", skip, kept, verified.value);
  const content = { revision, tree: files.value, skip: skip.value };
  const artifact = await ctx.artifacts.publish(ownerOf(repo), content);
  if (!artifact.ok) {
    return storageFailed("ArchiveOperationFailed", artifact, kept, verified.value);
  }
  return stored(repo, artifact.value, {
    commit: commit.value,
    included: included.value,
    verified: verified.value,
    notice: lfsWarning(files.value, skip.value),
  });
}

/** Gives back what the store holds of a deleted object. */
export async function finalizeGitRepository(
  repo: GitRepository,
  ctx: SourceContext,
): Promise<GitOutcome> {
  const removed = await ctx.artifacts.remove(ownerOf(repo));
  if (!removed.ok) return failing("GarbageCollectionFailed", removed);
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

/**
 * Whether there is nothing to fetch and nothing to build. After a failure Flux names the title of a commit
 * that it fetches anew each time, see {@linkcode comparesHead}; so do we.
 */
function isUnchanged(
  repo: GitRepository,
  kept: Artifact,
  remote: RemoteRef,
  included: readonly Included[],
): boolean {
  return kept.revision === remote.revision &&
    (comparesHead(repo) || !hasFailed(repo)) &&
    isVerified(repo) &&
    hasSameIncludes(repo, included) &&
    hasSameFolders(repo) &&
    Boolean(repo.status?.observedRecurseSubmodules) === Boolean(repo.spec.recurseSubmodules) &&
    repo.status?.observedIgnore === repo.spec.ignore &&
    isConditionTrue(repo.status?.conditions, "ArtifactInStorage");
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

function timeoutMs(repo: GitRepository): number {
  const parsed = parseDuration(repo.spec.timeout ?? "");
  return parsed.ok && parsed.value > 0 ? parsed.value : DEFAULT_TIMEOUT_MS;
}

function namespaceOf(repo: GitRepository): string {
  return repo.metadata.namespace ?? "";
}
