/**
 * What controllers are started with.
 *
 * @module
 */
import type { Clock, Random } from "../base/mod.ts";
import type { Cluster, InformerOptions } from "../kube/mod.ts";
import type { Events } from "./events.ts";
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
