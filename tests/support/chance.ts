/**
 * Tests that leave something to chance: how much of it, and the seed by which a run is repeated.
 *
 * @module
 */
import { Chance } from "../fuzz/mutate.ts";

/** Whether this run has time: `deno task test faults --long`. */
export function isLongRun(): boolean {
  return Deno.env.get("SLUICE_TEST_LONG") === "true";
}

/** A chance of its own, and what to set to meet it again: part of a test's name, or of its message. */
export interface SeededChance {
  readonly chance: Chance;
  readonly seed: string;
}

/** Of all parts of a run, when nobody asked for a seed. */
const CLOCK_SEED = Date.now() % 1_000_000_007;

/**
 * Chance by `SLUICE_TEST_SEED`, else by the clock. A long run takes one for each of its parts: the seed that is told
 * for a part makes it the first one of the next run.
 */
export function openChance(part = 0): SeededChance {
  const seed = Number(Deno.env.get("SLUICE_TEST_SEED") ?? CLOCK_SEED) + part;
  return { chance: new Chance(seed), seed: `SLUICE_TEST_SEED=${seed}` };
}
