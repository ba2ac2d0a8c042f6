/**
 * Sprig's functions that give the same for the same arguments everywhere.
 *
 * Left out are those for keys, certificates and passwords, dates, addresses, random values and the environment,
 * `camelcase`, `snakecase` and `kebabcase`.
 *
 * @module
 */
import type { FunctionTable } from "../functions.ts";
import { DECIMALS } from "./decimals.ts";
import { DICTS } from "./dicts.ts";
import { ENCODINGS } from "./encode.ts";
import { LISTS } from "./lists.ts";
import { NUMBERS } from "./numbers.ts";
import { PATTERNS } from "./patterns.ts";
import { TEXTS } from "./texts.ts";

/** All of them. */
export const SPRIG: FunctionTable = {
  ...TEXTS,
  ...LISTS,
  ...DICTS,
  ...NUMBERS,
  ...DECIMALS,
  ...ENCODINGS,
  ...PATTERNS,
};
