/**
 * Tells the world what happened: Kubernetes Events and the event webhook (contract/common.md §8).
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { EventRecord } from "./outcome.ts";

/** Takes events; never blocks and never fails. */
export interface Events extends AsyncDisposable {
  /** `controller` says that `event` happened to `object`. */
  send(controller: string, object: KubeObject, event: EventRecord): void;
  /** Waits until everything taken so far is out, at most `timeoutMs`. */
  flush(timeoutMs: number): Promise<void>;
}

/** Where events go. */
export interface EventsOptions {
  /** Where Kubernetes Events are created. */
  cluster: Cluster;
  /** Time. */
  clock: Clock;
  /** Lost events are logged here. */
  log: Logger;
  /** Lost events are counted here. */
  metrics: Metrics;
  /** Name of this process: its host name. */
  instance: string;
  /** Address of the event receiver (`--events-addr`); none when empty or absent. */
  address?: string;
  /** What must never be readable, asked for at each event. */
  secrets?: () => readonly string[];
  /** Makes requests to `address`; the global `fetch` when absent. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Opens the way out for events. */
export declare function openEvents(options: EventsOptions): Events;
