/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";

interface Waiting {
  dueMs: number;
  run: () => void;
}

/** Time as a test tells it; starts at 2026-01-01T00:00:00Z. */
export class FakeClock implements Clock {
  #nowMs = 0;
  readonly #startMs: number;
  readonly #waiting = new Set<Waiting>();

  /** Starts at `startMs`, milliseconds since 1970. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  /** How many timers are pending. */
  get pending(): number {
    return this.#waiting.size;
  }

  /** Milliseconds until the next timer, or nothing when none is pending. */
  get nextInMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.dueMs - this.#nowMs);
  }

  now(): number {
    return this.#startMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const waiting = { dueMs: this.#nowMs + Math.max(0, delayMs), run };
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  /** Moves time on, runs what falls due in its order, and lets promises settle before and after each. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await settle();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.dueMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#waiting.delete(next);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** Moves time on and runs what falls due, without letting promises settle: for properties. */
  tick(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.dueMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      this.#waiting.delete(next);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (first === undefined || waiting.dueMs < first.dueMs) first = waiting;
    }
    return first;
  }
}

/** Lets everything run that waits for promises only. */
export async function settle(): Promise<void> {
  // One macrotask lets any chain of microtasks end; streams and fetch bodies take several.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
}

/** Waits for `pending` while the clock is moved on. */
export async function within<T>(
  pending: Promise<T>,
  clock: { advance(byMs: number): Promise<void> },
  byMs: number,
): Promise<T> {
  await clock.advance(byMs);
  return await pending;
}
