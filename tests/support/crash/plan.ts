/**
 * What a test asks of controllers that it is going to kill, and what they tell it.
 *
 * @module
 */
import type { PlantedBug } from "./bugs.ts";

/** The environment variable that carries a {@linkcode Plan} as JSON. */
export const PLAN_VARIABLE = "SLUICE_TEST_PLAN";

/** What happens in which namespace; in all others nothing does. */
export interface Plan {
  /** Where the run of a namespace stands still, until it is killed. */
  readonly holds?: Readonly<Record<string, KillPoint>>;
  /** What is wrong with the controllers there. */
  readonly bugs?: Readonly<Record<string, PlantedBug>>;
}

/** An instant of a run. */
export interface KillPoint {
  /** The write, as {@linkcode Report} names it. */
  readonly write: string;
  /** Before it is sent, or after its answer came and before anybody knows of that. */
  readonly side: "before" | "after";
}

/** A line that the controllers print. */
export type Report =
  | { readonly probe: "write"; readonly namespace: string; readonly write: string }
  | { readonly probe: "held"; readonly namespace: string; readonly write: string };

/** Reads a line of their output; nothing where it is of their log. */
export function readReport(line: string): Report | undefined {
  if (!line.startsWith('{"probe":')) return undefined;
  return JSON.parse(line);
}

/** What a point is called in the names of tests. */
export function nameOf({ write, side }: KillPoint): string {
  return `${side} ${write}`;
}
