/**
 * A part of the image benchmark: what a file of it gives to `image.ts`.
 *
 * @module
 */
import type { Progress } from "../../tools/terminal.ts";

/** What a measurement came to. */
export interface PartReport {
  /** Markdown. */
  readonly table: string;
  /** What was aimed at, with what was reached; a line each. */
  readonly goals: readonly string[];
  /** The same as plain data. */
  readonly figures: unknown;
}

/** How to measure. */
export interface PartOptions {
  /** Runs of each; medians count. */
  readonly runs: number;
  /** Says how far it is. */
  readonly progress: Progress;
}

/** Something to measure at one size. */
export interface ImagePart {
  /** What the size counts, for `--help`. */
  readonly what: string;
  /** The size that is published. */
  readonly size: number;
  /** Measures, and cleans up. */
  measure(size: number, options: PartOptions): Promise<PartReport>;
}
