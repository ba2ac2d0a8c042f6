/**
 * Keeps what ends by itself, such as tokens, until shortly before it does.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import { ok, type Result } from "./result.ts";

/** A value, and when it ends. */
export interface Expiring<T> {
  /** The value. */
  readonly value: T;
  /** Its end, in milliseconds since 1970 UTC. */
  readonly endMs: number;
}

/** How long values are kept, and how many. */
export interface ExpiringOptions {
  /** Decides what has ended. */
  readonly clock: Clock;
  /** A value is not used in its last so many milliseconds: what was begun with it has to end. Five minutes. */
  readonly reserveMs?: number;
  /** With more values than these the one that came first goes. */
  readonly most?: number;
}

/**
 * Values by key, each asked for once, however many want it at the same time.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemClock } from "./clock.ts";
 * import { ok } from "./result.ts";
 * const tokens = new ExpiringCache<string>({ clock: systemClock });
 * let asked = 0;
 * const ask = async () => ok({ value: `token ${++asked}`, endMs: Date.now() + 3_600_000 });
 * const both = await Promise.all([tokens.get("me", ask), tokens.get("me", ask)]);
 * assert.deepEqual(both, [{ ok: true, value: "token 1" }, { ok: true, value: "token 1" }]);
 * ```
 */
export class ExpiringCache<T> {
  readonly #clock: Clock;
  readonly #reserveMs: number;
  readonly #most: number;
  readonly #values = new Map<string, Expiring<T>>();
  readonly #asking = new Map<string, Promise<Result<Expiring<T>>>>();

  /** Starts empty. */
  constructor({ clock, reserveMs = 5 * 60_000, most = 1_000 }: ExpiringOptions) {
    this.#clock = clock;
    this.#reserveMs = reserveMs;
    this.#most = most;
  }

  /** The value of `key`, or what `ask` gives; a failure is not kept. */
  async get(key: string, ask: () => Promise<Result<Expiring<T>>>): Promise<Result<T>> {
    const kept = this.#values.get(key);
    if (kept !== undefined && kept.endMs - this.#reserveMs > this.#clock.now()) {
      return ok(kept.value);
    }
    this.#values.delete(key);
    const asking = this.#asking.get(key) ?? this.#ask(key, ask);
    const asked = await asking;
    return asked.ok ? ok(asked.value.value) : asked;
  }

  /** Has it asked for anew: somebody found that it ended before its time. */
  forget(key: string): void {
    this.#values.delete(key);
  }

  async #ask(
    key: string,
    ask: () => Promise<Result<Expiring<T>>>,
  ): Promise<Result<Expiring<T>>> {
    const asking = ask();
    this.#asking.set(key, asking);
    try {
      const asked = await asking;
      if (asked.ok) this.#keep(key, asked.value);
      return asked;
    } finally {
      this.#asking.delete(key);
    }
  }

  #keep(key: string, value: Expiring<T>): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}
