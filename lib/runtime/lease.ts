/**
 * Leader election by Lease: one process at a time works for a component (design D16).
 *
 * @module
 */
import type { Clock, Random } from "../base/mod.ts";
import type { Cluster } from "../kube/mod.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** How to hold a Lease. */
export interface LeaseOptions {
  /** Where the Lease is. */
  cluster: Cluster;
  /** Time. */
  clock: Clock;
  /** Spread of the tries. */
  random: Random;
  /** Gains and losses are logged here. */
  log: Logger;
  /** Shows who leads. */
  metrics: Metrics;
  /** Namespace of the Lease: the component's own. */
  namespace: string;
  /** `source-controller-leader-election`. */
  name: string;
  /** Who we are: host name and something unique. */
  identity: string;
  /** Lease, renew and retry times; 35, 30 and 5 s when absent. */
  times?: { leaseMs: number; renewMs: number; retryMs: number };
  /** Runs while the Lease is held; `signal` aborts at its loss. Called again after each gain. */
  lead(signal: AbortSignal): Promise<void>;
}

/** Takes part in an election until disposed. */
export interface Leadership extends AsyncDisposable {
  /** Whether the Lease is ours, by our own clock: asked before each write. */
  holds(): boolean;
}

/** Takes part in the election of a leader. */
export declare function openLeadership(options: LeaseOptions): Leadership;
