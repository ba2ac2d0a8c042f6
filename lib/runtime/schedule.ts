/**
 * Which object of a kind runs when: triggers, waits, delays, and a watchdog over all of them.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";
import type { QueueMetrics } from "./metrics.ts";
import type { NextRun } from "./next_run.ts";
import { Parking } from "./parking.ts";
import { type Backoff, WorkQueue } from "./work_queue.ts";

const WATCHDOG_MS = 60_000;

/** One turn of one object. */
export interface Turn {
  /** `namespace/name`. */
  readonly key: string;
  /** Why it was asked for; the end of the object's own wait is none of these. */
  readonly triggers: readonly string[];
  /** Whether nothing but the end of its wait started this turn. */
  readonly woken: boolean;
}

/** How a schedule works. */
export interface ScheduleOptions {
  clock: Clock;
  workers: number;
  /** Takes one turn. */
  work(turn: Turn): Promise<NextRun>;
  /** Told of what a turn threw: a bug; the object backs off. */
  onThrown: (key: string, thrown: unknown) => void;
  metrics: QueueMetrics;
  onActive: (count: number) => void;
  /** Told of an object whose next run nobody had set. */
  onLost: (key: string) => void;
  backoff?: Backoff;
}

interface KeyState {
  /** Reasons that came since the last turn began. */
  readonly triggers: Set<string>;
  woken: boolean;
  /** Nothing is to come until somebody asks for it. */
  isResting: boolean;
}

/** See the module's description. */
export class Schedule {
  readonly #options: ScheduleOptions;
  readonly #queue: WorkQueue;
  readonly #parking: Parking;
  readonly #states = new Map<string, KeyState>();
  #watchdog: Timer | undefined;
  #isStopped = false;

  /** Empty. */
  constructor(options: ScheduleOptions) {
    const { clock, workers, metrics, onActive, backoff } = options;
    this.#options = options;
    this.#parking = new Parking(clock);
    this.#queue = new WorkQueue({
      clock,
      workers,
      metrics,
      onActive,
      work: (key) => this.#work(key),
      // A tenant whose objects hang must not keep the others from being looked at.
      groupOf: namespaceOf,
      ...(backoff && { backoff }),
    });
    this.#armWatchdog();
  }

  /** Gives `key` a turn soon, whatever it waits for. */
  trigger(key: string, why: string): void {
    if (this.#isStopped) return;
    this.#stateOf(key).triggers.add(why);
    this.#parking.leave(key);
    this.#queue.add(key);
  }

  /** The turn under way has seen to what `why` asked for since it began. */
  withdraw(key: string, why: string): void {
    const state = this.#states.get(key);
    if (state === undefined || !state.triggers.delete(why)) return;
    if (state.triggers.size === 0 && !state.woken) this.#queue.withdraw(key);
  }

  /** The object is gone: nothing that was planned for it happens. */
  forget(key: string): void {
    this.#states.delete(key);
    this.#parking.leave(key);
    this.#queue.forget(key);
  }

  /** Starts no more turns; resolves when those under way have ended. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#watchdog?.cancel();
    this.#parking.clear();
    return this.#queue.stop();
  }

  #stateOf(key: string): KeyState {
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const fresh: KeyState = { triggers: new Set(), woken: false, isResting: false };
    this.#states.set(key, fresh);
    return fresh;
  }

  async #work(key: string): Promise<void> {
    const state = this.#stateOf(key);
    const triggers = [...state.triggers];
    const woken = state.woken && triggers.length === 0;
    state.triggers.clear();
    state.woken = false;
    state.isResting = false;
    if (!woken) this.#parking.leave(key);
    try {
      const next = await this.#options.work({ key, triggers, woken });
      // Forgotten meanwhile; an object of the same name that came since has a trigger of its own.
      if (this.#states.get(key) !== state || this.#isStopped) return;
      this.#plan(key, state, next);
    } catch (thrown) {
      this.#options.onThrown(key, thrown);
      this.#queue.addFailed(key);
    }
  }

  #plan(key: string, state: KeyState, next: NextRun): void {
    if (next.kind !== "park") this.#parking.leave(key);
    switch (next.kind) {
      case "gone":
        this.#states.delete(key);
        break;
      case "now":
        this.#queue.add(key);
        break;
      case "rest":
        state.isResting = true;
        break;
      case "after":
        this.#queue.addAfter(key, next.delayMs);
        break;
      case "park":
        this.#parking.park(key, next.until, next.watch, () => {
          state.woken = true;
          this.#queue.add(key);
        });
        break;
      case "backoff":
        this.#queue.addFailed(key);
        return;
    }
    this.#queue.forgive(key);
  }

  /** Finds objects whose next run nobody has set: a bug, but not one that may stop an object for good. */
  #armWatchdog(): void {
    this.#watchdog = this.#options.clock.after(WATCHDOG_MS, () => {
      for (const [key, state] of this.#states) {
        if (state.isResting || this.#queue.has(key) || this.#parking.has(key)) continue;
        this.#options.onLost(key);
        this.trigger(key, "watchdog");
      }
      this.#armWatchdog();
    });
  }
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf("/"));
}
