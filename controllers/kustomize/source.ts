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
import { retryDelayMs, type Step, warning } from "./outcomes.ts";

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

/** The source's artifact; a source that is missing or not ready leaves only `Ready=False` (errata 5). */
export async function resolveSource(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): Promise<Step<Artifact>> {
  const ref = sourceRefOf(kustomization);
  if (ctx.settings.noCrossNamespaceRefs && ref.namespace !== kustomization.metadata.namespace) {
    const message = `can't access '${
      displayName(ref)
    }', cross-namespace references have been blocked`;
    const events = [warning("AccessDenied", { message })];
    return { ok: false, outcome: stalled("AccessDenied", { message }, { events }) };
  }
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
