/**
 * Finds the artifact that `spec.sourceRef` names.
 *
 * @module
 */
import type { Artifact, Kustomization } from "../../crds/mod.ts";
import { formatDuration } from "../../lib/base/mod.ts";
import { sourceRefOf } from "../../lib/delivery/mod.ts";
import { displayName, type ObjectRef } from "../../lib/kube/mod.ts";
import { halted, retry, wait } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type KustomizationOutcome, retryDelayMs, type Step } from "./outcomes.ts";

/** The end of a run that refers to another namespace where that is not allowed (contract/common.md §12). */
export function denyForeign(
  ref: ObjectRef,
  { metadata }: Kustomization,
  { settings }: KustomizeContext,
): KustomizationOutcome | undefined {
  if (!settings.noCrossNamespaceRefs || ref.namespace === metadata.namespace) return undefined;
  return denied(ref, "cross-namespace references have been blocked");
}

/** The end of a run whose source is of a kind that has to be allowed first (contract/common.md §14). */
function denyExternal(ref: ObjectRef, { settings }: KustomizeContext) {
  if (ref.kind !== "ExternalArtifact" || settings.takesExternalArtifacts) return undefined;
  return denied(ref, "ExternalArtifact feature gate is disabled");
}

function denied(ref: ObjectRef, why: string): KustomizationOutcome {
  const message = `can't access '${displayName(ref)}', ${why}`;
  return halted("AccessDenied", { message });
}

/** The source's artifact; a source that is missing or not ready leaves only `Ready=False` (errata 5). */
export async function resolveSource(
  kustomization: Kustomization,
  ctx: KustomizeContext,
): Promise<Step<Artifact>> {
  const ref = sourceRefOf(kustomization);
  const refused = denyForeign(ref, kustomization, ctx) ?? denyExternal(ref, ctx);
  if (refused !== undefined) return { ok: false, outcome: refused };
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
