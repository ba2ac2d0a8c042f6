/**
 * Runs the transformers of a kustomization one after the other.
 *
 * @module
 */
import type { Accumulator } from "./accumulator.ts";
import { noteChanges } from "./changes.ts";
import type { BuildContext } from "./context.ts";
import { joinOrigin, recordTransformation } from "./origin.ts";
import { reasonsOf, type Refusal, throwAll } from "./refusal.ts";
import type { Origin } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import type { Generator, Transformer } from "./steps.ts";
import { inEntry, inFile, type Target } from "./target_file.ts";

/** Transformers whose mistakes are their own, whatever went wrong before them. */
const INDEPENDENT: ReadonlySet<string> = new Set([
  "PatchTransformer",
  "PatchStrategicMergeTransformer",
  "PatchJson6902Transformer",
  "ReplicaCountTransformer",
]);

/** Runs all of them over all resources, and tells of every mistake that is none because of another; of `earlier` ones too. */
export function runAllSteps(
  steps: readonly Transformer[],
  target: Target,
  { resources }: Accumulator,
  context: BuildContext,
  earlier: readonly Refusal[] = [],
): void {
  const reasons = [...earlier];
  for (const step of steps) {
    // What comes after a mistake may fail because of it; only these never do.
    if (reasons.length > 0 && !INDEPENDENT.has(step.kind)) continue;
    spendStep(step, resources, target, context);
    reasons.push(...reasonsOf(() => runStep(step, resources, target, context)));
    if (context.tracksOrigin) recordTransformation(resources, stepOrigin(step, target));
    resources.dropEmpty();
  }
  throwAll(reasons);
}

/** Runs one of them. */
export function runStep(
  step: Transformer,
  resources: ResourceList,
  target: Target,
  { options }: BuildContext,
): void {
  const by = options.provenance === true ? { kind: step.kind, path: target.file } : undefined;
  const run = () => noteChanges(resources, by, () => step.run(resources));
  if (step.place === undefined) inFile(target, run);
  else inEntry(target, step.place, run);
}

/** Spends what it costs to go over all resources; patches tell by themselves which ones they look at. */
export function spendStep(
  step: Transformer,
  resources: ResourceList,
  target: Target,
  { meter }: BuildContext,
): void {
  meter.checkTime(target.file);
  if (step.kind.startsWith("Patch")) return;
  meter.spendEntries(Math.ceil(resources.items.length / 4), target.file);
}

/** What a step notes as the origin of what it makes. */
export function stepOrigin(step: Generator | Transformer, { origin, fileName }: Target): Origin {
  if (step.origin !== undefined) return step.origin;
  return {
    ...(origin.repo && { repo: origin.repo }),
    ...(origin.ref && { ref: origin.ref }),
    configuredIn: joinOrigin(origin.path ?? "", fileName),
    configuredBy: { apiVersion: "builtin", kind: step.kind },
  };
}
