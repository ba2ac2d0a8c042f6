/**
 * `spec.dependsOn`: waits, by event, until the named Kustomizations are ready (contract/common.md §7).
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import { formatDuration, type Result } from "../../lib/base/mod.ts";
import { compileCel, EVALUATION_FAILED } from "../../lib/cel/mod.ts";
import { sourceRefOf } from "../../lib/delivery/mod.ts";
import { namespacedName, type ObjectRef } from "../../lib/kube/mod.ts";
import { findCondition, isConditionTrue, wait, type WatchedObject } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { findCycle, inCycle } from "./cycles.ts";
import {
  type Attempt,
  eventMetadata,
  invalidExpression,
  type KustomizationOutcome,
} from "./outcomes.ts";
import { denyForeign } from "./source.ts";

/** One entry of `dependsOn`. */
interface Dependency extends ObjectRef {
  /** An expression that says when it is ready. */
  readonly readyExpr?: string | undefined;
}

/** Why a dependency is not met; `isFinal` when no change of it could mend that. */
interface Unmet {
  readonly message: string;
  readonly isFinal?: boolean;
}

/** The outcome that unmet dependencies ask for, or the refusal of a foreign one; nothing when all are met. */
export async function awaitDependencies(
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome | undefined> {
  const { kustomization } = attempt;
  for (const entry of dependencies(kustomization)) {
    // Unlike Flux: the flag is about this reference too, as it tells whether another tenant is ready.
    const denied = denyForeign(entry, kustomization, ctx);
    if (denied !== undefined) return denied;
    const dependency = await ctx.readDependency(entry);
    const unmet = unmetReason(attempt, entry, dependency, ctx);
    if (unmet === undefined) continue;
    if (unmet.isFinal) return invalidExpression(kustomization, unmet, eventMetadata(attempt));
    const seen = dependency.ok ? dependency.value.metadata.resourceVersion : undefined;
    const { readyExpr: _, ...ref } = entry;
    const watched = { ...ref, ...(seen !== undefined && { seen }) };
    const cycle = waitsForReady(entry, ctx)
      ? findCycle(kustomization, watched, (object) => readinessRefs(object, ctx), ctx)
      : undefined;
    if (cycle !== undefined) return inCycle(attempt, cycle, ctx);
    return dependencyWait(attempt, watched, unmet.message, ctx);
  }
  return undefined;
}

function dependencies({ spec, metadata }: Kustomization): Dependency[] {
  return (spec.dependsOn ?? []).map(({ name, namespace, readyExpr }) => ({
    apiVersion: Kustomization.apiVersion,
    kind: Kustomization.kind,
    name,
    namespace: namespace || (metadata.namespace ?? ""),
    ...(readyExpr && { readyExpr }),
  }));
}

/** The Kustomizations whose readiness `kustomization` waits for. */
function readinessRefs(kustomization: Kustomization, ctx: KustomizeContext): ObjectRef[] {
  return dependencies(kustomization).filter((entry) => waitsForReady(entry, ctx));
}

/** An expression stands instead of the built-in check, unless the gate says besides it. */
function waitsForReady({ readyExpr }: Dependency, { settings }: KustomizeContext): boolean {
  return readyExpr === undefined || settings.additiveReadyExpr;
}

function dependencyWait(
  attempt: Attempt,
  unmet: WatchedObject,
  message: string,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const retryMs = ctx.settings.requeueDependencyMs;
  const reason = "DependencyNotReady";
  return wait(reason, message, { kind: "dependency", objects: [unmet], retryMs }, {
    quiet: true,
    // Said once for each thing waited for, not at each look, nor each time that its state is another one.
    events: isNewWait(attempt.kustomization, unmet, message)
      ? [{
        type: "Normal",
        reason,
        message: `Dependencies do not meet ready condition, retrying in ${formatDuration(retryMs)}`,
        metadata: eventMetadata(attempt),
      }]
      : [],
  });
}

function isNewWait(
  { status }: Kustomization,
  dependency: ObjectRef,
  message: string,
): boolean {
  const ready = findCondition(status?.conditions, "Ready");
  if (ready?.reason !== "DependencyNotReady") return true;
  const about = `dependency '${namespacedName(dependency)}' `;
  const isSameWait = ready.message.startsWith(about) && message.startsWith(about);
  return ready.message !== message && !isSameWait;
}

/** Why the dependency is not met, in Flux's words. */
function unmetReason(
  attempt: Attempt,
  entry: Dependency,
  dependency: Result<Kustomization>,
  ctx: KustomizeContext,
): Unmet | undefined {
  const name = namespacedName(entry);
  if (!dependency.ok) return { message: `dependency '${name}' not found: ${dependency.message}` };
  if (entry.readyExpr !== undefined) {
    const unmet = unmetExpression(attempt, entry.readyExpr, dependency.value, ctx);
    if (unmet !== undefined) return unmet;
  }
  if (!waitsForReady(entry, ctx)) return undefined;
  if (!isReady(dependency.value)) return { message: `dependency '${name}' is not ready` };
  const isBehind = sharesSource(attempt.kustomization, dependency.value) &&
    dependency.value.status?.lastAppliedRevision !== attempt.revision;
  return isBehind ? { message: `dependency '${name}' revision is not up to date` } : undefined;
}

function unmetExpression(
  { kustomization }: Attempt,
  readyExpr: string,
  dependency: Kustomization,
  ctx: KustomizeContext,
): Unmet | undefined {
  const name = namespacedName(dependency.metadata);
  const program = compileCel(readyExpr, ["self", "dep"]);
  const budget = ctx.budget(ctx.signal);
  const met = program.ok
    ? program.value.test({ self: kustomization, dep: dependency }, { budget })
    : program;
  if (met.ok) {
    if (met.value) return undefined;
    return {
      message: `dependency '${name}' is not ready according to readyExpr eval`,
    };
  }
  // What this dependency does not have yet, it may have later.
  if (met.code === EVALUATION_FAILED) return met;
  const message =
    `terminal error: failed to evaluate dependency ${dependency.metadata.name}: ${met.message}`;
  return { message, isFinal: true };
}

function isReady(dependency: Kustomization): boolean {
  const { status, metadata } = dependency;
  return status?.observedGeneration === metadata.generation &&
    isConditionTrue(status?.conditions, "Ready");
}

function sharesSource(one: Kustomization, other: Kustomization): boolean {
  const [a, b] = [sourceRefOf(one), sourceRefOf(other)];
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
