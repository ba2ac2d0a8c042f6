/**
 * Tells of objects that two Kustomizations own at the same time, on both of them.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { firstLines, isEqualJson } from "../../lib/base/mod.ts";
import { sourceRefOf } from "../../lib/delivery/mod.ts";
import { displayName, refOf } from "../../lib/kube/mod.ts";
import { type InventoryEntry, refOfEntry } from "../../lib/kube/ssa/mod.ts";
import { type ConditionValue, findCondition } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type Attempt, eventMetadata, type KustomizationOutcome } from "./outcomes.ts";

/** Abnormal when True, and absent otherwise. */
export const OWNERSHIP_CONFLICT = "OwnershipConflict";
const ADVICE = "Whoever runs takes it: take it out of one of them";
const MOST_OBJECTS = 20;

/** An object that another one has on record, too. */
interface Shared {
  readonly object: string;
  readonly other: Kustomization;
}

/** The outcome with the condition, or without one that no longer holds. */
export function tellConflicts(
  attempt: Attempt,
  entries: readonly InventoryEntry[],
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const shared = findShared(attempt, entries, ctx);
  const said = findCondition(attempt.kustomization.status?.conditions, OWNERSHIP_CONFLICT);
  if (shared.length === 0 && said === undefined) return outcome;
  const condition = conditionOf(shared);
  if (condition !== null && condition.message !== said?.message) {
    tellBoth(attempt, shared, condition.message, ctx);
  }
  const conditions = { ...outcome.conditions, [OWNERSHIP_CONFLICT]: condition };
  return { ...outcome, conditions };
}

function findShared(
  attempt: Attempt,
  entries: readonly InventoryEntry[],
  { claims }: KustomizeContext,
): Shared[] {
  return entries.flatMap((entry) => {
    const others = claims.othersOf(attempt.kustomization, entry.id)
      .filter((other) => !isBehind(other, attempt) && !claims.isMoving(other, entry.id));
    const ref = refOfEntry(entry);
    return ref.ok ? others.map((other) => ({ object: displayName(ref.value), other })) : [];
  });
}

/** One that has not come to this revision yet may be about to let go of the object: it moves. */
function isBehind(other: Kustomization, { kustomization, revision }: Attempt): boolean {
  return isEqualJson(sourceRefOf(other), sourceRefOf(kustomization)) &&
    other.status?.lastAttemptedRevision !== revision;
}

function conditionOf(shared: readonly Shared[]): ConditionValue | null {
  if (shared.length === 0) return null;
  const lines = shared.map(({ object, other }) => `${object} is owned by ${nameOf(other)}, too`)
    .toSorted();
  return { status: "True", reason: "OwnedTwice", message: bounded(lines) };
}

function bounded(lines: readonly string[]): string {
  return [...firstLines(lines, MOST_OBJECTS), ADVICE].join("\n");
}

/** The other one learns of it by an event: a run of its own would take the object back. */
function tellBoth(
  attempt: Attempt,
  shared: readonly Shared[],
  message: string,
  ctx: KustomizeContext,
): void {
  const metadata = eventMetadata(attempt);
  ctx.event({ type: "Warning", reason: OWNERSHIP_CONFLICT, message, metadata });
  const self = nameOf(attempt.kustomization);
  for (const [other, objects] of Map.groupBy(shared, ({ other }) => other)) {
    const lines = objects.map(({ object }) => `${object} is owned by ${self}, too`);
    ctx.tellOther(other, {
      type: "Warning",
      reason: OWNERSHIP_CONFLICT,
      message: bounded(lines.toSorted()),
    });
  }
}

function nameOf(kustomization: Kustomization): string {
  return displayName(refOf(kustomization));
}
