/**
 * From the source's artifact to the objects that shall be in the cluster.
 *
 * @module
 */
import {
  fail,
  type FileTree,
  formatDuration,
  limitTime,
  ok,
  type Result,
  sha256Hex,
  startDeadline,
  stringifyJson,
} from "../../lib/base/mod.ts";
import {
  type BuildJob,
  buildOpening,
  buildWithRemotes,
  type BuiltWithRemotes,
  isCurrent,
  joinVariables,
  type Manifests,
  variableRequests,
} from "../../lib/delivery/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type OpenedRevision, openRevision } from "./decrypt.ts";
import { memoryKey } from "./memory.ts";
import { type Attempt, failedAttempt, type Step } from "./outcomes.ts";

/**
 * The files of the revision; nothing when the source has moved on meanwhile, so that a source that came back
 * at another address is not waited for at the old one.
 */
export async function fetchRevision(
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<Step<FileTree> | undefined> {
  using moved = ctx.watchArtifact(attempt.kustomization, attempt.artifact);
  const signal = AbortSignal.any([ctx.signal, moved.signal]);
  using deadline = startDeadline(ctx.clock, attempt.timeoutMs, signal);
  const tree = await ctx.fetchArtifact(attempt.artifact, ctx.budget(deadline.signal));
  if (tree.ok) return tree;
  if (moved.signal.aborted && !ctx.signal.aborted) return undefined;
  if (tree.code !== "NotFound") {
    return { ok: false, outcome: failedAttempt(attempt, "ArtifactFailed", tree, ctx) };
  }
  // The source controller is about to store it anew; that is soon, not at the next retry.
  const afterMs = ctx.settings.requeueDependencyMs;
  const message = `Source is not ready, artifact not found, retrying in ${formatDuration(afterMs)}`;
  return {
    ok: false,
    outcome: { ...failedAttempt(attempt, "ArtifactFailed", { message }, ctx), afterMs, events: [] },
  };
}

/** The objects of the revision; a build that went wrong touches nothing in the cluster. */
export async function buildRevision(
  attempt: Attempt,
  tree: FileTree,
  ctx: KustomizeContext,
): Promise<Step<Manifests>> {
  const variables = await readVariables(attempt, ctx);
  if (!variables.ok) return buildFailed(attempt, variables, ctx);

  const budget = limitTime(ctx.budget(ctx.signal), ctx.clock, attempt.timeoutMs);
  const opened = await openRevision(attempt, tree, ctx, budget);
  if (!opened.ok) return buildFailed(attempt, opened, ctx);

  const { spec } = attempt.kustomization;
  const entries = variables.value === undefined ? [] : [...variables.value];
  const key = sha256Hex(stringifyJson([attempt.artifact.digest, buildInputs(attempt), entries]));
  const job: BuildJob = {
    key: memoryKey(attempt.kustomization),
    tree: opened.value.tree,
    spec,
    budget,
    variables: variables.value,
  };
  const manifests = await buildOnce(attempt, { key, job, opened: opened.value }, ctx);
  return manifests.ok ? manifests : buildFailed(attempt, manifests, ctx);
}

/** The build that was made of the same files, as long as its remote bases lead where they led. */
async function buildOnce(
  attempt: Attempt,
  { key, job, opened }: { key: string; job: BuildJob; opened: OpenedRevision },
  ctx: KustomizeContext,
): Promise<Result<Manifests>> {
  const { opener } = opened;
  const build = (job: BuildJob) =>
    opener === undefined
      ? ctx.pool.build(job)
      : buildOpening(opener, (resources) => ctx.pool.build({ ...job, opened: resources }));
  function keep(built: BuiltWithRemotes<Manifests>): void {
    // What was sealed is not kept; a build that had nothing of it does not depend on the keys.
    if (!opened.hasSecrets()) ctx.builds.set(key, built);
  }
  const kept = opened.hasSecrets() ? undefined : ctx.builds.get(key);
  if (ctx.remotes === undefined) {
    if (kept !== undefined) return ok(kept.value);
    const { result } = await build(job);
    if (result.ok) keep({ value: result.value, revisions: new Map() });
    return result;
  }
  using deadline = startDeadline(ctx.clock, attempt.timeoutMs, ctx.signal);
  const session = ctx.remotes.open(ctx.budget(deadline.signal));
  if (kept !== undefined && await isCurrent(session, kept.revisions)) return ok(kept.value);
  const built = await buildWithRemotes(
    session,
    (remotes) => build({ ...job, remotes }),
    kept?.revisions.keys(),
  );
  if (!built.ok) return built;
  keep(built.value);
  return ok(built.value.value);
}

/** The fields of `spec` that a build depends on; the others may change without a new build. */
function buildInputs(attempt: Attempt): unknown {
  const { spec } = attempt.kustomization;
  return [
    spec.path,
    spec.targetNamespace,
    spec.namePrefix,
    spec.nameSuffix,
    spec.patches,
    spec.images,
    spec.components,
    spec.ignoreMissingComponents,
    spec.buildMetadata,
    spec.postBuild?.substituteStrategy,
    spec.decryption !== undefined,
  ];
}

function buildFailed(
  attempt: Attempt,
  failure: { code: string; message: string },
  ctx: KustomizeContext,
): Step<never> {
  const isPath = failure.code === "PathNotFound";
  const status = isPath ? {} : { lastAttemptedRevision: attempt.revision };
  const reason = isPath ? "ArtifactFailed" : "BuildFailed";
  return { ok: false, outcome: failedAttempt(attempt, reason, failure, ctx, { status }) };
}

/** `postBuild`'s variables: referenced ones in order, then the inline ones over them. */
async function readVariables(
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<Result<ReadonlyMap<string, string> | undefined>> {
  const { postBuild } = attempt.kustomization.spec;
  if (postBuild === undefined) return ok(undefined);
  const requests = variableRequests(postBuild);
  const referenced = await ctx.readVariables(attempt.namespace, requests);
  if (!referenced.ok) return fail("BuildFailed", `post build failed: ${referenced.message}`);
  for (const { name, data } of referenced.value) {
    // As they are, and as they are put into the resources.
    const values = Object.values(data).flatMap((value) => [value, value.replaceAll("\n", "")]);
    if (name.startsWith("Secret/")) attempt.secrets.push(...values);
  }
  return joinVariables([...referenced.value, { name: "", data: postBuild.substitute ?? {} }]);
}
