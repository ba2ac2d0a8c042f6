/**
 * The codes of a deflate block: the fixed ones, and those that a block brings along.
 *
 * @module
 */
import type { BitReader } from "./bit_reader.ts";
import {
  BASE,
  CODE_BITS,
  END_OF_BLOCK,
  EXTRA_AT,
  HuffmanTable,
  UNUSED,
  VALUE_AT,
} from "./huffman.ts";

const LITERALS = 256;
/** Length symbols that mean something; the fixed code knows two more. */
const MOST_LITERALS = 286;
const MOST_DISTANCES = 30;
const FIXED_LITERALS = 288;
const FIXED_DISTANCES = 32;
/** RFC 1951 §3.2.7: the order in which the lengths of the code for lengths are written. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;
const LENGTH_CODE_BITS = 7;
const LITERAL_ROOT_BITS = 10;
const DISTANCE_ROOT_BITS = 8;

/** Codes for literals with lengths, and for distances. */
export interface BlockCodes {
  /** Literals, lengths, the end of the block. */
  readonly literals: HuffmanTable;
  /** Distances. */
  readonly distances: HuffmanTable;
}

/** RFC 1951 §3.2.6. */
export function fixedCodes(): BlockCodes {
  const codes = emptyCodes();
  codes.literals.begin();
  for (let symbol = 0; symbol < FIXED_LITERALS; symbol++) {
    codes.literals.add(symbol, symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8);
  }
  codes.literals.build();
  codes.distances.begin();
  for (let symbol = 0; symbol < FIXED_DISTANCES; symbol++) codes.distances.add(symbol, 5);
  codes.distances.build();
  return codes;
}

/** Reads codes that blocks bring along, into the same tables. */
export class CodeReader {
  readonly #codes = emptyCodes();
  readonly #lengthCode = new HuffmanTable(
    Int32Array.from(LENGTH_ORDER, (_, symbol) => symbol << VALUE_AT),
    LENGTH_CODE_BITS,
  );
  readonly #codeLengths = new Uint8Array(LENGTH_ORDER.length);

  /** The codes that begin here, good until the next ones are read; nothing when there are none. RFC 1951 §3.2.7. */
  read(bits: BitReader): BlockCodes | undefined {
    const literals = bits.take(5) + LITERALS + 1;
    const distances = bits.take(5) + 1;
    if (literals > MOST_LITERALS || distances > MOST_DISTANCES) return undefined;
    if (!this.#readLengthCode(bits)) return undefined;
    const codes = this.#codes;
    codes.literals.begin();
    codes.distances.begin();
    const isSound = this.#readLengths(bits, literals, literals + distances) &&
      codes.literals.build() && codes.distances.build();
    return isSound ? codes : undefined;
  }

  #readLengthCode(bits: BitReader): boolean {
    const lengths = this.#codeLengths.fill(0);
    const count = bits.take(4) + 4;
    for (let index = 0; index < count; index++) {
      lengths[LENGTH_ORDER[index] ?? 0] = Math.max(0, bits.take(3));
    }
    const code = this.#lengthCode;
    code.begin();
    for (const [symbol, length] of lengths.entries()) if (length > 0) code.add(symbol, length);
    return code.build() && code.isWhole;
  }

  /** Reads `count` lengths, of literals first; they may repeat the last one, or zero. */
  #readLengths(bits: BitReader, literals: number, count: number): boolean {
    const { entries, rootBits } = this.#lengthCode;
    const mask = (1 << rootBits) - 1;
    let last = -1;
    let canEnd = false;
    for (let at = 0; at < count;) {
      if (!bits.hold()) return false;
      const entry = entries[bits.held & mask] ?? UNUSED;
      bits.drop(entry & CODE_BITS);
      const symbol = entry >> VALUE_AT;
      let end = at + 1;
      if (symbol < 16) last = symbol;
      else {
        if (symbol > 16) last = 0;
        end = at + (symbol === 18 ? 11 : 3) + bits.take(symbol === 16 ? 2 : symbol === 17 ? 3 : 7);
        if (end > count || last < 0) return false;
      }
      if (last === 0) at = end;
      for (; at < end; at++) {
        canEnd ||= at === LITERALS;
        if (at < literals) this.#codes.literals.add(at, last);
        else this.#codes.distances.add(at - literals, last);
      }
    }
    return canEnd;
  }
}

function emptyCodes(): BlockCodes {
  return {
    literals: new HuffmanTable(literalAlphabet(), LITERAL_ROOT_BITS),
    distances: new HuffmanTable(distanceAlphabet(), DISTANCE_ROOT_BITS),
  };
}

/** RFC 1951 §3.2.5: eight lengths without further bits, then four each with one more, and 258 at the end. */
function literalAlphabet(): Int32Array {
  const entries = new Int32Array(FIXED_LITERALS).fill(UNUSED);
  for (let literal = 0; literal < LITERALS; literal++) entries[literal] = literal << VALUE_AT;
  entries[LITERALS] = END_OF_BLOCK;
  let length = 3;
  for (let index = 0; index < 28; index++) {
    const extra = index < 8 ? 0 : (index >> 2) - 1;
    entries[LITERALS + 1 + index] = length << VALUE_AT | BASE | extra << EXTRA_AT;
    length += 1 << extra;
  }
  entries[285] = 258 << VALUE_AT | BASE;
  return entries;
}

/** RFC 1951 §3.2.5: four distances without further bits, then two each with one more. */
function distanceAlphabet(): Int32Array {
  const entries = new Int32Array(FIXED_DISTANCES).fill(UNUSED);
  let distance = 1;
  for (let index = 0; index < MOST_DISTANCES; index++) {
    const extra = index < 4 ? 0 : (index >> 1) - 1;
    entries[index] = distance << VALUE_AT | BASE | extra << EXTRA_AT;
    distance += 1 << extra;
  }
  return entries;
}
