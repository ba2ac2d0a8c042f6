/**
 * Objects that wait: each is woken by a watch or by time, and holds no worker meanwhile (design D10).
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import { displayName, type ObjectRef } from "../kube/mod.ts";
import type { Until } from "./outcome.ts";

/** Changes come in bursts; one look afterwards is enough. */
const SETTLE_MS = 20;

/** Subscribes to changes of objects; returns how to stop. */
export type WatchObjects = (objects: readonly ObjectRef[], wake: () => void) => () => void;

/** What ended a wait: something may have changed, or its time was up. */
export type Wake = "changed" | "time";

interface Parked {
  /** What the subscription tells of. */
  readonly watched: ReadonlySet<string>;
  timers: Timer[];
  /** False while the run that this wait started goes on. */
  isWaiting: boolean;
  /** Something changed while it was not waiting. */
  hasChanged: boolean;
  stopWatch?: () => void;
}

/**
 * All objects of one kind that wait.
 *
 * No change falls between looking and waiting: a subscription stays open during the run that it started, and
 * an object that was not subscribed to before is looked at once more afterwards.
 */
export class Parking {
  readonly #clock: Clock;
  readonly #parked = new Map<string, Parked>();

  /** Empty. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether `key` waits. */
  has(key: string): boolean {
    return this.#parked.get(key)?.isWaiting ?? false;
  }

  /** Calls `wake` once, when what `until` names has come. */
  park(
    key: string,
    until: Until,
    watch: WatchObjects | undefined,
    wake: (why: Wake) => void,
  ): void {
    const before = this.#parked.get(key);
    const objects = until.kind === "time" || watch === undefined ? [] : until.objects;
    const watched = new Set(objects.map(nameOf));
    const parked: Parked = { watched, timers: [], isWaiting: true, hasChanged: false };
    const end = (why: Wake) => {
      // A wait that was left or made anew is no longer ours to end.
      if (this.#parked.get(key) !== parked || !parked.isWaiting) return;
      this.#pause(parked);
      wake(why);
    };
    const look = () => {
      if (!parked.isWaiting || parked.hasChanged) return void (parked.hasChanged = true);
      parked.hasChanged = true;
      parked.timers.push(this.#clock.after(SETTLE_MS, () => end("changed")));
    };
    this.#parked.set(key, parked);
    parked.timers.push(this.#clock.after(this.#limitMs(until), () => end("time")));
    if (objects.length > 0) {
      const stop = watch?.(objects, look);
      if (stop !== undefined) parked.stopWatch = stop;
    }
    const isCovered = before !== undefined && !before.hasChanged &&
      watched.isSubsetOf(before.watched);
    if (before !== undefined) this.#end(before);
    if (objects.length > 0 && !isCovered) look();
  }

  /** The run that the wait of `key` started begins: what changes from now on is seen after it. */
  resume(key: string): void {
    const parked = this.#parked.get(key);
    if (parked === undefined) return;
    this.#pause(parked);
    parked.hasChanged = false;
  }

  /** Ends the wait of `key` without waking it. */
  leave(key: string): void {
    const parked = this.#parked.get(key);
    if (parked === undefined) return;
    this.#parked.delete(key);
    this.#end(parked);
  }

  /** Ends all waits. */
  clear(): void {
    for (const key of [...this.#parked.keys()]) this.leave(key);
  }

  #pause(parked: Parked): void {
    parked.isWaiting = false;
    for (const timer of parked.timers) timer.cancel();
    parked.timers = [];
  }

  #end(parked: Parked): void {
    this.#pause(parked);
    parked.stopWatch?.();
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

function nameOf(ref: ObjectRef): string {
  return `${ref.apiVersion}/${displayName(ref)}`;
}
