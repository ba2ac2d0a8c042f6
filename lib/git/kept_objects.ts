/**
 * What a fetch leaves for the next one.
 *
 * @module
 */
import type { ObjectFormat } from "./object_format.ts";
import type { Pack } from "./pack.ts";

/** Packs that build on each other. */
const MOST_LAYERS = 50;
/** Bytes that small repositories may grow by, whatever they began with. */
const SMALL = 1 << 20;

/** Everything that a commit's files need. */
export interface KeptObjects {
  /** The commit, without its history. */
  readonly commit: string;
  /** Its objects; what the pack lacks, the packs behind it have. */
  readonly pack: Pack;
  /** How its objects are named. */
  readonly format: ObjectFormat;
  /** Packs, this one and those behind it. */
  readonly layers: number;
  /** Bytes of all of them. */
  readonly weight: number;
  /** Bytes of the first. */
  readonly firstWeight: number;
}

/** Whether more may be put on top; else all is fetched anew, and what is gone is let go of. */
export function canGrow({ layers, weight, firstWeight }: KeptObjects): boolean {
  return layers < MOST_LAYERS && weight < 2 * firstWeight + SMALL;
}
