/**
 * Tells of what others changed and what stays as they made it (`sluice.dev/drift: Inform`).
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { firstLines } from "../../lib/base/mod.ts";
import { displayName, type ObjectRef } from "../../lib/kube/mod.ts";
import { type ForeignChange, inventoryId, type ToldForeign } from "../../lib/kube/ssa/mod.ts";
import { type ConditionValue, findCondition } from "../../lib/runtime/mod.ts";
import type { KustomizeContext } from "./context.ts";
import { type AppliedObject, memoryKey } from "./memory.ts";
import { type Attempt, eventMetadata, type KustomizationOutcome } from "./outcomes.ts";

/** Both abnormal when True, and absent otherwise. */
const TYPE = "Drifted";
const CONTESTED = "DriftContested";
const ADVICE =
  "It is repaired less often until that ends; to leave a field to them, name it in spec.ignore";
const DELETED = "deleted";
const MOST_OBJECTS = 50;
const MOST_PATHS = 20;
/** One run that finds more than so many tells of the rest in one event. */
const MOST_EVENTS = 20;

/** An object, and what others changed of it. */
interface Drifted {
  readonly record: Pick<AppliedObject, "ref">;
  readonly foreign: ForeignChange;
}

/** The outcome with the condition, or without one that no longer holds. */
export function tellDrifted(
  { kustomization }: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const drifted = findDrifted(ctx.memory.of(memoryKey(kustomization)).applied);
  const said = findCondition(kustomization.status?.conditions, TYPE);
  if (drifted.length === 0 && said === undefined) return outcome;
  return { ...outcome, conditions: { ...outcome.conditions, [TYPE]: conditionOf(drifted) } };
}

/** The outcome with a condition that names who changes back what, or without one that no longer holds. */
export function tellContested(
  attempt: Attempt,
  outcome: KustomizationOutcome,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const { kustomization } = attempt;
  const { contested } = ctx.memory.of(memoryKey(kustomization));
  const said = findCondition(kustomization.status?.conditions, CONTESTED);
  if (contested.size === 0 && said === undefined) return outcome;
  const lines = linesOf(
    [...contested.values()].map(({ ref, foreign }) => ({ record: { ref }, foreign })),
  );
  const message = `${lines}\n${ADVICE}`;
  const condition: ConditionValue | null = contested.size === 0
    ? null
    : { status: "True", reason: "ChangedBack", message };
  if (condition !== null && said?.message !== message) {
    ctx.event({ type: "Warning", reason: CONTESTED, message, metadata: eventMetadata(attempt) });
  }
  return { ...outcome, conditions: { ...outcome.conditions, [CONTESTED]: condition } };
}

/** A Warning for each object and change that `before`, and the condition on record, do not know of. */
export function tellForeign(
  attempt: Attempt,
  before: ReadonlyMap<string, AppliedObject>,
  ctx: KustomizeContext,
): void {
  const said = linesOnRecord(attempt.kustomization);
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

/** What the condition on record says of an object: the process that found it may have ended since. */
export function toldOf(kustomization: Kustomization, ref: ObjectRef): ToldForeign | undefined {
  const start = `${displayName(ref)} `;
  const said = linesOnRecord(kustomization);
  const words = said.find((line) => line.startsWith(start))?.slice(start.length);
  if (words === undefined) return undefined;
  if (words === DELETED) return { isGone: true, paths: new Set() };
  const [, paths = ""] = /: (\/.*?)(?: and \d+ more)?$/.exec(words) ?? [];
  return { isGone: false, paths: new Set(paths.split(", ")) };
}

function linesOnRecord({ status }: Kustomization): readonly string[] {
  return findCondition(status?.conditions, TYPE)?.message.split("\n") ?? [];
}

function findDrifted(applied: ReadonlyMap<string, AppliedObject>): Drifted[] {
  return [...applied.values()].flatMap((record) =>
    record.foreign === undefined ? [] : [{ record, foreign: record.foreign }]
  );
}

function conditionOf(drifted: readonly Drifted[]): ConditionValue | null {
  if (drifted.length === 0) return null;
  return { status: "True", reason: "ForeignChange", message: linesOf(drifted) };
}

/** A line for each, in an order of their own, so that the same changes give the same words. */
function linesOf(drifted: readonly Drifted[]): string {
  return firstLines(drifted.map(lineOf).toSorted(), MOST_OBJECTS).join("\n");
}

function lineOf({ record, foreign }: Drifted): string {
  return `${displayName(record.ref)} ${wordsOf(foreign)}`;
}

function wordsOf({ isGone, managers, paths }: ForeignChange): string {
  if (isGone) return DELETED;
  const who = managers.length === 0 ? "others" : managers.join(", ");
  const more = paths.length - MOST_PATHS;
  const what = paths.slice(0, MOST_PATHS).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return `changed by ${who}: ${what}`;
}
