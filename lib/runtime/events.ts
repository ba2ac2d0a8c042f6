/**
 * Tells the world what happened: Kubernetes Events and the event webhook (contract/common.md §8).
 *
 * Both ways out have a bounded queue of their own: a dead sink delays neither the other one nor a run.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import { type Happening, happeningOf } from "./event_message.ts";
import { KubernetesEventSink } from "./event_recorder.ts";
import { EventSink } from "./event_sink.ts";
import { sendWebhook } from "./event_webhook.ts";
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

/** Time that what is left gets when events are closed without a flush. */
const CLOSE_MS = 2_000;

/** Opens the way out for events. */
export function openEvents(options: EventsOptions): Events {
  const { clock, log, metrics, instance, address } = options;
  const recorder = new KubernetesEventSink(options);
  const kubernetes = new EventSink({
    name: "kubernetes",
    clock,
    log,
    metrics,
    send: (event) => recorder.record(event),
  });
  const webhook = address === undefined || address === "" ? undefined : new EventSink({
    name: "webhook",
    clock,
    log,
    metrics,
    send: (event, signal) => sendWebhook(event, signal, { ...options, address }),
  });
  function take(event: Happening): void {
    kubernetes.add(event);
    if (event.type !== "Trace") webhook?.add(event);
  }
  async function flush(timeoutMs: number): Promise<void> {
    await Promise.all([kubernetes.flush(timeoutMs), webhook?.flush(timeoutMs)]);
  }
  return {
    send(controller, object, event) {
      const secrets = options.secrets?.() ?? [];
      take(happeningOf(object, event, { controller, instance, atMs: clock.now(), secrets }));
    },
    flush,
    async [Symbol.asyncDispose]() {
      await flush(CLOSE_MS);
      kubernetes.close();
      webhook?.close();
    },
  };
}
