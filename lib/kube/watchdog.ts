/**
 * Ends a watch that fell silent.
 *
 * @module
 */
import type { Clock, Timer } from "../base/mod.ts";

/** Aborts what it watches when it was not fed for a while. One timer, however much is fed. */
export class Watchdog {
  readonly #watched: AbortController;
  readonly #clock: Clock;
  readonly #idleMs: number;
  #fedMs: number;
  #timer: Timer;
  #isSilent = false;

  /** Starts to count. */
  constructor(clock: Clock, watched: AbortController, idleMs: number) {
    this.#watched = watched;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#fedMs = clock.monotonicMs();
    this.#timer = clock.after(idleMs, () => this.#check());
  }

  /** Whether it was this that aborted. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Something came. */
  feed(): void {
    this.#fedMs = this.#clock.monotonicMs();
  }

  /** Watches no more. */
  stop(): void {
    this.#timer.cancel();
  }

  #check(): void {
    const leftMs = this.#fedMs + this.#idleMs - this.#clock.monotonicMs();
    this.#isSilent = leftMs <= 0;
    if (this.#isSilent) this.#watched.abort();
    else this.#timer = this.#clock.after(leftMs, () => this.#check());
  }
}
