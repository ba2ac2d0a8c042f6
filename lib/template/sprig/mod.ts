/**
 * Sprig's functions that give the same for the same arguments everywhere.
 *
 * Left out are those for keys and certificates, dates, addresses, random values and the environment, `camelcase`,
 * `snakecase` and `kebabcase`, and the decimal arithmetic of `addf` and its like.
 *
 * @module
 */
import type { FunctionTable } from "../functions.ts";
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
  ...ENCODINGS,
  ...PATTERNS,
};
