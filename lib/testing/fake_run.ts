/**
 * A run without a runtime, for tests of reconcile functions.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { EventRecord, Logger, Run, StatusPatch } from "../runtime/mod.ts";
import { FakeClock } from "./fake_clock.ts";

/** What a test wants to see or decide of a run. */
export interface FakeRunOptions<Status> {
  /** Time; a new fake clock when absent. */
  clock?: Clock;
  /** Whether only the end of its own wait started the run. */
  woken?: boolean;
  /** Who asked for the run. */
  triggers?: readonly string[];
  /** Each event from the middle of the run. */
  onEvent?: (event: EventRecord) => void;
  /** Each step the run names. */
  onProgress?: (message: string) => void;
  /** Each write-ahead. */
  onCheckpoint?: (status: StatusPatch<Status>) => void;
  /** Each question whether the object is still as it was. */
  onConfirm?: () => Promise<void>;
}

/** Writes nothing. */
export const silentLog: Logger = {
  debug() {},
  info() {},
  error() {},
  with: () => silentLog,
};

/** A run that nobody calls off. */
export function fakeRun<Status>(options: FakeRunOptions<Status> = {}): Run<Status> {
  return {
    signal: new AbortController().signal,
    log: silentLog,
    clock: options.clock ?? new FakeClock(),
    random: () => 0.5,
    woken: options.woken ?? false,
    triggers: options.triggers ?? [],
    progress(message) {
      options.onProgress?.(message);
      return Promise.resolve();
    },
    checkpoint(status) {
      options.onCheckpoint?.(status);
      return Promise.resolve();
    },
    confirm: () => options.onConfirm?.() ?? Promise.resolve(),
    event: (event) => options.onEvent?.(event),
  };
}
