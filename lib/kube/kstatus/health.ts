/**
 * Health of the objects that a Kustomization waits for.
 *
 * @module
 */
import { type Clock, type Failure, fieldOf, systemClock } from "../../base/mod.ts";
import type { CelLimits } from "../../cel/mod.ts";
import { displayName, type KubeObject, type ObjectRef } from "../object.ts";
import { computeStatus, NO_OPINION } from "./compute.ts";
import type { HealthExpressions } from "./expressions.ts";
import { knownHealth } from "./known/health.ts";
import type { Health } from "./known/language.ts";
import { conditionsOf, inProgress, type ObjectStatus, type Status } from "./status.ts";
import { jobProgress } from "./workloads.ts";

/** The health of one object. */
export interface ObjectHealth {
  readonly ref: ObjectRef;
  readonly status: Status | "NotFound";
  /** Why. */
  readonly message: string;
  /** Why an expression could not tell. */
  readonly failure?: Failure;
}

/** What {@linkcode healthOf} goes by. */
export interface HealthOptions {
  /** What was applied. */
  readonly desired?: KubeObject | undefined;
  /** Time; the machine's when absent. */
  readonly clock?: Clock;
  /** Whether rules for well-known kinds are asked where kstatus has no opinion. */
  readonly knowsKinds?: boolean;
  /** Asked before any rule. */
  readonly expressions?: HealthExpressions | undefined;
  /** What each expression may cost. */
  readonly limits?: Partial<CelLimits>;
}

/** The health of a set of objects. */
export type HealthVerdict =
  | { readonly kind: "healthy" }
  /** `pending` are the objects to watch; `message` is what to say when the time is up. */
  | {
    readonly kind: "waiting";
    readonly pending: readonly ObjectRef[];
    readonly message: string;
  }
  /** Waiting longer changes nothing. */
  | { readonly kind: "failed"; readonly message: string };

/**
 * The status of a live object for health checks: kstatus, but a job must have completed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const job = {
 *   apiVersion: "batch/v1",
 *   kind: "Job",
 *   metadata: { name: "a" },
 *   status: { startTime: "2026-01-01T00:00:00Z" },
 * };
 * assert.equal(healthStatus(job).status, "InProgress");
 * ```
 */
export function healthStatus(object: KubeObject, clock: Clock = systemClock): ObjectStatus {
  const computed = computeStatus(object, clock);
  const isJob = object.kind === "Job" && object.apiVersion.startsWith("batch/");
  if (!isJob || computed.status !== "Current" || isJobAtRest(object)) return computed;
  return inProgress("JobInProgress", jobProgress(object));
}

function isJobAtRest(job: KubeObject): boolean {
  return conditionsOf(job).some(({ type, status }) =>
    status === "True" && (type === "Complete" || (type === "Suspended" && isSuspended(job)))
  );
}

function isSuspended(job: KubeObject): boolean {
  return fieldOf(job, "spec", "suspend") === true;
}

/**
 * The health of the object `ref`, of which `live` was read; `desired` is what was applied. A job that
 * cleans up after itself counts as done once it is gone.
 */
export function healthOf(
  ref: ObjectRef,
  live: KubeObject | undefined,
  options: HealthOptions = {},
): ObjectHealth {
  if (live !== undefined) {
    const judged = options.expressions?.judge(live, options.limits);
    if (judged?.ok === false) {
      return { ref, status: "Unknown", message: judged.message, failure: judged };
    }
    if (judged !== undefined) {
      return { ref, status: judged.value, message: "Judged by healthCheckExprs" };
    }
    const { status, message } = healthStatus(live, options.clock);
    const known = options.knowsKinds === true && message === NO_OPINION
      ? knownHealth(live)
      : undefined;
    return known === undefined
      ? { ref, status, message }
      : { ref, status: KNOWN_STATUS[known.status], message: known.message };
  }
  const ttl = fieldOf(options.desired, "spec", "ttlSecondsAfterFinished");
  return ref.kind === "Job" && typeof ttl === "number"
    ? { ref, status: "Current", message: "Job finished and was removed" }
    : { ref, status: "NotFound", message: "Resource not found" };
}

/** What is at rest until somebody acts is not waited for, as suspended jobs are not. */
const KNOWN_STATUS: Readonly<Record<Health, Status>> = {
  Healthy: "Current",
  Suspended: "Current",
  Progressing: "InProgress",
  Missing: "InProgress",
  Degraded: "Failed",
  // No better than no opinion.
  Unknown: "Current",
};

/**
 * Judges a set of objects; one that failed ends the wait, unless `failFast` is off and others may
 * still get there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "ns", name: "web" };
 * assert.deepEqual(judgeHealth([{ ref, status: "InProgress", message: "Ready: 0/1" }]), {
 *   kind: "waiting",
 *   pending: [ref],
 *   message: "timeout waiting for: [Deployment/ns/web status: 'InProgress']",
 * });
 * ```
 */
export function judgeHealth(
  objects: readonly ObjectHealth[],
  options: { failFast?: boolean } = {},
): HealthVerdict {
  const pending = objects.filter(({ status }) => status !== "Current");
  if (pending.length === 0) return { kind: "healthy" };
  const stalled = pending.filter(({ status }) => status === "Failed");
  const ended = (options.failFast ?? true) || stalled.length === pending.length;
  if (stalled.length > 0 && ended) {
    const message = `failed early due to stalled resources: [${formatHealth(stalled)}]`;
    return { kind: "failed", message };
  }
  return {
    kind: "waiting",
    pending: pending.map(({ ref }) => ref),
    message: `timeout waiting for: [${formatHealth(pending)}]`,
  };
}

/** `Kind/namespace/name status: 'InProgress'`, separated by commas, in a fixed order. */
export function formatHealth(objects: readonly ObjectHealth[]): string {
  return objects.map(({ ref, status, failure }) =>
    `${displayName(ref)} status: '${status}'${failure === undefined ? "" : `: ${failure.message}`}`
  ).toSorted().join(", ");
}
