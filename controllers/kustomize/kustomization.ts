/**
 * Kustomization: builds the manifests of a source's revision and keeps the cluster as they say.
 *
 * Conditions, events, metrics and the next run are written by `lib/runtime`, from the outcome.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { formatDuration } from "../../lib/base/mod.ts";
import { GATE_DISABLED } from "../../lib/delivery/mod.ts";
import { readHealthExpressions } from "../../lib/kube/kstatus/mod.ts";
import { halted } from "../../lib/runtime/mod.ts";
import { readHandling } from "./annotations.ts";
import { applyManifests } from "./apply.ts";
import { buildRevision, fetchRevision } from "./build.ts";
import { tellConflicts } from "./conflicts.ts";
import type { KustomizeContext } from "./context.ts";
import { refusedAccount } from "./decrypt.ts";
import { awaitDependencies } from "./dependencies.ts";
import { tellContested, tellDrifted } from "./drifted.ts";
import { checkHealth, resumeHealth } from "./health.ts";
import { followMoving } from "./moves.ts";
import {
  type Attempt,
  invalidAnnotation,
  invalidExpression,
  type KustomizationOutcome,
  startAttempt,
  withoutTarget,
} from "./outcomes.ts";
import { pruneStale } from "./prune.ts";
import { pruneLater } from "./prune_later.ts";
import { resolveSource } from "./source.ts";
import { tellUnwatched } from "./unwatched.ts";

/** Brings the cluster to what `kustomization` and its source say. */
export async function reconcileKustomization(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome> {
  const refused = refusedAccount(kustomization, ctx.settings);
  if (refused) return halted(GATE_DISABLED, refused);

  const handling = readHandling(kustomization);
  if (!handling.ok) return invalidAnnotation(handling);
  const expressions = readHealthExpressions(kustomization.spec.healthCheckExprs ?? []);
  if (!expressions.ok) return invalidExpression(kustomization, expressions);

  const source = await resolveSource(kustomization, ctx);
  if (!source.ok) return source.outcome;
  const started = startAttempt(
    kustomization,
    { artifact: source.value, handling: handling.value },
    ctx,
  );
  const attempt = { ...started, expressions: expressions.value };

  const { targetFailure } = ctx;
  const resumed = targetFailure === undefined ? await resumeHealth(attempt, ctx) : undefined;
  if (resumed !== undefined) {
    return followMoving(attempt, await pruneLater(attempt, resumed, ctx), ctx);
  }
  const waiting = await awaitDependencies(attempt, ctx);
  if (waiting !== undefined) return waiting;
  if (targetFailure !== undefined) return withoutTarget(attempt, targetFailure, ctx);

  await ctx.progress(phase("Fetching manifests", attempt), { drift: true });
  const tree = await fetchRevision(attempt, ctx);
  if (tree === undefined) return await reconcileKustomization(kustomization, ctx);
  if (!tree.ok) return tree.outcome;

  await ctx.progress(phase("Building manifests", attempt), { drift: true });
  const manifests = await buildRevision(attempt, tree.value, ctx);
  if (!manifests.ok) return manifests.outcome;

  await ctx.progress(phase("Detecting drift", attempt), { drift: true });
  const applied = await applyManifests(attempt, manifests.value, ctx);
  if (!applied.ok) return applied.outcome;

  const pruned = await pruneStale(attempt, applied.value, ctx);
  if (!pruned.ok) return pruned.outcome;
  const checked = await checkHealth(attempt, pruned.value, ctx);
  const outcome = followMoving(attempt, await pruneLater(attempt, checked, ctx), ctx);
  const told = tellDrifted(attempt, await tellUnwatched(attempt, outcome, ctx), ctx);
  const { entries } = applied.value;
  return tellConflicts(attempt, entries, tellContested(attempt, told, ctx), ctx);
}

/** How Flux words where a run is. */
function phase(what: string, attempt: Attempt): string {
  return `${what} for revision ${attempt.revision} with a timeout of ${
    formatDuration(attempt.timeoutMs)
  }`;
}
