/**
 * Tells of what others changed and what stays as they made it (`sluice.dev/drift: Inform`).
 *
 * @module
 */
import { displayName } from "../../lib/kube/mod.ts";
import { type ForeignChange, inventoryId } from "../../lib/kube/ssa/mod.ts";
import type { ConditionValue } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type AppliedObject, memoryKey } from "./memory.ts";
import { type Attempt, eventMetadata, type KustomizationOutcome } from "./outcomes.ts";

/** Abnormal when True, and absent otherwise. */
const TYPE = "Drifted";
const MOST_OBJECTS = 50;
const MOST_PATHS = 20;
/** One run that finds more than so many tells of the rest in one event. */
const MOST_EVENTS = 20;

/** An object, and what others changed of it. */
interface Drifted {
  readonly record: AppliedObject;
  readonly foreign: ForeignChange;
}

/** The outcome with the condition, or without one that no longer holds. */
export function tellDrifted(
  { kustomization }: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const drifted = findDrifted(ctx.memory.of(memoryKey(kustomization)).applied);
  const isSaid = kustomization.status?.conditions?.some(({ type }) => type === TYPE) ?? false;
  if (drifted.length === 0 && !isSaid) return outcome;
  return { ...outcome, conditions: { ...outcome.conditions, [TYPE]: conditionOf(drifted) } };
}

/** A Warning for each object and change that `before`, and the condition on record, do not know of. */
export function tellForeign(
  attempt: Attempt,
  before: ReadonlyMap<string, AppliedObject>,
  ctx: KustomizeContext,
): void {
  const { status } = attempt.kustomization;
  const said = status?.conditions?.find(({ type }) => type === TYPE)?.message.split("\n") ?? [];
  const { applied } = ctx.memory.of(memoryKey(attempt.kustomization));
  const news = findDrifted(applied).filter(({ record, foreign }) => {
    const known = before.get(inventoryId(record.ref));
    // A process that knows nothing of the object goes by what the one before it has said.
    return known === undefined
      ? !said.includes(lineOf({ record, foreign }))
      : known.foreign?.digest !== foreign.digest;
  });
  const metadata = eventMetadata(attempt);
  for (const { record, foreign } of news.slice(0, MOST_EVENTS)) {
    const message = `${displayName(record.ref)} was ${wordsOf(foreign)}`;
    ctx.event({ type: "Warning", reason: TYPE, message, metadata });
  }
  const more = news.length - MOST_EVENTS;
  if (more <= 0) return;
  const message = `${more} more objects were changed by others, see the condition ${TYPE}`;
  ctx.event({ type: "Warning", reason: TYPE, message, metadata });
}

function findDrifted(applied: ReadonlyMap<string, AppliedObject>): Drifted[] {
  return [...applied.values()].flatMap((record) =>
    record.foreign === undefined ? [] : [{ record, foreign: record.foreign }]
  );
}

function conditionOf(drifted: readonly Drifted[]): ConditionValue | null {
  if (drifted.length === 0) return null;
  const lines = drifted.map(lineOf).toSorted();
  const more = lines.length - MOST_OBJECTS;
  const message = [...lines.slice(0, MOST_OBJECTS), ...(more > 0 ? [`and ${more} more`] : [])];
  return { status: "True", reason: "ForeignChange", message: message.join("\n") };
}

function lineOf({ record, foreign }: Drifted): string {
  return `${displayName(record.ref)} ${wordsOf(foreign)}`;
}

function wordsOf({ isGone, managers, paths }: ForeignChange): string {
  if (isGone) return "deleted";
  const who = managers.length === 0 ? "others" : managers.join(", ");
  const more = paths.length - MOST_PATHS;
  const what = paths.slice(0, MOST_PATHS).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `changed by ${who}: ${what}`;
}
