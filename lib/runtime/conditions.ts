/**
 * The list `status.conditions`: how one condition is set, and in which order they stand (contract/common.md §2).
 *
 * @module
 */
import { cutText, fieldOf, formatTime } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";
import type { Condition } from "./kind.ts";
import type { ConditionValue } from "./outcome.ts";

/** What the API accepts as a message. */
const LONGEST_MESSAGE_BYTES = 32_768;
const FIRST_TYPES = ["Stalled", "Reconciling", "Ready"];

/** Which generation a condition speaks of, and when it was set. */
export interface Stamp {
  /** `metadata.generation` of the object that was reconciled. */
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * The condition of `type`, if there is one; an object that was never reconciled has no list.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const value = { status: "False", reason: "FetchFailed", message: "no answer" } as const;
 * const conditions = withCondition([], "Ready", value, { generation: 1, nowMs: 0 });
 * assert.equal(findCondition(conditions, "Ready")?.reason, "FetchFailed");
 * assert.equal(findCondition(undefined, "Ready"), undefined);
 * ```
 */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/**
 * Whether there is a condition of `type`, and it is `True`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const value = { status: "True", reason: "Succeeded", message: "done" } as const;
 * const conditions = withCondition([], "Ready", value, { generation: 1, nowMs: 0 });
 * assert.equal(isConditionTrue(conditions, "Ready"), true);
 * assert.equal(isConditionTrue(conditions, "Stalled"), false);
 * assert.equal(isConditionTrue(undefined, "Ready"), false);
 * ```
 */
export function isConditionTrue(
  conditions: readonly Condition[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/** What `Ready` says. */
export interface Readiness {
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  /** For programs: one word. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  /** The generation of the spec that it speaks of; `NaN` where it does not say. */
  readonly observedGeneration: number;
}

/**
 * What `Ready` says of an object as it came from the API server; nothing where there is no such condition.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const object = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } };
 * const ready = { type: "Ready", status: "True", reason: "Succeeded", message: "done" };
 * assert.equal(readinessOf({ ...object, status: { conditions: [ready] } })?.message, "done");
 * assert.equal(readinessOf(object), undefined);
 * ```
 */
export function readinessOf(object: KubeObject): Readiness | undefined {
  const conditions = fieldOf(object, "status", "conditions");
  if (!Array.isArray(conditions)) return undefined;
  const ready: unknown = conditions.find((condition) => fieldOf(condition, "type") === "Ready");
  if (ready === undefined) return undefined;
  return {
    status: String(fieldOf(ready, "status")),
    reason: String(fieldOf(ready, "reason")),
    message: String(fieldOf(ready, "message")),
    observedGeneration: Number(fieldOf(ready, "observedGeneration")),
  };
}

/**
 * The list with one condition set. The time changes with status, reason or message, never for a new
 * generation alone.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const value = { status: "True", reason: "Succeeded", message: "done" } as const;
 * const list = withCondition([], "Ready", value, { generation: 2, nowMs: 0 });
 * assert.deepEqual(list, [
 *   { type: "Ready", ...value, observedGeneration: 2, lastTransitionTime: "1970-01-01T00:00:00Z" },
 * ]);
 * ```
 */
export function withCondition(
  conditions: readonly Condition[],
  type: string,
  value: ConditionValue,
  stamp: Stamp,
): Condition[] {
  const message = cutText(value.message, LONGEST_MESSAGE_BYTES);
  const { status, reason } = value;
  const before = findCondition(conditions, type);
  const isSame = before?.status === status && before.reason === reason &&
    before.message === message;
  const set: Condition = {
    type,
    status,
    reason,
    message,
    observedGeneration: stamp.generation,
    lastTransitionTime: isSame ? before.lastTransitionTime : formatTime(stamp.nowMs),
  };
  return ordered([...withoutCondition(conditions, type), set]);
}

/** The list without the condition of `type`. */
export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type);
}

/** Stalled, Reconciling and Ready lead; of the others the newest generation, then the name. */
export function ordered(conditions: readonly Condition[]): Condition[] {
  return [...conditions].sort((a, b) =>
    rank(a) - rank(b) ||
    (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0) ||
    (a.type < b.type ? -1 : 1)
  );
}

function rank({ type }: Condition): number {
  const index = FIRST_TYPES.indexOf(type);
  return index < 0 ? FIRST_TYPES.length : index;
}
