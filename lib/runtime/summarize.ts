/**
 * What a status becomes: pure functions from rules, the status now, and an outcome (contract/common.md §2, §3).
 *
 * @module
 */
import {
  findCondition,
  isConditionTrue,
  ordered,
  type Stamp,
  withCondition,
  withoutCondition,
} from "./conditions.ts";
import type { Condition, ConditionRules } from "./kind.ts";
import type { Conditions, ConditionValue, Outcome } from "./outcome.ts";

/** The members of a status that the runtime writes; the others belong to the kind. */
export interface Status {
  observedGeneration?: number;
  lastHandledReconcileAt?: string;
  conditions?: Condition[];
  [field: string]: unknown;
}

/** What a run knows of itself when its status is written. */
export interface Moment extends Stamp {
  /** `reconcile.fluxcd.io/requestedAt` as the run found it. */
  readonly requestedAt?: string | undefined;
  /** What the run showed last. */
  readonly progress?: Progress | undefined;
}

/** Where a run is. */
export interface Progress {
  readonly message: string;
  /** The world differs from the spec: `Ready` may no longer say True. */
  readonly drift: boolean;
}

/** A computed status. */
export interface Summary {
  /** All of `status`. */
  readonly status: Status;
  /** Whether `Ready` is True. */
  readonly isReady: boolean;
}

const PROGRESSING = "Progressing";
const RESTING = "reconciliation in progress";

/** The status while a run is going on. */
export function showProgress(
  rules: ConditionRules,
  status: Status,
  progress: Progress,
  stamp: Stamp,
): Status {
  const step = { status: "True", reason: PROGRESSING, message: progress.message } as const;
  let conditions = withoutCondition(status.conditions ?? [], "Stalled");
  conditions = withCondition(conditions, "Reconciling", step, stamp);
  const ready = findCondition(conditions, "Ready");
  const isUnsure = rules.working !== undefined || progress.drift || ready === undefined ||
    ready.status === "Unknown";
  if (isUnsure) {
    const message = rules.working ?? progress.message;
    const value = { status: "Unknown", reason: PROGRESSING, message } as const;
    conditions = withCondition(conditions, "Ready", value, stamp);
  }
  return { ...status, conditions };
}

/** The status after a run that came to `outcome`, on top of what `status` is now. */
export function summarize<Own>(
  rules: ConditionRules,
  status: Status,
  outcome: Outcome<Own>,
  moment: Moment,
): Summary {
  const own = withOwn(rules, status.conditions ?? [], outcome, moment);
  const shown = withReconciling(own, outcome, moment);
  const readiness = readyOf(rules, shown, outcome);
  const conditions = withCondition(shown, "Ready", readiness, moment);
  const isReady = readiness.status === "True";
  const next: Status = { ...status, ...outcome.status, conditions };
  if (moment.requestedAt !== undefined) next.lastHandledReconcileAt = moment.requestedAt;
  const isDone = outcome.kind === "ready" && isReady;
  const isObserved = isDone || (outcome.kind === "stalled" && rules.observe === "ready-or-stalled");
  if (isObserved && !hasOwnGeneration(outcome)) next.observedGeneration = moment.generation;
  return { status: next, isReady };
}

/** The status of a suspended object: bookkeeping alone, where the kind's family does it (errata 9). */
export function summarizeSuspended(
  rules: ConditionRules,
  status: Status,
  moment: Moment,
): Status {
  const conditions = status.conditions ?? [];
  const next: Status = { ...status };
  if (moment.requestedAt !== undefined && rules.skipSuspendedRequests !== true) {
    next.lastHandledReconcileAt = moment.requestedAt;
  }
  const ready = findCondition(conditions, "Ready");
  if (rules.ready === "summary" && conditions.length > 0) {
    next.observedGeneration = moment.generation;
    const causes = rules.order.filter((type) => type !== "Reconciling");
    const again = summaryOf(rules, conditions, causes) ?? ready;
    if (again !== undefined) next.conditions = withCondition(conditions, "Ready", again, moment);
  }
  if (rules.ready === "direct") {
    const isStalled = isConditionTrue(conditions, "Stalled");
    const isSettled = ready?.status === "True" ||
      (isStalled && rules.observe === "ready-or-stalled");
    if (isSettled) next.observedGeneration = moment.generation;
  }
  return next;
}

function hasOwnGeneration<Own>(outcome: Outcome<Own>): boolean {
  return outcome.status !== undefined && "observedGeneration" in outcome.status;
}

/** The kind's own conditions; a run that ended well leaves nothing abnormal behind. */
function withOwn<Own>(
  rules: ConditionRules,
  conditions: readonly Condition[],
  outcome: Outcome<Own>,
  stamp: Stamp,
): Condition[] {
  const changes: Record<string, ConditionValue | null> = {};
  if (outcome.kind === "ready") {
    for (const type of rules.negative) changes[type] = null;
  }
  const said: Conditions = outcome.conditions ?? {};
  let next = [...conditions];
  for (const [type, value] of Object.entries({ ...changes, ...said })) {
    if (!rules.owned.includes(type)) continue;
    next = value === null ? withoutCondition(next, type) : withCondition(next, type, value, stamp);
  }
  return ordered(next);
}

/** Reconciling and Stalled, which never stand together. */
function withReconciling<Own>(
  conditions: readonly Condition[],
  outcome: Outcome<Own>,
  moment: Moment,
): Condition[] {
  const { kind, reason, message } = outcome;
  const rest = withoutCondition(conditions, "Stalled");
  const idle = withoutCondition(rest, "Reconciling");
  if (kind === "ready") return idle;
  if (kind === "stalled") {
    // On top of the one that is there: the same trouble keeps its time, and writes nothing.
    const before = withoutCondition(conditions, "Reconciling");
    return withCondition(before, "Stalled", { status: "True", reason, message }, moment);
  }
  if (isWorking(outcome)) {
    const step = { status: "True", reason: PROGRESSING, message } as const;
    return withCondition(rest, "Reconciling", step, moment);
  }
  const before = findCondition(rest, "Reconciling")?.message;
  const resting = outcome.quiet === true ? before : moment.progress?.message ?? before ?? RESTING;
  if (resting === undefined) return idle;
  const value = { status: "True", reason: "ProgressingWithRetry", message: resting } as const;
  return withCondition(rest, "Reconciling", value, moment);
}

/** Whether the outcome says that the run is still going on. */
function isWorking<Own>(outcome: Outcome<Own>): boolean {
  return outcome.kind === "wait" && outcome.until?.kind === "healthy";
}

function readyOf<Own>(
  rules: ConditionRules,
  conditions: readonly Condition[],
  outcome: Outcome<Own>,
): ConditionValue {
  const { kind, reason, message } = outcome;
  if (isWorking(outcome)) {
    return { status: "Unknown", reason: PROGRESSING, message: rules.working ?? message };
  }
  if (rules.ready === "direct") {
    return { status: kind === "ready" ? "True" : "False", reason, message };
  }
  if (kind === "ready") {
    return summaryOf(rules, conditions, rules.order) ??
      { status: "True", reason: rules.succeeded, message };
  }
  // Reconciling and Stalled only repeat what the outcome says itself.
  const causes = rules.order.filter((type) => type !== "Reconciling" && type !== "Stalled");
  const summary = summaryOf(rules, conditions, causes);
  return summary?.status === "False" ? summary : { status: "False", reason, message };
}

/** The first group that is not empty speaks: abnormal, then missing, then good, then unknown. */
function summaryOf(
  rules: ConditionRules,
  conditions: readonly Condition[],
  order: readonly string[],
): ConditionValue | undefined {
  const inScope = order.flatMap((type) => findCondition(conditions, type) ?? []);
  const bipolar = inScope.find(({ type, status }) =>
    status === "False" && rules.bipolar?.includes(type) === true
  );
  if (bipolar !== undefined) return spoken("False", bipolar);
  const isNegative = (condition: Condition) => rules.negative.includes(condition.type);
  const groups = [
    { ready: "False", negative: true, status: "True" },
    { ready: "False", negative: false, status: "False" },
    { ready: "True", negative: false, status: "True" },
    { ready: "True", negative: true, status: "False" },
  ] as const;
  for (const { ready, negative, status } of groups) {
    const first = inScope.find((c) => isNegative(c) === negative && c.status === status);
    if (first !== undefined) return spoken(ready, first);
  }
  const unknown = inScope.find(({ status }) => status === "Unknown");
  return unknown === undefined ? undefined : spoken("Unknown", unknown);
}

function spoken(status: Condition["status"], { reason, message }: Condition): ConditionValue {
  return { status, reason, message };
}
