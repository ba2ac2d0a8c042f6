/**
 * Leader election by Lease: one process at a time works for a component (design D16).
 *
 * Nobody's clock is compared with another's: a holder counts from the moment before it asked for its last
 * renewal, the others from the moment they saw it, so the holder always gives up first.
 *
 * @module
 */
import {
  type Clock,
  messageOf,
  type Random,
  sleep,
  type Timer,
  unlessAborted,
} from "../base/mod.ts";
import type { Cluster, KubeObject, ObjectRef } from "../kube/mod.ts";
import { formatMicroTime, type LeaseRecord, readRecord, writeRecord } from "./lease_record.ts";
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

/**
 * Takes part in the election of a leader. Disposing it ends `lead`, waits for that, and gives the Lease
 * back, so that another process need not wait for its end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * import { FakeCluster } from "../testing/fake_cluster.ts";
 * import { silentLog } from "../testing/fake_run.ts";
 * import { openMetrics } from "./metrics.ts";
 *
 * const { promise: began, resolve: begin } = Promise.withResolvers<void>();
 * await using leadership = openLeadership({
 *   cluster: new FakeCluster(),
 *   clock: systemClock,
 *   random: Math.random,
 *   log: silentLog,
 *   metrics: openMetrics(),
 *   namespace: "flux-system",
 *   name: "source-controller-leader-election",
 *   identity: `pod-1_${crypto.randomUUID()}`,
 *   lead(signal) {
 *     begin();
 *     return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
 *   },
 * });
 * await began;
 * assert.equal(leadership.holds(), true);
 * ```
 */
export function openLeadership(options: LeaseOptions): Leadership {
  return new Election(options);
}

/** Flux's times (contract/common.md §14). */
const TIMES = { leaseMs: 35_000, renewMs: 30_000, retryMs: 5_000 };
/** Tries of several processes drift apart: up to 2.2 times the retry time, as client-go's do. */
const RETRY_SPREAD = 1.2;
const RELEASED_MS = 1_000;

class Election implements Leadership {
  readonly #options: LeaseOptions;
  readonly #times: { leaseMs: number; renewMs: number; retryMs: number };
  readonly #ref: ObjectRef;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  /** The Lease as we saw it last, and since when it says so. */
  #lease: KubeObject | undefined;
  #seen = "";
  #seenSinceMs = 0;
  /** By our monotonic clock; past when the Lease is not ours. */
  #heldUntilMs = -Infinity;
  /** The last renewal, which may outlast our wait for it. */
  #renewal: Promise<unknown> = Promise.resolve();

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#times = options.times ?? TIMES;
    const { namespace, name } = options;
    this.#ref = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name };
    options.metrics.leading(name, false);
    this.#running = this.#run();
  }

  holds(): boolean {
    return this.#options.clock.monotonicMs() < this.#heldUntilMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#acquire();
      if (this.#closed.signal.aborted) break;
      await this.#leadWhileHeld();
      await this.#pause();
    }
    await this.#release();
  }

  async #acquire(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      if (await this.#take()) return;
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    const { clock, random } = this.#options;
    const delayMs = this.#times.retryMs * (1 + RETRY_SPREAD * random());
    return sleep(clock, delayMs, this.#closed.signal);
  }

  /** Runs `lead` and renews beside it, until the Lease is lost, `lead` ends, or we are closed. */
  async #leadWhileHeld(): Promise<void> {
    const { log, metrics, name, identity, lead } = this.#options;
    const over = new AbortController();
    const stop = () => over.abort();
    this.#closed.signal.addEventListener("abort", stop, { once: true });
    log.info("became leader", { lease: name, identity });
    metrics.leading(name, true);
    const renewing = this.#renew(over);
    try {
      await lead(over.signal);
    } catch (error) {
      log.error("leading failed", { lease: name, error: messageOf(error) });
    }
    const isLost = !this.holds();
    over.abort();
    await renewing;
    this.#closed.signal.removeEventListener("abort", stop);
    metrics.leading(name, false);
    log.info(isLost ? "lost the lease" : "stopped leading", { lease: name, identity });
    // Others need not wait for a leader that does nothing.
    if (!isLost) await this.#release();
    this.#heldUntilMs = -Infinity;
  }

  /** Renews until `over`; aborts it when the Lease is no longer ours by our own clock. */
  async #renew(over: AbortController): Promise<void> {
    const { clock } = this.#options;
    let deadline = this.#armLoss(over);
    while (!over.signal.aborted) {
      await sleep(clock, this.#times.retryMs, over.signal);
      if (over.signal.aborted) break;
      // An answer that never comes must not keep us from noticing the loss.
      const renewal = this.#take();
      this.#renewal = renewal;
      await unlessAborted(renewal, over.signal, undefined);
      deadline.cancel();
      if (!this.holds()) over.abort();
      deadline = this.#armLoss(over);
    }
    deadline.cancel();
  }

  #armLoss(over: AbortController): Timer {
    const leftMs = this.#heldUntilMs - this.#options.clock.monotonicMs();
    return this.#options.clock.after(Math.max(0, leftMs), () => over.abort());
  }

  /** One try to take or renew the Lease; whether it is ours now. */
  async #take(): Promise<boolean> {
    const { cluster, log, name } = this.#options;
    if (this.holds() && this.#lease !== undefined) {
      if (await this.#write(this.#lease)) return true;
    }
    const read = await cluster.get(this.#ref);
    if (!read.ok && read.code !== "NotFound") {
      log.info("lease not read", { lease: name, error: read.message });
      return false;
    }
    if (!read.ok) return await this.#write(undefined);
    this.#observe(read.value);
    if (this.#isHeldByOther(read.value)) {
      this.#heldUntilMs = -Infinity;
      return false;
    }
    return await this.#write(read.value);
  }

  /** Someone else's time runs from when we first saw its last renewal. */
  #observe(lease: KubeObject): void {
    this.#lease = lease;
    const seen = JSON.stringify(readRecord(lease));
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#seenSinceMs = this.#options.clock.monotonicMs();
  }

  #isHeldByOther(lease: KubeObject): boolean {
    const { holder, durationMs } = readRecord(lease);
    if (holder === "" || holder === this.#options.identity) return false;
    return this.#options.clock.monotonicMs() < this.#seenSinceMs + durationMs;
  }

  /** Writes that the Lease is ours, on top of `before`; counts from the moment of asking. */
  async #write(before: KubeObject | undefined): Promise<boolean> {
    const { clock, identity } = this.#options;
    const askedMs = clock.monotonicMs();
    const now = formatMicroTime(clock.now());
    const last = before && readRecord(before);
    const isOurs = last?.holder === identity;
    const isNew = last === undefined || isOurs;
    const stored = await this.#store(before, {
      holder: identity,
      durationMs: this.#times.leaseMs,
      renewTime: now,
      acquireTime: isOurs ? last.acquireTime : now,
      transitions: (last?.transitions ?? 0) + (isNew ? 0 : 1),
    });
    if (stored) this.#heldUntilMs = askedMs + this.#times.renewMs;
    return stored;
  }

  async #store(before: KubeObject | undefined, record: LeaseRecord): Promise<boolean> {
    const { cluster, log, name } = this.#options;
    const object = writeRecord(this.#options, before, record);
    const by = { fieldManager: name.replace(/-leader-election.*$/, "") };
    const stored = before === undefined
      ? await cluster.create(object, by)
      : await cluster.update(object, by);
    if (stored.ok) {
      this.#observe(stored.value);
      return true;
    }
    // Someone was faster: no news.
    const isRace = stored.code === "Conflict" || stored.code === "AlreadyExists";
    if (!isRace) log.info("lease not written", { lease: name, error: stored.message });
    return false;
  }

  /** Gives back what is ours. */
  async #release(): Promise<void> {
    // One that is under way would come between, or take it once more afterwards.
    await this.#renewal;
    const lease = this.#lease;
    if (!this.holds() || lease === undefined) return;
    const now = formatMicroTime(this.#options.clock.now());
    const { transitions } = readRecord(lease);
    await this.#store(lease, {
      holder: "",
      durationMs: RELEASED_MS,
      renewTime: now,
      acquireTime: now,
      transitions,
    });
    this.#heldUntilMs = -Infinity;
  }
}
