/**
 * A server that hangs costs one deadline, not one for each request that is meant for it.
 *
 * @module
 */
import type { Clock, Failure } from "../base/mod.ts";

/** Knows whether a server is worth asking now. */
export class Rest {
  readonly #clock: Clock;
  readonly #restMs: number;
  #answeredMs = -Infinity;
  #current: { readonly failure: Failure; readonly untilMs: number } | undefined;

  /** After a request that ran out of time all others fail for `restMs`. */
  constructor(clock: Clock, restMs: number) {
    this.#clock = clock;
    this.#restMs = restMs;
  }

  /** What to say instead of asking, while that is better. */
  get failure(): Failure | undefined {
    if (this.#current === undefined) return undefined;
    if (this.#clock.monotonicMs() < this.#current.untilMs) return this.#current.failure;
    this.#current = undefined;
    return undefined;
  }

  /** The server answered something. */
  noteAnswer(): void {
    this.#answeredMs = this.#clock.monotonicMs();
  }

  /** A request ran out of time; one that others overtook was only slow. */
  noteLate(startedMs: number, failure: Failure): void {
    if (this.#answeredMs >= startedMs) return;
    this.#current = { failure, untilMs: this.#clock.monotonicMs() + this.#restMs };
  }
}
