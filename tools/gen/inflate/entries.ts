/**
 * Entries of the tables that decode prefix codes, and the alphabets of RFC 1951.
 *
 * An entry says what its symbol stands for (from bit 16), what kind it is (bits 8 to 11), how many further bits
 * add to it (bits 4 to 7), how long its code is (bits 0 to 3).
 *
 * @module
 */
import { SYMBOLS } from "../../../lib/git/inflate_layout.ts";

/** The bits of an entry that say how long its code is. */
export const CODE_BITS = 15;
/** Where an entry says how many bits follow. */
export const EXTRA_AT = 4;
/** The bits that say so. */
export const EXTRA_BITS = 15;
/** Where an entry says what it stands for. */
export const VALUE_AT = 16;
/** The kind of an entry that is a length or a distance; that of a literal is 0. */
export const BASE = 0x100;
/** The kind of an entry that ends the block. */
export const END_OF_BLOCK = 0x200;
/** The kind of an entry whose code goes on in a table further down. */
export const LONGER = 0x400;
/** The kind of an entry that no code leads to. */
export const UNUSED = 0x800;
/** Everything but a literal. */
export const NO_LITERAL = BASE | END_OF_BLOCK | LONGER | UNUSED;

/** The symbol that ends a block; those before it are literals. */
export const END_SYMBOL = 256;
/** Length symbols that mean something; the fixed code knows two more. */
export const MOST_LITERALS = 286;
/** Distance symbols that mean something; the fixed code knows two more. */
export const MOST_DISTANCES = 30;

/** RFC 1951 §3.2.7. */
export const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** RFC 1951 §3.2.5: eight lengths without further bits, then four each with one more, and 258 at the end. */
export function literalAlphabet(): number[] {
  const entries = new Array<number>(SYMBOLS.literals).fill(UNUSED);
  for (let literal = 0; literal < END_SYMBOL; literal++) entries[literal] = literal << VALUE_AT;
  entries[END_SYMBOL] = END_OF_BLOCK;
  let length = 3;
  for (let index = 0; index < 28; index++) {
    const extra = index < 8 ? 0 : (index >> 2) - 1;
    entries[END_SYMBOL + 1 + index] = length << VALUE_AT | BASE | extra << EXTRA_AT;
    length += 1 << extra;
  }
  entries[285] = 258 << VALUE_AT | BASE;
  return entries;
}

/** RFC 1951 §3.2.5: four distances without further bits, then two each with one more. */
export function distanceAlphabet(): number[] {
  const entries = new Array<number>(SYMBOLS.distances).fill(UNUSED);
  let distance = 1;
  for (let index = 0; index < MOST_DISTANCES; index++) {
    const extra = index < 4 ? 0 : (index >> 1) - 1;
    entries[index] = distance << VALUE_AT | BASE | extra << EXTRA_AT;
    distance += 1 << extra;
  }
  return entries;
}

/** The code for lengths: each stands for itself. */
export function lengthAlphabet(): number[] {
  return Array.from({ length: SYMBOLS.lengths }, (_, symbol) => symbol << VALUE_AT);
}

/** RFC 1951 §3.2.6: lengths of the fixed codes, of literals first. */
export function fixedLengths(): number[] {
  const literals = Array.from(
    { length: SYMBOLS.literals },
    (_, symbol) => symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  );
  return [...literals, ...new Array<number>(SYMBOLS.distances).fill(5)];
}
