/**
 * What one reconciliation came to, as plain data (design D9).
 *
 * @module
 */
import type { Failure } from "../base/mod.ts";
import type { ObjectRef } from "../kube/mod.ts";

/**
 * An object that a run waits for: one that changed between that look and the start of the watch ends the
 * wait at once.
 */
export interface WatchedObject extends ObjectRef {
  /** The version that the run judged; without it the object was not there. */
  readonly seen?: string;
}

/**
 * What ends a wait; a waiting reconcile is parked and holds no worker (design D10).
 *
 * While it waits for health the run is still going on: `Ready=Unknown/Progressing`, `Reconciling=True` with
 * the outcome's message. While it waits for anything else `Ready=False` with the outcome's reason and message.
 */
export type Until =
  /** Any change of one of these objects, or `deadlineMs` (monotonic) passing. */
  | {
    readonly kind: "healthy";
    readonly objects: readonly WatchedObject[];
    readonly deadlineMs: number;
  }
  /** A change of one of these objects; after `retryMs` at the latest. */
  | {
    readonly kind: "dependency";
    readonly objects: readonly WatchedObject[];
    readonly retryMs: number;
  }
  /** Time alone. */
  | { readonly kind: "time"; readonly delayMs: number };

/** One condition of a kind's own; the runtime adds generation and time. */
export interface ConditionValue {
  /** Whether it is so. */
  readonly status: "True" | "False" | "Unknown";
  /** For programs: one word. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

/** Conditions by type; `null` takes one away. */
export type Conditions = Readonly<Record<string, ConditionValue | null>>;

/** Something that happened, once. `Trace` is recorded as Normal in Kubernetes and never sent on. */
export interface EventRecord {
  /** How bad it is, and who is told. */
  readonly type: "Normal" | "Warning" | "Trace";
  /** For programs: one word. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
  /** Event annotations; keys without a `/` get the object's API group as prefix. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Members of a status to set; one that is `undefined` is removed. */
export type StatusPatch<Status> = {
  readonly [Member in keyof Status]?: Status[Member] | undefined;
};

/** How the runtime reacts: it alone writes status, computes `Ready`, sends events. */
export interface Outcome<Status> {
  /** `ready` runs again at the interval, `retry` backs off, `wait` parks, `stalled` holds until the spec changes, or what `until` names. */
  readonly kind: "ready" | "retry" | "wait" | "stalled";
  /** For `Ready` (and `Stalled`). */
  readonly reason: string;
  /** For `Ready`; the same problem gives the same words. */
  readonly message: string;
  /**
   * The kind's own conditions; those not named stay as they are, except that `ready` takes away every
   * abnormal one it does not name.
   */
  readonly conditions?: Conditions;
  /**
   * Merged into the status, whatever the outcome; a member that is `undefined` is removed. With an
   * `observedGeneration` in it that one is written instead of what the kind's rules give.
   */
  readonly status?: StatusPatch<Status>;
  /** Sent after the status is written; the runtime adds none of its own, except for bugs and undecodable objects. */
  readonly events?: readonly EventRecord[];
  /** What ends a `wait`; and a `stalled` that others may mend, too. */
  readonly until?: Until;
  /** For `retry`: this delay instead of the back-off; for `ready`: instead of the interval. */
  readonly afterMs?: number;
  /** Leave `Reconciling` out of a failed status (errata 5: runs that stop before the download). */
  readonly quiet?: boolean;
}

/** What an outcome may carry besides its reason and message. */
export type OutcomeParts<Status> = Omit<Outcome<Status>, "kind" | "reason" | "message">;

/**
 * Done.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const outcome = ready("Succeeded", "stored artifact", { status: { size: 3 } });
 * assert.deepEqual(outcome, {
 *   kind: "ready",
 *   reason: "Succeeded",
 *   message: "stored artifact",
 *   status: { size: 3 },
 * });
 * ```
 */
export function ready<Status>(
  reason: string,
  message: string,
  parts: OutcomeParts<Status> = {},
): Outcome<Status> {
  return { kind: "ready", reason, message, ...parts };
}

/**
 * Failed for now.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { fail } from "../base/mod.ts";
 * const outcome = retry("GitOperationFailed", fail("Unreachable", "no answer"));
 * assert.deepEqual([outcome.kind, outcome.message], ["retry", "no answer"]);
 * ```
 */
export function retry<Status>(
  reason: string,
  failure: Pick<Failure, "message">,
  parts: OutcomeParts<Status> = {},
): Outcome<Status> {
  return { kind: "retry", reason, message: failure.message, ...parts };
}

/**
 * Nothing to do until something else happens.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const outcome = wait("Progressing", "1 object left", { kind: "time", delayMs: 1_000 });
 * assert.equal(outcome.until?.kind, "time");
 * ```
 */
export function wait<Status>(
  reason: string,
  message: string,
  until: Until,
  parts: OutcomeParts<Status> = {},
): Outcome<Status> {
  return { kind: "wait", reason, message, until, ...parts };
}

/**
 * Failed until someone edits the spec.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(stalled("URLInvalid", { message: "no scheme" }).kind, "stalled");
 * ```
 */
export function stalled<Status>(
  reason: string,
  failure: Pick<Failure, "message">,
  parts: OutcomeParts<Status> = {},
): Outcome<Status> {
  return { kind: "stalled", reason, message: failure.message, ...parts };
}
