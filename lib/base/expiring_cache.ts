/**
 * Keeps what ends by itself, such as tokens, until shortly before it does.
 *
 * @module
 */
import { unlessAborted } from "./abort.ts";
import type { Clock } from "./clock.ts";
import { type Failure, ok, type Result } from "./result.ts";

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

/** How long somebody waits for a value. */
export interface Patience {
  /** Ends the wait. */
  readonly signal: AbortSignal;
  /** What is given then. */
  readonly calledOff: Failure;
}

/** A question that is under way, and who waits for its answer. */
interface Question<T> {
  readonly answer: Promise<Result<Expiring<T>>>;
  readonly calling: AbortController;
  waiting: number;
}

/**
 * Values by key, each asked for once, however many want it at the same time. A question goes on as long as anybody
 * waits for its answer; with the last one it is called off.
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
  readonly #questions = new Map<string, Question<T>>();

  /** Starts empty. */
  constructor({ clock, reserveMs = 5 * 60_000, most = 1_000 }: ExpiringOptions) {
    this.#clock = clock;
    this.#reserveMs = reserveMs;
    this.#most = most;
  }

  /**
   * The value of `key`, or what `ask` gives; a failure is not kept.
   *
   * @param ask has to heed its signal, not that of one who waits: others may wait as well. It has to come to an end by
   *   itself, too: as long as others keep coming, nobody is the last
   * @param patience without it the answer is waited for, however long it takes
   */
  async get(
    key: string,
    ask: (signal: AbortSignal) => Promise<Result<Expiring<T>>>,
    patience?: Patience,
  ): Promise<Result<T>> {
    const kept = this.#values.get(key);
    if (kept !== undefined && kept.endMs - this.#reserveMs > this.#clock.now()) {
      return ok(kept.value);
    }
    this.#values.delete(key);
    if (patience?.signal.aborted) return patience.calledOff;
    const question = this.#questions.get(key) ?? this.#begin(key, ask);
    const asked = await this.#wait(key, question, patience);
    return asked.ok ? ok(asked.value.value) : asked;
  }

  /** Has it asked for anew: somebody found that it ended before its time. */
  forget(key: string): void {
    this.#values.delete(key);
  }

  #begin(key: string, ask: (signal: AbortSignal) => Promise<Result<Expiring<T>>>): Question<T> {
    const calling = new AbortController();
    const answer = this.#settle(key, ask(calling.signal), calling.signal);
    const question = { answer, calling, waiting: 0 };
    this.#questions.set(key, question);
    return question;
  }

  async #settle(
    key: string,
    asking: Promise<Result<Expiring<T>>>,
    signal: AbortSignal,
  ): Promise<Result<Expiring<T>>> {
    try {
      const asked = await asking;
      // Who was called off may be slower than who was asked instead.
      if (asked.ok && !signal.aborted) this.#keep(key, asked.value);
      return asked;
    } finally {
      if (!signal.aborted) this.#questions.delete(key);
    }
  }

  async #wait(
    key: string,
    question: Question<T>,
    patience: Patience | undefined,
  ): Promise<Result<Expiring<T>>> {
    const { answer, calling } = question;
    question.waiting++;
    try {
      if (patience === undefined) return await answer;
      return await unlessAborted(answer, patience.signal, patience.calledOff);
    } finally {
      question.waiting--;
      if (question.waiting === 0 && this.#questions.get(key) === question) {
        this.#questions.delete(key);
        calling.abort();
      }
    }
  }

  #keep(key: string, value: Expiring<T>): void {
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}
