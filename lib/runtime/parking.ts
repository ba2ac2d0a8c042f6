/**
 * Objects that wait: each is woken by a watch or by time, and holds no worker meanwhile (design D10).
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import type { Until, WatchedObject } from "./outcome.ts";

/** Changes come in bursts; one look afterwards is enough. */
const SETTLE_MS = 20;

/** Subscribes to changes of objects; returns how to stop. */
export type WatchObjects = (objects: readonly WatchedObject[], wake: () => void) => () => void;

interface Parked {
  readonly timers: Timer[];
  stopWatch?: () => void;
}

/** All objects of one kind that wait. */
export class Parking {
  readonly #clock: Clock;
  readonly #parked = new Map<string, Parked>();

  /** Empty. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `key` waits. */
  has(key: string): boolean {
    return this.#parked.has(key);
  }

  /** Calls `wake` once, when what `until` names has come. */
  park(key: string, until: Until, watch: WatchObjects | undefined, wake: () => void): void {
    this.leave(key);
    const parked: Parked = { timers: [] };
    this.#parked.set(key, parked);
    const end = () => {
      // A wait that was left or made anew is no longer ours to end.
      if (this.#parked.get(key) !== parked) return;
      this.leave(key);
      wake();
    };
    parked.timers.push(this.#clock.after(this.#limitMs(until), end));
    if (until.kind === "time" || watch === undefined) return;
    let settling = false;
    parked.stopWatch = watch(until.objects, () => {
      if (settling) return;
      settling = true;
      parked.timers.push(this.#clock.after(SETTLE_MS, end));
    });
  }

  /** Ends the wait of `key` without waking it. */
  leave(key: string): void {
    const parked = this.#parked.get(key);
    if (parked === undefined) return;
    this.#parked.delete(key);
    for (const timer of parked.timers) timer.cancel();
    parked.stopWatch?.();
  }

  /** Ends all waits. */
  clear(): void {
    for (const key of [...this.#parked.keys()]) this.leave(key);
  }

  #limitMs(until: Until): number {
    switch (until.kind) {
      case "healthy":
        return Math.max(0, until.deadlineMs - this.#clock.monotonicMs());
      case "dependency":
        return until.retryMs;
      case "time":
        return until.delayMs;
    }
  }
}
