/**
 * How soon a change is undone that comes back each time: an autoscaler, or another tool that wants the same
 * field, must not make us write as fast as it does.
 *
 * @module
 */
import type { Clock } from "../../lib/base/mod.ts";

/** Repairs of one object that are made at once, before it counts as fought over. */
const FREE_REPAIRS = 10;
/** One repair is forgiven in this time, so that an endless fight settles at about one repair in it. */
const FORGIVE_MS = 60_000;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;

interface Strikes {
  level: number;
  readonly atMs: number;
}

/** Counts the repairs of each object. */
export class RepairPace {
  readonly #clock: Clock;
  readonly #strikes = new Map<string, Strikes>();

  /** Nothing was repaired yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long to wait before the next repair of `id`; 0 for at once. */
  pauseMs(id: string): number {
    const over = Math.floor(this.#level(id)) - FREE_REPAIRS;
    return over < 0 ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** over, LONGEST_PAUSE_MS);
  }

  /** Time until repairs of `id` are made at once again, unless more of them come. */
  calmMs(id: string): number {
    const over = this.#level(id) - FREE_REPAIRS;
    return over < 0 ? 0 : Math.ceil(over * FORGIVE_MS) + 1;
  }

  /** `id` is repaired now. */
  count(id: string): void {
    const level = this.#level(id) + 1;
    for (const known of this.#strikes.keys()) {
      if (this.#level(known) === 0) this.#strikes.delete(known);
    }
    this.#strikes.set(id, { level, atMs: this.#clock.monotonicMs() });
  }

  /** How many objects are counted. */
  get size(): number {
    return this.#strikes.size;
  }

  #level(id: string): number {
    const strikes = this.#strikes.get(id);
    if (strikes === undefined) return 0;
    const forgiven = (this.#clock.monotonicMs() - strikes.atMs) / FORGIVE_MS;
    return Math.max(0, strikes.level - forgiven);
  }
}
