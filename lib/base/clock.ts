/**
 * Time and chance as values that a caller hands in, so that tests decide both (design D8).
 *
 * @module
 */

/** A pending call; `cancel` is harmless once it has run. */
export interface Timer {
  /** Takes the call back. */
  cancel(): void;
}

/** Where time comes from. */
export interface Clock {
  /** Wall-clock time: milliseconds since 1970 UTC. For what people read. */
  now(): number;
  /** Milliseconds that only grow. For intervals and deadlines. */
  monotonicMs(): number;
  /** Calls `run` once, `delayMs` from now. */
  after(delayMs: number, run: () => void): Timer;
}

/** Where chance comes from: a number from 0 up to, not including, 1. */
export type Random = () => number;

/** setTimeout keeps 31 bits of milliseconds; longer waits are taken in steps. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const due = performance.now() + delayMs;
    let handle: ReturnType<typeof setTimeout>;
    function arm(): void {
      const left = due - performance.now();
      handle = left > LONGEST_TIMEOUT_MS
        ? setTimeout(arm, LONGEST_TIMEOUT_MS)
        : setTimeout(run, Math.max(0, left));
    }
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Waits; ends early, without an error, when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = clock.after(delayMs, end);
    signal?.addEventListener("abort", end, { once: true });
    function end(): void {
      timer.cancel();
      signal?.removeEventListener("abort", end);
      resolve();
    }
  });
}

/**
 * RFC 3339 in UTC with second precision, as the Kubernetes API writes times.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatTime(1_700_000_000_999), "2023-11-14T22:13:20Z");
 * ```
 */
export function formatTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** A signal that ends with its parent or when its time is up. */
export interface Deadline extends Disposable {
  /** Aborted by the parent or by time. */
  readonly signal: AbortSignal;
}

/** Starts a deadline of `delayMs`; dispose it when the work is done. */
export function startDeadline(clock: Clock, delayMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timer = clock.after(delayMs, () => controller.abort());
  function follow(): void {
    controller.abort();
  }
  if (parent?.aborted) controller.abort();
  parent?.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose](): void {
      timer.cancel();
      parent?.removeEventListener("abort", follow);
    },
  };
}
