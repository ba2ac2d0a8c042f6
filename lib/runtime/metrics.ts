/**
 * Prometheus metrics under the names that dashboards for Flux know (contract/common.md §14).
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** How one run ended, in controller-runtime's words. */
export type RunResult = "success" | "error" | "requeue" | "requeue_after";

/** What the runtime counts. */
export interface Metrics {
  /** One run of one object took `seconds`. */
  observeRun(run: {
    kind: string;
    namespace: string;
    name: string;
    result: RunResult;
    seconds: number;
  }): void;
  /** The object is gone: so are its series. */
  forgetObject(object: { kind: string; namespace: string; name: string }): void;
  /** How many runs of this kind are going on. */
  activeRuns(kind: string, count: number): void;
  /** The most runs of this kind at once. */
  maxRuns(kind: string, count: number): void;
  /** What happens in the queue called `queue`. */
  queue(queue: string): QueueMetrics;
  /** A scheduled run did not come; the watchdog ran it. */
  countLostWakeup(kind: string): void;
  /** An event did not reach its sink. */
  countLostEvent(sink: "kubernetes" | "webhook", why: "full" | "failed"): void;
  /** Whether this process holds the lease `name`. */
  leading(name: string, holds: boolean): void;
  /** The text that `/metrics` answers with. */
  text(): Promise<string>;
  /** What kind of text that is. */
  readonly contentType: string;
}

/** Counters of one queue. */
export interface QueueMetrics {
  /** Keys that wait for a worker. */
  depth(count: number): void;
  /** A key was added. */
  added(): void;
  /** A key was put back after a failure. */
  retried(): void;
  /** A key waited this long for a worker. */
  waited(seconds: number): void;
  /** A worker took this long. */
  worked(seconds: number): void;
}

/** Ten buckets from 0.01 to 1800 s, each a fixed multiple of the one before. */
const RUN_BUCKETS = exponentialBuckets(0.01, 1800, 10);
const CONTROLLER_BUCKETS = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7],
  ...[0.8, 0.9, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30],
  ...[40, 50, 60],
];
const QUEUE_BUCKETS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

function exponentialBuckets(least: number, most: number, count: number): number[] {
  const factor = (most / least) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, index) => least * factor ** index);
}

/**
 * Opens a set of metrics of its own; nothing is global.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const metrics = openMetrics();
 * metrics.countLostWakeup("GitRepository");
 * assert.match(await metrics.text(), /sluice_lost_wakeups_total\{kind="GitRepository"\} 1/);
 * ```
 */
export function openMetrics(): Metrics {
  const registry = new Registry();
  const runs = openRunMetrics(registry);
  const queues = openQueueMetrics(registry);
  const lostWakeups = new Counter({
    name: "sluice_lost_wakeups_total",
    help: "Scheduled runs that did not come and were started by the watchdog.",
    labelNames: ["kind"],
    registers: [registry],
  });
  const lostEvents = new Counter({
    name: "sluice_lost_events_total",
    help: "Events that did not reach their sink.",
    labelNames: ["sink", "why"],
    registers: [registry],
  });
  const leader = new Gauge({
    name: "leader_election_master_status",
    help: "Whether the process holds the lease: 1, or 0.",
    labelNames: ["name"],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    ...runs,
    queue: queues,
    countLostWakeup: (kind) => lostWakeups.inc({ kind }),
    countLostEvent: (sink, why) => lostEvents.inc({ sink, why }),
    leading: (name, holds) => leader.set({ name }, holds ? 1 : 0),
    text: () => registry.metrics(),
  };
}

/** Controllers are labelled by their kind in lower case, as Flux names them. */
type RunMetrics = Pick<Metrics, "observeRun" | "forgetObject" | "activeRuns" | "maxRuns">;

function openRunMetrics(registry: Registry): RunMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: "gotk_reconcile_duration_seconds",
    help: "The duration in seconds of a reconciliation.",
    labelNames: ["kind", "name", "namespace"],
    buckets: RUN_BUCKETS,
    registers,
  });
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciliations per controller and result.",
    labelNames: ["controller", "result"],
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Reconciliations per controller that failed.",
    labelNames: ["controller"],
    registers,
  });
  const time = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Time per reconciliation and controller.",
    labelNames: ["controller"],
    buckets: CONTROLLER_BUCKETS,
    registers,
  });
  const active = new Gauge({
    name: "controller_runtime_active_workers",
    help: "Workers in use per controller.",
    labelNames: ["controller"],
    registers,
  });
  const most = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Most concurrent reconciliations per controller.",
    labelNames: ["controller"],
    registers,
  });
  return {
    observeRun({ kind, namespace, name, result, seconds }) {
      const controller = kind.toLowerCase();
      duration.observe({ kind, name, namespace }, seconds);
      time.observe({ controller }, seconds);
      total.inc({ controller, result });
      if (result === "error") errors.inc({ controller });
    },
    forgetObject: ({ kind, name, namespace }) => duration.remove({ kind, name, namespace }),
    activeRuns: (kind, count) => active.set({ controller: kind.toLowerCase() }, count),
    maxRuns: (kind, count) => most.set({ controller: kind.toLowerCase() }, count),
  };
}

function openQueueMetrics(registry: Registry): (queue: string) => QueueMetrics {
  const registers = [registry];
  const labelNames = ["name"];
  const depth = new Gauge({
    name: "workqueue_depth",
    help: "Keys that wait in the queue.",
    labelNames,
    registers,
  });
  const adds = new Counter({
    name: "workqueue_adds_total",
    help: "Keys added to the queue.",
    labelNames,
    registers,
  });
  const retries = new Counter({
    name: "workqueue_retries_total",
    help: "Keys put back after a failure.",
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: "workqueue_queue_duration_seconds",
    help: "Seconds a key waits for a worker.",
    labelNames,
    buckets: QUEUE_BUCKETS,
    registers,
  });
  const worked = new Histogram({
    name: "workqueue_work_duration_seconds",
    help: "Seconds a worker takes for a key.",
    labelNames,
    buckets: QUEUE_BUCKETS,
    registers,
  });
  return (name) => ({
    depth: (count) => depth.set({ name }, count),
    added: () => adds.inc({ name }),
    retried: () => retries.inc({ name }),
    waited: (seconds) => waited.observe({ name }, seconds),
    worked: (seconds) => worked.observe({ name }, seconds),
  });
}
