/**
 * What one evaluation may cost. CEL ends always, but not soon: `x.all(a, x.all(b, …))` is a power of the list.
 *
 * @module
 */
import { type Budget, isTimeUp } from "../base/mod.ts";

/** Limits of one evaluation. */
export interface CelLimits {
  /** Most steps: one for each piece evaluated, element compared, or ten characters looked at. */
  readonly steps: number;
  /** Most characters (and bytes) that may be produced. */
  readonly characters: number;
  /** Ends the evaluation when the run is over. */
  readonly budget?: Budget;
}

/** No honest expression comes near; a million steps take some tenths of a second. */
export const DEFAULT_LIMITS: CelLimits = { steps: 1_000_000, characters: 4_000_000 };

/** Characters looked at for one step. */
const CHARACTERS_PER_STEP = 10;
const STEPS_PER_LOOK = 1_000;

/** Thrown when a limit is reached. */
export class CelCostError extends Error {}

/** Thrown when an expression has no value: a missing key, the wrong type, an overflow. */
export class CelError extends Error {}

/** Counts what an evaluation costs. */
export class CelMeter {
  readonly #limits: CelLimits;
  #steps = 0;
  #characters = 0;
  #nextLook = STEPS_PER_LOOK;

  /** Starts at nothing. */
  constructor(limits: CelLimits) {
    this.#limits = limits;
  }

  /** Counts `count` steps, before they are done. */
  step(count = 1): void {
    this.#steps += count;
    if (this.#steps > this.#limits.steps) {
      throw new CelCostError(
        `it takes more than ${this.#limits.steps} steps: go over smaller lists, or over one list at a time`,
      );
    }
    if (this.#steps < this.#nextLook) return;
    this.#nextLook = this.#steps + STEPS_PER_LOOK;
    const { budget } = this.#limits;
    if (budget !== undefined && isTimeUp(budget)) {
      throw new CelCostError("the time of the run is over before it has a value: simplify it");
    }
  }

  /** Counts a look at `length` characters. */
  read(length: number): void {
    this.step(Math.ceil(length / CHARACTERS_PER_STEP));
  }

  /** Counts `length` characters, before they are produced. */
  produce(length: number): void {
    this.#characters += length;
    if (this.#characters > this.#limits.characters) {
      throw new CelCostError(
        `it makes more than ${this.#limits.characters} characters of text: compare without building text`,
      );
    }
    this.read(length);
  }
}
