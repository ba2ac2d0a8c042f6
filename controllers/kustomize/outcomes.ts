/**
 * What a run of a Kustomization carries from step to step, and the ways in which it ends.
 *
 * @module
 */
import type { Artifact, Kustomization, KustomizationStatus } from "../../crds/mod.ts";
import {
  type Failure,
  formatDuration,
  formatTime,
  maskSecrets,
  parseDuration,
} from "../../lib/base/mod.ts";
import type { HealthExpressions } from "../../lib/kube/kstatus/mod.ts";
import {
  type Conditions,
  type EventRecord,
  findCondition,
  halted,
  type Outcome,
  ready,
  retry,
  stalled,
  type StatusPatch,
  warning,
} from "../../lib/runtime/mod.ts";
import type { Handling } from "./annotations.ts";
import type { KustomizeContext } from "./context.ts";

/** What reconciling a Kustomization came to. */
export type KustomizationOutcome = Outcome<KustomizationStatus>;

/** A step's value, or the outcome that ends the run. */
export type Step<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly outcome: KustomizationOutcome };

/** One try to bring the cluster to a revision. */
export interface Attempt {
  readonly kustomization: Kustomization;
  readonly namespace: string;
  readonly artifact: Artifact;
  readonly revision: string;
  /** What `origin` said of an OCI artifact. */
  readonly originRevision: string | undefined;
  readonly timeoutMs: number;
  /** Monotonic. */
  readonly startedMs: number;
  /** Values that Secrets gave to the build, filled in on the way; an API server's message may repeat them. */
  readonly secrets: string[];
  /** What the annotations ask for. */
  readonly handling: Handling;
  /** `spec.healthCheckExprs`, read. */
  readonly expressions?: HealthExpressions;
}

/** Flux never waits for less, whatever `spec.timeout` says (contract/kustomize.md, code defaults). */
const SHORTEST_TIMEOUT_MS = 30_000;
const HISTORY_LENGTH = 5;
const ORIGIN_REVISION = "org.opencontainers.image.revision";

/** Starts a try; the artifact is there. */
export function startAttempt(
  kustomization: Kustomization,
  { artifact, handling }: Pick<Attempt, "artifact" | "handling">,
  ctx: KustomizeContext,
): Attempt {
  return {
    kustomization,
    handling,
    namespace: kustomization.metadata.namespace ?? "",
    artifact,
    revision: artifact.revision,
    originRevision: artifact.metadata?.[ORIGIN_REVISION],
    timeoutMs: timeoutMs(kustomization),
    startedMs: ctx.clock.monotonicMs(),
    secrets: [...ctx.targetSecrets],
  };
}

/** `spec.timeout`, else the interval less 30 s; at least 30 s. */
export function timeoutMs(kustomization: Kustomization): number {
  const { timeout, interval } = kustomization.spec;
  const parsed = parseDuration(timeout ?? interval);
  const wanted = parsed.ok ? parsed.value - (timeout === undefined ? SHORTEST_TIMEOUT_MS : 0) : 0;
  return Math.max(wanted, SHORTEST_TIMEOUT_MS);
}

/** When a failed run is tried again: a fixed pause, no back-off (contract/common.md §6). */
export function retryDelayMs(kustomization: Kustomization): number {
  const parsed = parseDuration(kustomization.spec.retryInterval ?? kustomization.spec.interval);
  return parsed.ok ? parsed.value : SHORTEST_TIMEOUT_MS;
}

/** Metadata of the events of a try. */
export function eventMetadata(attempt: Attempt): Record<string, string> {
  const metadata: Record<string, string> = { revision: attempt.revision };
  if (attempt.originRevision) metadata.originRevision = attempt.originRevision;
  return metadata;
}

/** Whether `Ready` does not say this yet. */
export function isReadyNews(
  { status }: Kustomization,
  reason: string,
  message: string,
): boolean {
  const ready = findCondition(status?.conditions, "Ready");
  return ready?.reason !== reason || ready.message !== message;
}

/** What a failed try leaves behind besides `Ready`. */
export interface FailedParts {
  /** Digest of the manifests; without it the history is not touched. */
  digest?: string;
  status?: StatusPatch<KustomizationStatus>;
  conditions?: Conditions;
}

/** A try that failed; it is made again after `retryInterval`. */
export function failedAttempt(
  attempt: Attempt,
  reason: string,
  failure: Pick<Failure, "message">,
  ctx: KustomizeContext,
  parts: FailedParts = {},
): KustomizationOutcome {
  const message = maskSecrets(failure.message, attempt.secrets);
  const history = parts.digest === undefined
    ? {}
    : { history: withHistory(attempt, parts.digest, reason, ctx) };
  return retry<KustomizationStatus>(reason, { message }, {
    status: { ...parts.status, ...history },
    ...(parts.conditions && { conditions: parts.conditions }),
    events: [warning(reason, { message }, eventMetadata(attempt))],
    afterMs: retryDelayMs(attempt.kustomization),
  });
}

/** An annotation of ours that cannot be read: the object holds until it is mended. */
export function invalidAnnotation(failure: Pick<Failure, "message">): KustomizationOutcome {
  return halted("InvalidAnnotation", failure);
}

/** A try that has no cluster to apply to: what `spec.kubeConfig` names cannot be used. */
export function withoutTarget(
  attempt: Attempt,
  failure: Pick<Failure, "message">,
  ctx: KustomizeContext,
): KustomizationOutcome {
  const status = { lastAttemptedRevision: attempt.revision };
  return failedAttempt(attempt, "ReconciliationFailed", failure, ctx, { status });
}

/** How Flux begins what only the spec can mend (contract/common.md §3). */
const TERMINAL = "Reconciliation failed terminally due to configuration error: ";

/** An expression that cannot be read, or costs too much: the object holds until its spec changes. */
export function invalidExpression(
  kustomization: Kustomization,
  failure: Pick<Failure, "message">,
  metadata?: Record<string, string>,
): KustomizationOutcome {
  const reason = "InvalidCELExpression";
  const message = `${TERMINAL}${failure.message}`;
  return stalled<KustomizationStatus>(reason, { message }, {
    // Flux counts it as seen, unlike other failures.
    status: { observedGeneration: kustomization.metadata.generation ?? 0 },
    events: [warning(reason, { message }, metadata)],
  });
}

/** A try that came to its end. */
export function succeededAttempt(
  attempt: Attempt,
  digest: string,
  ctx: KustomizeContext,
  parts: { conditions: Conditions; events: readonly EventRecord[] },
): KustomizationOutcome {
  const reason = "ReconciliationSucceeded";
  return ready<KustomizationStatus>(reason, `Applied revision: ${attempt.revision}`, {
    conditions: parts.conditions,
    status: {
      lastAppliedRevision: attempt.revision,
      lastAttemptedRevision: attempt.revision,
      lastAppliedOriginRevision: attempt.originRevision,
      history: withHistory(attempt, digest, reason, ctx),
    },
    events: [...parts.events, finishedEvent(attempt, ctx)],
  });
}

/** The event that ends a good run. */
export function finishedEvent(attempt: Attempt, ctx: KustomizeContext): EventRecord {
  const interval = parseDuration(attempt.kustomization.spec.interval);
  const next = formatDuration(interval.ok ? interval.value : 0);
  return {
    type: "Normal",
    reason: "ReconciliationSucceeded",
    message: `Reconciliation finished in ${elapsed(attempt, ctx)}, next run in ${next}`,
    metadata: { ...eventMetadata(attempt), commit_status: "update" },
  };
}

/** Time since the try began, as Go prints it. */
export function elapsed(attempt: Attempt, ctx: KustomizeContext): string {
  const ms = ctx.clock.monotonicMs() - attempt.startedMs;
  return formatDuration(Math.round(ms * 1000) / 1000);
}

type HistoryEntry = NonNullable<KustomizationStatus["history"]>[number];

/** `status.history`: newest first, one entry per build and result (contract/common.md §15). */
function withHistory(
  attempt: Attempt,
  digest: string,
  reason: string,
  ctx: KustomizeContext,
): HistoryEntry[] {
  const now = formatTime(ctx.clock.now());
  const history = attempt.kustomization.status?.history ?? [];
  const isSame = (entry: HistoryEntry): boolean =>
    entry.digest === digest && entry.lastReconciledStatus === reason;
  const before = history.find(isSame);
  const entry: HistoryEntry = {
    digest,
    firstReconciled: before?.firstReconciled ?? now,
    lastReconciled: now,
    lastReconciledDuration: elapsed(attempt, ctx),
    lastReconciledStatus: reason,
    totalReconciliations: (before?.totalReconciliations ?? 0) + 1,
    metadata: eventMetadata(attempt),
  };
  return [entry, ...history.filter((other) => !isSame(other))].slice(0, HISTORY_LENGTH);
}
