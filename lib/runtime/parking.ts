/**
 * Objects that wait: each is woken by a watch or by time, and holds no worker meanwhile (design D10).
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import { displayName } from "../kube/mod.ts";
import type { Until, WatchedObject } from "./outcome.ts";

/** Changes come in bursts; one look afterwards is enough. */
const SETTLE_MS = 20;
/** For one that is woken again and again by what it has seen already. */
const LONGEST_SETTLE_MS = 30_000;

/** Subscribes to changes of objects; returns how to stop. */
export type WatchObjects = (objects: readonly WatchedObject[], wake: () => void) => () => void;

interface Parked {
  /** What is waited for, with the versions seen. */
  readonly subject: string;
  readonly settleMs: number;
  timers: Timer[];
  isWaiting: boolean;
  /** A watched object ended the wait. */
  isWokenByChange: boolean;
  stopWatch?: () => void;
}

/** All objects of one kind that wait. */
export class Parking {
  readonly #clock: Clock;
  /** A wait that ended stays until its object is parked again or left: the next one is compared with it. */
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
  park(key: string, until: Until, watch: WatchObjects | undefined, wake: () => void): void {
    const before = this.#parked.get(key);
    this.leave(key);
    const subject = subjectOf(until);
    const isSame = before?.isWokenByChange === true && before.subject === subject;
    const parked: Parked = {
      subject,
      settleMs: isSame ? Math.min(before.settleMs * 2, LONGEST_SETTLE_MS) : SETTLE_MS,
      timers: [],
      isWaiting: true,
      isWokenByChange: false,
    };
    this.#parked.set(key, parked);
    const wakeOnce = () => {
      end(parked);
      wake();
    };
    parked.timers.push(this.#clock.after(this.#limitMs(until), wakeOnce));
    if (until.kind === "time" || watch === undefined) return;
    const stop = watch(until.objects, () => {
      if (!parked.isWaiting || parked.isWokenByChange) return;
      parked.isWokenByChange = true;
      parked.timers.push(this.#clock.after(parked.settleMs, wakeOnce));
    });
    parked.stopWatch = stop;
  }

  /** Ends the wait of `key` without waking it, and forgets it. */
  leave(key: string): void {
    const parked = this.#parked.get(key);
    if (parked === undefined) return;
    this.#parked.delete(key);
    end(parked);
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

function end(parked: Parked): void {
  parked.isWaiting = false;
  for (const timer of parked.timers) timer.cancel();
  parked.timers = [];
  parked.stopWatch?.();
  delete parked.stopWatch;
}

function subjectOf(until: Until): string {
  if (until.kind === "time") return "";
  return until.objects.map((object) => `${displayName(object)} ${object.seen ?? ""}`).join("\n");
}
