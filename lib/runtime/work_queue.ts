/**
 * Keys that wait for work: each at most once, and never two runs of one key at once.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import type { QueueMetrics } from "./metrics.ts";
import { Turns } from "./turns.ts";

/** Delays after failures: `minMs` doubled each time, up to `maxMs`. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Flux's defaults (`--min-retry-delay`, `--max-retry-delay`). */
export const DEFAULT_BACKOFF: Backoff = { minMs: 750, maxMs: 15 * 60_000 };

/** How a queue works. */
export interface WorkQueueOptions {
  /** Time. */
  clock: Clock;
  /** Most keys worked on at once. */
  workers: number;
  /**
   * Whose key it is: nobody waits for the others alone. A group that has no key worked on gets a worker
   * even when all are taken, as long as there are fewer than twice as many. One group when absent.
   */
  groupOf?(key: string): string;
  /** Works on one key; must not throw. */
  work(key: string): Promise<void>;
  /** {@linkcode DEFAULT_BACKOFF} when absent. */
  backoff?: Backoff;
  /** Told what happens. */
  metrics?: QueueMetrics;
  /** Told how many keys are worked on. */
  onActive?: (count: number) => void;
}

interface Delayed {
  dueMs: number;
  timer: Timer;
}

/**
 * A fair queue: groups take turns, and within a group it is first come, first served. A key that is added
 * while it is worked on runs once more afterwards, however often it was added.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "../base/mod.ts";
 * const done: string[] = [];
 * const queue = new WorkQueue({
 *   clock: systemClock,
 *   workers: 1,
 *   work: (key) => Promise.resolve(void done.push(key)),
 * });
 * queue.add("a");
 * queue.add("b");
 * queue.add("b");
 * await queue.idle();
 * assert.deepEqual(done, ["a", "b"]);
 * ```
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #backoff: Backoff;
  /** Waiting keys, with the time they came. */
  readonly #waiting = new Map<string, number>();
  readonly #turns: Turns;
  readonly #running = new Set<string>();
  /** Keys that were added while they ran. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #idle: (() => void)[] = [];
  #isStopped = false;

  /** Starts at once. */
  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#turns = new Turns((key) => options.groupOf?.(key) ?? "");
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
  }

  /** Runs `key` as soon as a worker is free. */
  add(key: string): void {
    if (this.#isStopped) return;
    if (this.#running.has(key)) {
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.set(key, this.#options.clock.monotonicMs());
    this.#turns.wait(key);
    this.#options.metrics?.added();
    this.#pump();
  }

  /** Runs `key` after `delayMs`, unless an earlier time is set already. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + Math.max(0, delayMs);
    const before = this.#delayed.get(key);
    if (before !== undefined && before.dueMs <= dueMs) return;
    before?.timer.cancel();
    const timer = clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, timer });
  }

  /** Runs `key` after a delay that grows with each failure; returns the delay. */
  addFailed(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const { minMs, maxMs } = this.#backoff;
    const delayMs = Math.min(maxMs, minMs * 2 ** failures);
    this.#options.metrics?.retried();
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The next failure of `key` counts as the first. */
  forgive(key: string): void {
    this.#failures.delete(key);
  }

  /** The run of `key` under way need not be followed by another one. */
  withdraw(key: string): void {
    this.#again.delete(key);
  }

  /** Takes back what is set for later, and forgets failures. */
  forget(key: string): void {
    this.#failures.delete(key);
    this.#again.delete(key);
    this.#cancelDelayed(key);
    if (!this.#waiting.delete(key)) return;
    this.#turns.leave(key);
    this.#options.metrics?.depth(this.#waiting.size);
  }

  /** Whether `key` waits for a worker, runs, or has a timer. */
  has(key: string): boolean {
    return this.#waiting.has(key) || this.#running.has(key) || this.#delayed.has(key);
  }

  /** Whether `key` is worked on or waits for a worker. */
  isBusy(key: string): boolean {
    return this.#waiting.has(key) || this.#running.has(key);
  }

  /** Resolves when nothing runs and nothing waits for a worker; timers do not count. */
  idle(): Promise<void> {
    if (this.#running.size === 0 && this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Starts no more work; resolves when what runs has ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#waiting.clear();
    this.#turns.clear();
    this.#again.clear();
    for (const key of [...this.#delayed.keys()]) this.#cancelDelayed(key);
    return this.idle();
  }

  #cancelDelayed(key: string): void {
    this.#delayed.get(key)?.timer.cancel();
    this.#delayed.delete(key);
  }

  #pump(): void {
    const { metrics, clock } = this.#options;
    for (let key = this.#next(); key !== undefined; key = this.#next()) {
      const sinceMs = this.#waiting.get(key) ?? clock.monotonicMs();
      this.#waiting.delete(key);
      this.#turns.start(key);
      this.#running.add(key);
      // This run is the one that was set for later.
      this.#cancelDelayed(key);
      metrics?.waited((clock.monotonicMs() - sinceMs) / 1000);
      this.#options.onActive?.(this.#running.size);
      void this.#run(key);
    }
    metrics?.depth(this.#waiting.size);
  }

  /** The key that may be worked on now. */
  #next(): string | undefined {
    const { workers } = this.#options;
    const { size } = this.#running;
    if (size < workers) return this.#turns.next();
    return size < 2 * workers ? this.#turns.next({ idle: true }) : undefined;
  }

  async #run(key: string): Promise<void> {
    const { metrics, clock, work } = this.#options;
    const startMs = clock.monotonicMs();
    try {
      // A turn later, so that whoever adds a key is never inside its run.
      await Promise.resolve();
      // What was added until now, this run sees.
      this.#again.delete(key);
      await work(key);
    } finally {
      metrics?.worked((clock.monotonicMs() - startMs) / 1000);
      this.#running.delete(key);
      this.#turns.end(key);
      this.#options.onActive?.(this.#running.size);
      if (this.#again.delete(key)) this.add(key);
      this.#pump();
      this.#settle();
    }
  }

  #settle(): void {
    if (this.#running.size > 0 || this.#waiting.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
