/**
 * Kustomizations that wait for each other in a circle: named, so that somebody cuts it. All others go on.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { namespacedName, type ObjectRef } from "../../lib/kube/mod.ts";
import { stalled, warning, type WatchedObject } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type Attempt, eventMetadata, isReadyNews, type KustomizationOutcome } from "./outcomes.ts";

/** Looked at before the search is given up: the circle is then said to be a wait, as Flux does. */
const MOST_LOOKS = 10_000;

/** What waits for itself by way of others: the others, in order, from the one that is waited for. */
export type Cycle = readonly WatchedObject[];

interface Step {
  readonly object: WatchedObject;
  readonly before: Step | undefined;
}

/**
 * The shortest way by which `unmet`, that `kustomization` waits for, waits for `kustomization`, by the specs
 * as they are now; `refsOf` says what one waits for.
 */
export function findCycle(
  kustomization: Kustomization,
  unmet: WatchedObject,
  refsOf: (kustomization: Kustomization) => readonly ObjectRef[],
  ctx: Pick<KustomizeContext, "knownKustomization">,
): Cycle | undefined {
  const goal = namespacedName(kustomization.metadata);
  if (namespacedName(unmet) === goal) return [];
  const queue: Step[] = [{ object: unmet, before: undefined }];
  const met = new Set([namespacedName(unmet)]);
  for (const step of queue) {
    if (met.size > MOST_LOOKS) return undefined;
    const known = ctx.knownKustomization(step.object);
    for (const ref of known === undefined ? [] : refsOf(known)) {
      if (namespacedName(ref) === goal) return unwound(step);
      if (met.has(namespacedName(ref))) continue;
      met.add(namespacedName(ref));
      const seen = ctx.knownKustomization(ref)?.metadata.resourceVersion;
      queue.push({ object: { ...ref, ...(seen !== undefined && { seen }) }, before: step });
    }
  }
  return undefined;
}

/** The outcome for a member: any change of another one makes it look again. */
export function inCycle(
  attempt: Attempt,
  cycle: Cycle,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const { kustomization } = attempt;
  const { generation = 0 } = kustomization.metadata;
  const self = namespacedName(kustomization.metadata);
  const path = [self, ...cycle.map(namespacedName), self].join(" → ");
  const reason = "DependencyNotReady";
  const message = `dependsOn goes in a circle: ${path}; take one of these entries away`;
  const retryMs = ctx.settings.requeueDependencyMs;
  const isNews = isReadyNews(kustomization, reason, message);
  return stalled(reason, { message }, {
    status: { observedGeneration: generation },
    until: { kind: "dependency", objects: cycle, retryMs },
    events: isNews ? [warning(reason, { message }, eventMetadata(attempt))] : [],
  });
}

function unwound(last: Step): Cycle {
  const cycle: WatchedObject[] = [];
  for (let step: Step | undefined = last; step !== undefined; step = step.before) {
    cycle.unshift(step.object);
  }
  return cycle;
}
