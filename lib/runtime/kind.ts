/**
 * How a kind is reconciled: what a component hands to the runtime.
 *
 * @module
 */
import type { Clock, Random, Result } from "../base/mod.ts";
import type { GroupVersionKind, KubeObject } from "../kube/mod.ts";
import type { Logger } from "./log.ts";
import type { EventRecord, Outcome, StatusPatch, WatchedObject } from "./outcome.ts";

/** What the runtime reads of any object of ours. */
export interface ReconciledObject extends KubeObject {
  /** What is asked for. */
  spec: { suspend?: boolean; interval?: string };
  /** What is known. */
  status?: {
    observedGeneration?: number;
    lastHandledReconcileAt?: string;
    conditions?: Condition[];
  };
}

/** `metav1.Condition`. */
export interface Condition {
  /** `Ready`. */
  type: string;
  /** Whether it is so. */
  status: "True" | "False" | "Unknown";
  /** The generation that it speaks of. */
  observedGeneration?: number;
  /** Since when status, reason and message are as they are. */
  lastTransitionTime: string;
  /** For programs: one word. */
  reason: string;
  /** For people. */
  message: string;
}

/** What one run may use besides its component's own context. */
export interface Run<Status> {
  /** Aborted when the run is called off: deleted object, newer trigger that cancels, shutdown, lost lease. */
  readonly signal: AbortSignal;
  /** Carries controller, namespace, name and reconcileID. */
  readonly log: Logger;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** True when nothing but the end of this object's own `wait` started the run. */
  readonly woken: boolean;
  /** Why others asked for the run, in the words they gave `enqueue`; none when its own time has come. */
  readonly triggers: readonly string[];
  /**
   * Says where a long step is: `Reconciling=True/Progressing`. With `drift` `Ready` becomes Unknown too.
   * Written at once when `flush` is set, else with the next write.
   */
  progress(message: string, options?: { drift?: boolean; flush?: boolean }): Promise<void>;
  /** Puts `status` on record; returns after the API server confirmed it, throws when it did not. */
  checkpoint(status: StatusPatch<Status>): Promise<void>;
  /**
   * Asks the API server whether the object is still as this run found it; throws when it is not, and another
   * run follows. For what must not be done by what the cache knew: deletes, and writes without a checkpoint.
   */
  confirm(): Promise<void>;
  /** Something happened in the middle of the run. */
  event(event: EventRecord): void;
}

/** How the conditions of a kind are computed and written (contract/common.md §2, §3). */
export interface ConditionRules {
  /**
   * `summary`: Ready is computed from the other conditions in `order` (source kinds);
   * `direct`: Ready is the outcome's own reason and message (Kustomization, image kinds).
   */
  readonly ready: "summary" | "direct";
  /** Types in the order in which they speak for `Ready`. */
  readonly order: readonly string[];
  /** Which of them are abnormal when True. */
  readonly negative: readonly string[];
  /** Types that override Ready when False: `SourceVerified`. */
  readonly bipolar?: readonly string[];
  /** All types this controller writes; others on the object are left alone. */
  readonly owned: readonly string[];
  /** When `status.observedGeneration` advances. */
  readonly observe: "ready-or-stalled" | "ready";
  /** Reason of `Ready=True` in summaries. */
  readonly succeeded: string;
  /** Field manager of status and finalizer writes. */
  readonly fieldManager: string;
  /**
   * Message of `Ready=Unknown/Progressing` from the first `progress` of a run on (Kustomization:
   * `Reconciliation in progress`); such a kind announces its runs itself. Absent: the runtime announces a
   * run, and `Ready` repeats the step only on drift or while it is not known anyway (source, image).
   */
  readonly working?: string;
  /** A request made while suspended is not recorded as handled (ImageUpdateAutomation, errata 9). */
  readonly skipSuspendedRequests?: boolean;
}

/** A kind and how to reconcile it. */
export interface KindController<T extends ReconciledObject, Status> {
  /** Which kind. */
  readonly gvk: GroupVersionKind;
  /** Who reports events and holds the lease: `source-controller`. Logs and metrics name the kind. */
  readonly controller: string;
  /** Condition rules. */
  readonly rules: ConditionRules;
  /** Runs at once. */
  readonly concurrency: number;
  /** Spread of the interval in percent, 0 for none. */
  readonly jitterPercent: number;
  /** Reads a foreign object into ours, or says which field is wrong (then it is stalled alone). */
  decode(object: KubeObject): Result<T>;
  /** Brings the world to what `object` asks for. */
  reconcile(object: T, run: Run<Status>): Promise<Outcome<Status>>;
  /** Cleans up before the finalizer goes; `ready` lets it go. */
  finalize?(object: T, run: Run<Status>): Promise<Outcome<Status>>;
  /**
   * Calls `wake` when one of `objects` changes, or has changed since its version `seen`; returns how to
   * stop. For `until` of kind healthy and dependency.
   */
  watch?(object: T, objects: readonly WatchedObject[], wake: () => void): () => void;
  /** Milliseconds until the next regular run; `spec.interval` when absent. */
  intervalMs?(object: T): number;
}
