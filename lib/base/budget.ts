/**
 * What one run may spend on input that a stranger controls.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** The end of a run on a clock that the run reads itself. */
export interface TimeLimit {
  /** When it ends, by {@linkcode nowMs}. */
  readonly endMs: number;
  /** Milliseconds that only grow. */
  nowMs(): number;
}

/** Limits of one run; spent by every loop over input. */
export interface Budget {
  /** Most bytes that may be read, unpacked or produced. */
  readonly bytes: number;
  /** Most entries: files, git objects, YAML nodes of one document stream. */
  readonly entries: number;
  /** Deepest nesting: folders, YAML nodes, bases of bases. */
  readonly depth: number;
  /** Most resources one build may produce. */
  readonly resources: number;
  /** Aborted when the time is up or the run is called off. */
  readonly signal: AbortSignal;
  /**
   * When the run has to end. No signal reaches a run that never waits, so that one looks at the clock by itself.
   * Absent: only the signal ends it.
   */
  readonly time?: TimeLimit;
}

/** Limits that no honest repository comes near; callers narrow them. */
export function defaultBudget(signal: AbortSignal = new AbortController().signal): Budget {
  return { bytes: 512 << 20, entries: 2_000_000, depth: 100, resources: 100_000, signal };
}

/**
 * The same budget, but its run ends `limitMs` from now.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "./mod.ts";
 * const budget = limitTime(defaultBudget(), systemClock, 60_000);
 * assert.equal(isTimeUp(budget), false);
 * ```
 */
export function limitTime(budget: Budget, clock: Clock, limitMs: number): Budget {
  const endMs = clock.monotonicMs() + limitMs;
  return { ...budget, time: { endMs, nowMs: () => clock.monotonicMs() } };
}

/** True when the run was called off or its time is up. */
export function isTimeUp({ signal, time }: Budget): boolean {
  return signal.aborted || (time !== undefined && time.nowMs() >= time.endMs);
}

/** Steps between two looks at the clock: few enough to end in time, many enough to cost nothing. */
const STEPS_PER_LOOK = 256;

/** Thrown inside an engine when a limit is reached; the engine's face turns it into a failure. */
export class BudgetSpent extends Error {
  /** Which limit. */
  readonly limit: "bytes" | "entries" | "depth" | "resources" | "time";

  /** Names the limit and where it was reached. */
  constructor(limit: BudgetSpent["limit"], message: string) {
    super(message);
    this.name = "BudgetSpent";
    this.limit = limit;
  }
}

/**
 * Counts what is spent of a {@linkcode Budget} and throws {@linkcode BudgetSpent} at its end.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget } from "./mod.ts";
 * const meter = new Meter({ ...defaultBudget(), entries: 1 });
 * meter.spendEntries(1, "a.yaml");
 * assert.throws(() => meter.spendEntries(1, "b.yaml"), { limit: "entries" });
 * ```
 */
export class Meter {
  readonly #budget: Budget;
  #bytes = 0;
  #entries = 0;
  #resources = 0;
  #depth = 0;
  #steps = 0;

  /** Starts at nothing spent. */
  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** How far down the run is. */
  get depth(): number {
    return this.#depth;
  }

  /** Counts `count` bytes read at `where`. */
  spendBytes(count: number, where: string): void {
    this.#bytes += count;
    if (this.#bytes > this.#budget.bytes) this.#end("bytes", this.#budget.bytes, where);
    this.checkTime(where);
  }

  /** Fails when `count` bytes are no longer left, without counting them: before something is made that is so large. */
  checkBytes(count: number, where: string): void {
    if (this.#bytes + count > this.#budget.bytes) this.#end("bytes", this.#budget.bytes, where);
  }

  /** Counts `count` entries met at `where`. */
  spendEntries(count: number, where: string): void {
    this.#entries += count;
    if (this.#entries > this.#budget.entries) this.#end("entries", this.#budget.entries, where);
    this.step(where);
  }

  /** Counts `count` resources made at `where`. */
  spendResources(count: number, where: string): void {
    this.#resources += count;
    if (this.#resources > this.#budget.resources) {
      this.#end("resources", this.#budget.resources, where);
    }
    this.step(where);
  }

  /** `count` turns of a loop at `where` that make nothing to count; looks at the time every now and then. */
  step(where: string, count = 1): void {
    this.#steps += count;
    if (this.#steps < STEPS_PER_LOOK) return;
    this.#steps = 0;
    this.checkTime(where);
  }

  /** Goes one level down for the time of `step`. */
  nest<T>(where: string, step: () => T): T {
    if (this.#depth >= this.#budget.depth) this.#end("depth", this.#budget.depth, where);
    this.#depth++;
    try {
      return step();
    } finally {
      this.#depth--;
    }
  }

  /** Fails when the run was called off or its time is up. */
  checkTime(where: string): void {
    if (isTimeUp(this.#budget)) {
      throw new BudgetSpent("time", `Time is up at ${where}`);
    }
  }

  #end(limit: BudgetSpent["limit"], most: number, where: string): never {
    throw new BudgetSpent(limit, `More than ${most} ${limit} at ${where}`);
  }
}
