/**
 * Tables that decode the prefix codes of RFC 1951, built anew in the same memory.
 *
 * An entry is the symbol's bits in the table's own words: what it stands for (from bit 16), what kind it is
 * (bits 8 to 11), how many further bits add to it (bits 4 to 7), how long its code is (bits 0 to 3).
 *
 * @module
 */

/** The bits of an entry that say how long its code is. */
export const CODE_BITS = 15;
/** Where an entry says how many bits follow. */
export const EXTRA_AT = 4;
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

/** RFC 1951 §3.2.7: the longest code of literals, lengths and distances. */
export const LONGEST = 15;

/** A table for one alphabet. */
export class HuffmanTable {
  /** Found by the next `rootBits` bits; longer codes go on further down. */
  readonly entries: Int32Array;
  /** How many bits the first look takes. */
  rootBits = 0;
  /** Whether every sequence of bits begins with a code. */
  isWhole = false;
  readonly #alphabet: Int32Array;
  readonly #mostRootBits: number;
  readonly #counts = new Uint16Array(LONGEST + 1);
  readonly #next = new Uint16Array(LONGEST + 2);
  readonly #symbols: Uint16Array;
  readonly #lengths: Uint8Array;
  readonly #sorted: Uint16Array;
  #used = 0;

  /** A table for symbols that stand for `alphabet`; the first look takes `mostRootBits` at most. */
  constructor(alphabet: Int32Array, mostRootBits: number) {
    this.#alphabet = alphabet;
    this.#mostRootBits = mostRootBits;
    this.#symbols = new Uint16Array(alphabet.length);
    this.#lengths = new Uint8Array(alphabet.length);
    this.#sorted = new Uint16Array(alphabet.length);
    // A further table has at least two symbols, and no more entries than the longest code asks for.
    const most = (alphabet.length >> 1) << (LONGEST - mostRootBits);
    this.entries = new Int32Array((1 << mostRootBits) + most);
  }

  /** Forgets the last code. */
  begin(): void {
    this.#counts.fill(0);
    this.#used = 0;
  }

  /** `symbol`, which comes after those before it, has a code of `length` bits. */
  add(symbol: number, length: number): void {
    const index = this.#used++;
    this.#symbols[index] = symbol;
    this.#lengths[index] = length;
    this.#counts[length] = (this.#counts[length] ?? 0) + 1;
  }

  /**
   * Makes the table; false when the lengths are those of no code. RFC 1951 §3.2.2. With zlib, a code may lack
   * something when it has one symbol of one bit, or none at all.
   */
  build(): boolean {
    const longest = this.#sort();
    this.rootBits = Math.max(1, Math.min(longest, this.#mostRootBits));
    const free = this.#freeCodes();
    if (free < 0 || (free > 0 && longest > 1)) return false;
    this.isWhole = free === 0;
    if (!this.isWhole) this.entries.fill(UNUSED | 1, 0, 2);
    this.#fill(longest);
    return true;
  }

  /** Sorts the symbols by length; gives the longest. */
  #sort(): number {
    const next = this.#next;
    let longest = 0;
    next[1] = 0;
    for (let length = 1; length <= LONGEST; length++) {
      const many = this.#counts[length] ?? 0;
      if (many > 0) longest = length;
      next[length + 1] = (next[length] ?? 0) + many;
    }
    for (let index = 0; index < this.#used; index++) {
      const length = this.#lengths[index] ?? 0;
      const place = next[length] ?? 0;
      this.#sorted[place] = this.#symbols[index] ?? 0;
      next[length] = place + 1;
    }
    return longest;
  }

  /** Codes of the longest kind that no symbol has; below zero when there are too many symbols. */
  #freeCodes(): number {
    let free = 1;
    for (let length = 1; length <= LONGEST; length++) {
      free = 2 * free - (this.#counts[length] ?? 0);
      if (free < 0) return free;
    }
    return free;
  }

  #fill(longest: number): void {
    const { entries, rootBits } = this;
    const rootMask = (1 << rootBits) - 1;
    let taken = 1 << rootBits;
    let place = 0;
    let code = 0;
    let root = -1;
    let below = 0;
    let belowBits = 0;
    for (let length = 1; length <= longest; length++) {
      for (let left = this.#counts[length] ?? 0; left > 0; left--) {
        const entry = (this.#alphabet[this.#sorted[place++] ?? 0] ?? UNUSED) | length;
        if (length > rootBits && (code & rootMask) !== root) {
          root = code & rootMask;
          belowBits = this.#bitsBelow(length, left);
          below = taken;
          taken += 1 << belowBits;
          entries[root] = below << VALUE_AT | LONGER | belowBits << EXTRA_AT;
        }
        const end = length > rootBits ? taken : 1 << rootBits;
        const first = length > rootBits ? below + (code >> rootBits) : code;
        const step = length > rootBits ? 1 << (length - rootBits) : 1 << length;
        for (let at = first; at < end; at += step) entries[at] = entry;
        code = nextCode(code, length);
      }
    }
  }

  /** How many bits a further table takes that begins with one of `left` codes of `length`. */
  #bitsBelow(length: number, left: number): number {
    let bits = length - this.rootBits;
    let free = (1 << bits) - left;
    while (free > 0 && bits + this.rootBits < LONGEST) {
      bits++;
      free = 2 * free - (this.#counts[bits + this.rootBits] ?? 0);
    }
    return bits;
  }
}

/** The code after this one, first bit lowest: codes arrive in that order. */
function nextCode(code: number, length: number): number {
  let bit = 1 << (length - 1);
  while ((code & bit) !== 0) bit >>= 1;
  return bit === 0 ? 0 : (code & (bit - 1)) | bit;
}
