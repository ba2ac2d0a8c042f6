/**
 * Finds the artifact that `spec.sourceRef` names.
 *
 * @module
 */
import type { Artifact, Kustomization } from "../../crds/mod.ts";
import { formatDuration } from "../../lib/base/mod.ts";
import { displayName, type ObjectRef } from "../../lib/kube/mod.ts";
import { retry, stalled, wait } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type KustomizationOutcome, retryDelayMs, type Step, warning } from "./outcomes.ts";

/** The object that `spec.sourceRef` names. */
export function sourceRefOf(kustomization: Kustomization): ObjectRef {
  const { kind, name, namespace, apiVersion } = kustomization.spec.sourceRef;
  return {
    apiVersion: apiVersion ?? "source.toolkit.fluxcd.io/v1",
    kind,
    name,
    namespace: namespace || (kustomization.metadata.namespace ?? ""),
  };
}

/** The end of a run that refers to another namespace where that is not allowed (contract/common.md §12). */
export function denyForeign(
  ref: ObjectRef,
  { metadata }: Kustomization,
  { settings }: KustomizeContext,
): KustomizationOutcome | undefined {
  if (!settings.noCrossNamespaceRefs || ref.namespace === metadata.namespace) return undefined;
  const name = displayName(ref);
  const message = `can't access '${name}', cross-namespace references have been blocked`;
  return stalled("AccessDenied", { message }, { events: [warning("AccessDenied", { message })] });
}

/** The source's artifact; a source that is missing or not ready leaves only `Ready=False` (errata 5). */
export async function resolveSource(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): Promise<Step<Artifact>> {
  const ref = sourceRefOf(kustomization);
  const denied = denyForeign(ref, kustomization, ctx);
  if (denied !== undefined) return { ok: false, outcome: denied };
  const source = await ctx.readSource(kustomization);
  if (!source.ok) {
    const afterMs = retryDelayMs(kustomization);
    return { ok: false, outcome: retry("ArtifactFailed", source, { quiet: true, afterMs }) };
  }
  if (source.value.artifact !== undefined) return { ok: true, value: source.value.artifact };

  const retryMs = ctx.settings.requeueDependencyMs;
  const message = `Source artifact not found, retrying in ${formatDuration(retryMs)}`;
  const { version } = source.value;
  const objects = [{ ...ref, ...(version !== undefined && { seen: version }) }];
  const until = { kind: "dependency", objects, retryMs } as const;
  return { ok: false, outcome: wait("ArtifactFailed", message, until, { quiet: true }) };
}
