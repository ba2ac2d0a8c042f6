/**
 * The reconcile loop of one kind: cache, queue, run, status, events, next run (design D9, D10).
 *
 * @module
 */
import type { Clock, Random } from "../base/mod.ts";
import type { Cluster, Informer, InformerOptions } from "../kube/mod.ts";
import type { Events } from "./events.ts";
import type { KindController, ReconciledObject } from "./kind.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What every controller of a process shares. */
export interface ControllerDeps {
  /** The cluster whose objects are reconciled. */
  cluster: Cluster;
  /** Time. */
  clock: Clock;
  /** Chance: jitter of intervals and delays. */
  random: Random;
  /** Parent of each run's log. */
  log: Logger;
  /** Where events go. */
  events: Events;
  /** Where runs are counted. */
  metrics: Metrics;
  /** Only objects of these namespaces; all when absent. */
  namespaces?: readonly string[];
  /** Only objects whose labels match (`--watch-label-selector`). */
  labelSelector?: string;
  /** Indexes of the informer, by which other objects find those that refer to them. */
  indexes?: NonNullable<InformerOptions["indexes"]>;
  /** Back-off after failures; 750 ms to 15 minutes when absent. */
  backoff?: { minMs: number; maxMs: number };
  /** Whether this process may write now; always when absent. */
  mayWrite?: () => boolean;
}

/** A controller at work. */
export interface RunningController {
  /** The kind's local copy: raw objects, never to be changed. */
  readonly informer: Informer;
  /** Runs the object soon; `why` is for the log. */
  enqueue(namespace: string, name: string, why: string): void;
  /** Takes no new work, calls off what runs, waits up to `graceMs` (5 s when absent) for it to end. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts the reconcile loop of a kind. */
export declare function startController<T extends ReconciledObject, Status>(
  kind: KindController<T, Status>,
  deps: ControllerDeps,
): RunningController;
