/**
 * What the runtime hands to one reconciliation, recorded.
 *
 * @module
 */
import type { Clock } from "../base/mod.ts";
import type { EventRecord, Logger, Run, StatusPatch } from "../runtime/mod.ts";
import { FakeClock } from "./fake_clock.ts";

/** A run whose steps a test can look at afterwards. */
export interface FakeRun<Status> extends Run<Status> {
  /** Messages of `progress`, in order. */
  readonly steps: string[];
  /** Arguments of `checkpoint`, in order. */
  readonly checkpoints: StatusPatch<Status>[];
  /** Events sent in the middle of the run. */
  readonly sent: EventRecord[];
}

const silent: Logger = { debug() {}, info() {}, error() {}, with: () => silent };

/** A run at the time of `clock`; chance always says one half. */
export function fakeRun<Status>(
  options: { clock?: Clock; signal?: AbortSignal; woken?: boolean } = {},
): FakeRun<Status> {
  const steps: string[] = [];
  const checkpoints: StatusPatch<Status>[] = [];
  const sent: EventRecord[] = [];
  return {
    signal: options.signal ?? new AbortController().signal,
    log: silent,
    clock: options.clock ?? new FakeClock(),
    random: () => 0.5,
    woken: options.woken ?? false,
    steps,
    checkpoints,
    sent,
    progress(message) {
      steps.push(message);
      return Promise.resolve();
    },
    checkpoint(status) {
      checkpoints.push(status);
      return Promise.resolve();
    },
    event: (event) => void sent.push(event),
  };
}
