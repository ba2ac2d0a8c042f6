/**
 * Inflates zlib streams without taking memory for each: RFC 1950 around RFC 1951.
 *
 * The platform's zlib sets up a window for every stream, which takes longer than to inflate a few hundred bytes.
 *
 * @module
 */
import { adler32 } from "./adler32.ts";
import { BitReader } from "./bit_reader.ts";
import { type BlockCodes, CodeReader, fixedCodes } from "./deflate_codes.ts";
import {
  CODE_BITS,
  END_OF_BLOCK,
  EXTRA_AT,
  LONGER,
  LONGEST,
  NO_LITERAL,
  UNUSED,
  VALUE_AT,
} from "./huffman.ts";
import type { Span } from "./span.ts";

/** Instead of a length: the stream goes on where the bytes end. */
export const TRUNCATED = -1;
/** Instead of a length: no such stream, or one of another size. */
export const DAMAGED = -2;

type Trouble = typeof TRUNCATED | typeof DAMAGED;

const STORED = 0;
const FIXED = 1;
const DYNAMIC = 2;
const CHECKSUM_BYTES = 4;
/** Between two streams nothing of either is held on to. */
const NOTHING: Span = { bytes: new Uint8Array(), at: 0, end: 0 };

/** Inflates one stream after the other. */
export class Inflater {
  /** How many it was given so far. */
  streams = 0;
  readonly #bits = new BitReader();
  readonly #codeReader = new CodeReader();
  readonly #fixed = fixedCodes();
  #from = NOTHING;
  #to = NOTHING;
  /** The next byte to write in `#to`. */
  #next = 0;

  /**
   * Fills `to` with what the stream at the start of `from` holds; gives the stream's length, or why it does
   * not fill it exactly. What lies behind the stream is of no concern.
   */
  inflate(from: Span, to: Span): number {
    this.streams++;
    this.#from = from;
    this.#to = to;
    this.#next = to.at;
    this.#bits.start(from);
    const end = this.#readHead() ?? this.#readBlocks() ?? this.#readChecksum() ??
      this.#bits.place - from.at;
    this.#from = this.#to = NOTHING;
    this.#bits.start(NOTHING);
    return end;
  }

  /** RFC 1950 §2.2; a stream that needs a dictionary is none of git's. */
  #readHead(): Trouble | undefined {
    const method = this.#bits.take(8);
    const flags = this.#bits.take(8);
    if (flags < 0) return TRUNCATED;
    const isZlib = (method & 15) === 8 && method >> 4 <= 7 && (method << 8 | flags) % 31 === 0;
    return isZlib && (flags & 0x20) === 0 ? undefined : DAMAGED;
  }

  #readBlocks(): Trouble | undefined {
    for (let isLast = 0; isLast === 0;) {
      isLast = this.#bits.take(1);
      const trouble = this.#readBlock(this.#bits.take(2));
      if (trouble !== undefined) return trouble;
    }
    return this.#next === this.#to.end ? undefined : DAMAGED;
  }

  #readBlock(type: number): Trouble | undefined {
    if (type === STORED) return this.#copyStored();
    if (type !== FIXED && type !== DYNAMIC) return this.#trouble();
    const codes = type === FIXED ? this.#fixed : this.#codeReader.read(this.#bits);
    if (codes === undefined || !this.#decode(codes)) return this.#trouble();
    return this.#bits.isBeyond ? TRUNCATED : undefined;
  }

  /** What cannot be read because bytes are missing is no damage yet. */
  #trouble(): Trouble {
    return this.#bits.isBeyond ? TRUNCATED : DAMAGED;
  }

  /** RFC 1951 §3.2.4. */
  #copyStored(): Trouble | undefined {
    const { bytes, end } = this.#from;
    const at = this.#bits.place;
    if (at + 4 > end) return TRUNCATED;
    const length = (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8;
    if ((length ^ ((bytes[at + 2] ?? 0) | (bytes[at + 3] ?? 0) << 8)) !== 0xffff) return DAMAGED;
    const start = at + 4;
    const there = Math.min(length, end - start);
    if (there > this.#to.end - this.#next) return DAMAGED;
    this.#to.bytes.set(bytes.subarray(start, start + there), this.#next);
    this.#next += there;
    this.#bits.start(this.#from, start + there);
    return there < length ? TRUNCATED : undefined;
  }

  /** RFC 1950 §2.2: the sum's bytes, highest first. */
  #readChecksum(): Trouble | undefined {
    const { bytes, end } = this.#from;
    const at = this.#bits.place;
    if (at + CHECKSUM_BYTES > end) return TRUNCATED;
    let sum = 0;
    for (let index = 0; index < CHECKSUM_BYTES; index++) sum = sum * 256 + (bytes[at + index] ?? 0);
    this.#bits.start(this.#from, at + CHECKSUM_BYTES);
    return sum === adler32(this.#to) ? undefined : DAMAGED;
  }

  /** Reads up to the end of the block; false when something is wrong on the way. */
  #decode(codes: BlockCodes): boolean {
    while (true) {
      const isDone = this.#decodeSafely(codes);
      if (isDone !== undefined) return isDone;
      if (!this.#bits.useTail()) return false;
    }
  }

  /**
   * As {@linkcode #decode}, but stops where bytes could end: nothing is told then. Everything that the loop
   * needs is at hand: it takes most of the time of a fetch.
   */
  #decodeSafely({ literals, distances }: BlockCodes): boolean | undefined {
    const bits = this.#bits;
    const { bytes, safe } = bits;
    const { bytes: target, at: start, end } = this.#to;
    const { entries: literalEntries, rootBits: literalBits } = literals;
    const { entries: distanceEntries, rootBits: distanceBits } = distances;
    const literalMask = (1 << literalBits) - 1;
    const distanceMask = (1 << distanceBits) - 1;
    let { at, held, heldBits } = bits;
    let next = this.#next;
    let isDone: boolean | undefined;
    while (at <= safe) {
      if (heldBits < 16) {
        held |= ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) << heldBits;
        at += 2;
        heldBits += 16;
      }
      let entry = literalEntries[held & literalMask] ?? UNUSED;
      // Most symbols are literals, and the bits at hand mostly hold several.
      while ((entry & NO_LITERAL) === 0 && heldBits >= literalBits && next < end) {
        target[next++] = entry >> VALUE_AT;
        held >>= entry & CODE_BITS;
        heldBits -= entry & CODE_BITS;
        entry = literalEntries[held & literalMask] ?? UNUSED;
      }
      if (heldBits < LONGEST) continue;
      if ((entry & LONGER) !== 0) {
        entry = literalEntries[below(entry, held >> literalBits)] ?? UNUSED;
      }
      held >>= entry & CODE_BITS;
      heldBits -= entry & CODE_BITS;
      if ((entry & NO_LITERAL) === 0) {
        if (next === end) {
          isDone = false;
          break;
        }
        target[next++] = entry >> VALUE_AT;
        continue;
      }
      if ((entry & (END_OF_BLOCK | UNUSED)) !== 0) {
        isDone = (entry & END_OF_BLOCK) !== 0;
        break;
      }
      if (heldBits < 16) {
        held |= ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) << heldBits;
        at += 2;
        heldBits += 16;
      }
      let extra = (entry >> EXTRA_AT) & 15;
      const length = (entry >> VALUE_AT) + (held & ((1 << extra) - 1));
      held >>= extra;
      heldBits -= extra;
      if (heldBits < 16) {
        held |= ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) << heldBits;
        at += 2;
        heldBits += 16;
      }
      entry = distanceEntries[held & distanceMask] ?? UNUSED;
      if ((entry & LONGER) !== 0) {
        entry = distanceEntries[below(entry, held >> distanceBits)] ?? UNUSED;
      }
      held >>= entry & CODE_BITS;
      heldBits -= entry & CODE_BITS;
      if (heldBits < 16) {
        held |= ((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8) << heldBits;
        at += 2;
        heldBits += 16;
      }
      extra = (entry >> EXTRA_AT) & 15;
      const distance = (entry >> VALUE_AT) + (held & ((1 << extra) - 1));
      held >>= extra;
      heldBits -= extra;
      const copyEnd = next + length;
      if ((entry & UNUSED) !== 0 || distance > next - start || copyEnd > end) {
        isDone = false;
        break;
      }
      // A distance shorter than the length repeats what the copy itself writes.
      for (; next < copyEnd; next++) target[next] = target[next - distance] ?? 0;
    }
    bits.at = at;
    bits.held = held;
    bits.heldBits = heldBits;
    this.#next = next;
    return isDone;
  }
}

function below(entry: number, held: number): number {
  return (entry >> VALUE_AT) + (held & ((1 << ((entry >> EXTRA_AT) & 15)) - 1));
}
