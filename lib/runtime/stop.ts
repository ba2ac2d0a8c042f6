/**
 * How a process is told to stop.
 *
 * @module
 */

import { type Clock, startDeadline, unlessAborted } from "../base/mod.ts";

/** Where signals come from; Deno's own when a process runs, a fake in tests. */
export interface SignalSource {
  /** Calls `handler` at each `signal`. */
  add(signal: "SIGTERM" | "SIGINT", handler: () => void): void;
  /** Ends that. */
  remove(signal: "SIGTERM" | "SIGINT", handler: () => void): void;
}

const denoSignals: SignalSource = {
  add: (signal, handler) => Deno.addSignalListener(signal, handler),
  remove: (signal, handler) => Deno.removeSignalListener(signal, handler),
};

/** A promise of the end. */
export interface StopRequest extends Disposable {
  /** Aborted at the first SIGTERM or SIGINT: end what runs, flush, leave. */
  readonly gracefully: AbortSignal;
  /** Aborted at the second: leave now. */
  readonly now: AbortSignal;
}

/**
 * Listens for SIGTERM and SIGINT until disposed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const handlers: (() => void)[] = [];
 * const signals = { add: (_: string, handler: () => void) => handlers.push(handler), remove() {} };
 * using stop = listenForStop(signals);
 * handlers[0]?.();
 * assert.deepEqual([stop.gracefully.aborted, stop.now.aborted], [true, false]);
 * ```
 */
export function listenForStop(signals: SignalSource = denoSignals): StopRequest {
  const gracefully = new AbortController();
  const now = new AbortController();
  function handle(): void {
    if (gracefully.signal.aborted) now.abort();
    gracefully.abort();
  }
  signals.add("SIGTERM", handle);
  signals.add("SIGINT", handle);
  return {
    gracefully: gracefully.signal,
    now: now.signal,
    [Symbol.dispose]() {
      signals.remove("SIGTERM", handle);
      signals.remove("SIGINT", handle);
    },
  };
}

/**
 * Waits for the end of what runs, for at most a time, or until it is told to leave now. Afterwards no timer keeps the
 * process up.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { FakeClock } from "../testing/fake_clock.ts";
 *
 * const clock = new FakeClock();
 * await untilEnded(Promise.resolve(), { clock, limitMs: 600_000, now: new AbortController().signal });
 * assert.equal(clock.pending, 0);
 * ```
 */
export async function untilEnded(
  running: Promise<unknown>,
  { clock, limitMs, now }: { clock: Clock; limitMs: number; now: AbortSignal },
): Promise<void> {
  using limit = startDeadline(clock, limitMs, now);
  await unlessAborted(running, limit.signal, undefined);
}
