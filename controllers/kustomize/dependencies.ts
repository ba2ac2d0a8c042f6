/**
 * `spec.dependsOn`: waits, by event, until the named Kustomizations are ready (contract/common.md §7).
 *
 * @module
 */
import { Kustomization } from "../../crds/mod.ts";
import { formatDuration, type Result } from "../../lib/base/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import { wait, type WatchedObject } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type Attempt, eventMetadata, type KustomizationOutcome } from "./outcomes.ts";
import { denyForeign, sourceRefOf } from "./source.ts";

/** The wait that unmet dependencies ask for, or the refusal of a foreign one; nothing when all are met. */
export async function awaitDependencies(
  attempt: Attempt,
  ctx: KustomizeContext,
): Promise<KustomizationOutcome | undefined> {
  for (const ref of dependencyRefs(attempt.kustomization)) {
    // Unlike Flux: the flag is about this reference too, as it tells whether another tenant is ready.
    const denied = denyForeign(ref, attempt.kustomization, ctx);
    if (denied !== undefined) return denied;
    const dependency = await ctx.readDependency(ref);
    const unmet = unmetReason(attempt, ref, dependency);
    if (unmet === undefined) continue;
    const seen = dependency.ok ? dependency.value.metadata.resourceVersion : undefined;
    return dependencyWait(attempt, { ...ref, ...(seen !== undefined && { seen }) }, unmet, ctx);
  }
  return undefined;
}

/** The Kustomizations that `kustomization` waits for. */
export function dependencyRefs(kustomization: Kustomization): ObjectRef[] {
  return (kustomization.spec.dependsOn ?? []).map(({ name, namespace }) => ({
    apiVersion: Kustomization.apiVersion,
    kind: Kustomization.kind,
    name,
    namespace: namespace || (kustomization.metadata.namespace ?? ""),
  }));
}

function dependencyWait(
  attempt: Attempt,
  unmet: WatchedObject,
  message: string,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const retryMs = ctx.settings.requeueDependencyMs;
  const reason = "DependencyNotReady";
  const isNews = !attempt.kustomization.status?.conditions?.some((condition) =>
    condition.type === "Ready" && condition.reason === reason && condition.message === message
  );
  return wait(reason, message, { kind: "dependency", objects: [unmet], retryMs }, {
    quiet: true,
    // Said once for each thing waited for, not at each look.
    events: isNews
      ? [{
        type: "Normal",
        reason,
        message: `Dependencies do not meet ready condition, retrying in ${formatDuration(retryMs)}`,
        metadata: eventMetadata(attempt),
      }]
      : [],
  });
}

/** Why the dependency is not met, in Flux's words. */
function unmetReason(
  attempt: Attempt,
  ref: ObjectRef,
  dependency: Result<Kustomization>,
): string | undefined {
  const name = `${ref.namespace}/${ref.name}`;
  if (!dependency.ok) return `dependency '${name}' not found: ${dependency.message}`;
  if (!isReady(dependency.value)) return `dependency '${name}' is not ready`;
  const isBehind = sharesSource(attempt.kustomization, dependency.value) &&
    dependency.value.status?.lastAppliedRevision !== attempt.revision;
  return isBehind ? `dependency '${name}' revision is not up to date` : undefined;
}

function isReady(dependency: Kustomization): boolean {
  const { status, metadata } = dependency;
  return status?.observedGeneration === metadata.generation &&
    status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

function sharesSource(one: Kustomization, other: Kustomization): boolean {
  const [a, b] = [sourceRefOf(one), sourceRefOf(other)];
  return a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}
