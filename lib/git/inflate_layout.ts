/**
 * Where things lie in the memory of the inflating module, and how its table entries read.
 *
 * @module
 */

/** Larger contents than this are not for the module. */
export const MOST_INFLATED_BYTES = 64 << 10;
/**
 * A stream of honest making is no longer than its content by more than this and a 256th. What is longer is read by
 * the platform's zlib.
 */
export const HEAD_ROOM = 1 << 10;

const WORD = 4;
/** Symbols of literals and lengths, of distances, of the code for lengths. */
export const SYMBOLS = { literals: 288, distances: 32, lengths: 19 } as const;
/** Bits that the first look into a table takes. */
export const ROOT_BITS = { literals: 10, distances: 8, lengths: 7 } as const;
/** RFC 1951 §3.2.7: the longest code. */
export const LONGEST = 15;

/** Words of a table: a further one has at least two codes, and as many entries as the longest may ask for. */
function tableWords(symbols: number, rootBits: number): number {
  return (1 << rootBits) + ((symbols >> 1) << (LONGEST - rootBits));
}

const literalWords = tableWords(SYMBOLS.literals, ROOT_BITS.literals);
const distanceWords = tableWords(SYMBOLS.distances, ROOT_BITS.distances);

let next = 0;
function place(bytes: number): number {
  const at = next;
  next += bytes + 15 & ~15;
  return at;
}

/** Addresses, in bytes. */
export const LAYOUT = {
  /** What each symbol stands for, as a table entry without a length. */
  literalAlphabet: place(SYMBOLS.literals * WORD),
  distanceAlphabet: place(SYMBOLS.distances * WORD),
  lengthAlphabet: place(SYMBOLS.lengths * WORD),
  /** The order in which lengths of the code for lengths are written. */
  lengthOrder: place(SYMBOLS.lengths),
  /** Lengths of the fixed codes. */
  fixedLengths: place(SYMBOLS.literals + SYMBOLS.distances),
  /** Lengths that are being read; a repetition may write some more. */
  lengths: place(SYMBOLS.literals + SYMBOLS.distances + 160),
  /** How many codes there are of each length, and where the next of them goes. */
  counts: place((LONGEST + 1) * 2),
  places: place((LONGEST + 2) * 2),
  /** Symbols by length. */
  sorted: place(SYMBOLS.literals * 2),
  lengthTable: place((1 << ROOT_BITS.lengths) * WORD),
  literals: place(literalWords * WORD),
  distances: place(distanceWords * WORD),
  fixedLiterals: place(literalWords * WORD),
  fixedDistances: place(distanceWords * WORD),
  /** The stream; what is read beyond its end is not used. */
  input: place(MOST_INFLATED_BYTES + (MOST_INFLATED_BYTES >> 8) + 2 * HEAD_ROOM),
  /** The content; copies may write a few bytes beyond it. */
  output: place(MOST_INFLATED_BYTES + 64),
} as const;

/** All of it, in pages of 64 KiB. */
export const PAGES = Math.ceil(next / (64 << 10));

/** Instead of a length: the stream goes on where the bytes end. */
export const TRUNCATED = -1;
/** Instead of a length: no such stream, or one of another size. */
export const DAMAGED = -2;
