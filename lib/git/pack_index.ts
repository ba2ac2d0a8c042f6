/**
 * What is known of the objects of a pack: columns instead of an object for each, and ids found without strings.
 *
 * @module
 */
import type { ObjectFormat, ObjectType } from "./object_format.ts";

/** Types by the number that the column has for them; 0 is a delta that is not built yet. */
const TYPES: readonly (ObjectType | undefined)[] = [undefined, "commit", "tree", "blob", "tag"];
/** What a pack claims to hold is not believed beyond this before it comes. */
const MOST_EXPECTED = 1 << 16;
const NONE = -1;
const NO_DIGIT = 0x80;
/** The value of a hexadecimal digit, by its code. */
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
for (let value = 0; value < 16; value++) DIGITS[value.toString(16).charCodeAt(0)] = value;

/** Objects by index, in the order in which they stand in the pack. */
export class PackIndex {
  readonly #idBytes: number;
  #length = 0;
  #capacity: number;
  #starts: Uint32Array;
  #sizes: Float64Array;
  #costs: Float64Array;
  #bases: Int32Array;
  #depths: Uint16Array;
  #types: Uint8Array;
  #ids: Uint8Array;
  /** Who has an id, by its hash; one more than the index, as 0 is nobody. */
  #slots: Int32Array;
  /** Nobody can choose ids that all fall into one place without knowing these. */
  readonly #seeds = crypto.getRandomValues(new Uint32Array(2));

  /** Nothing yet, of a repository of the format; `expected` objects are going to come. */
  constructor({ idBytes }: ObjectFormat, expected: number) {
    this.#idBytes = idBytes;
    const capacity = 2 ** Math.ceil(Math.log2(Math.min(expected, MOST_EXPECTED) + 2));
    this.#capacity = capacity;
    this.#starts = new Uint32Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#costs = new Float64Array(capacity);
    this.#bases = new Int32Array(capacity);
    this.#depths = new Uint16Array(capacity);
    this.#types = new Uint8Array(capacity);
    this.#ids = new Uint8Array(capacity * idBytes);
    this.#slots = new Int32Array(2 * capacity);
  }

  /** Objects so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that it takes, about. */
  get weight(): number {
    return this.#capacity * (4 + 8 + 8 + 4 + 2 + 1 + this.#idBytes) + 4 * this.#slots.length;
  }

  /** Appends an object that begins at `start`; gives its index. */
  add(start: number): number {
    if (this.#length === this.#capacity) this.#grow();
    const index = this.#length++;
    this.#starts[index] = start;
    this.#bases[index] = NONE;
    return index;
  }

  /** What an object turned out to be. `cost`: bytes that must be produced to build it with nothing at hand. */
  settle(
    index: number,
    { type, sizeBytes, cost }: { type: ObjectType; sizeBytes: number; cost: number },
  ): void {
    this.#types[index] = TYPES.indexOf(type);
    this.#sizes[index] = sizeBytes;
    this.#costs[index] = cost;
  }

  /** The object's id is `id` from now on; gives who had it before, or -1. */
  name(index: number, id: string): number {
    this.#writeId(index, id);
    const slot = this.#slotOf(index);
    const other = (this.#slots[slot] ?? 0) - 1;
    this.#slots[slot] = index + 1;
    return other;
  }

  /** Notes what a delta builds on. */
  setBase(index: number, base: number): void {
    this.#bases[index] = base;
    this.#depths[index] = this.depth(base) + 1;
  }

  /** Where it begins in the pack. */
  start(index: number): number {
    return this.#starts[index] ?? 0;
  }

  /** Where the next one begins, or the pack of `packBytes` ends. */
  end(index: number, packBytes: number): number {
    const next = index + 1 < this.#length ? this.start(index + 1) : 0;
    // Behind the last one may be those that lie outside: they begin nowhere.
    return next > this.start(index) ? next : packBytes;
  }

  /** Its type; of a delta, once that is built. */
  type(index: number): ObjectType | undefined {
    return TYPES[this.#types[index] ?? 0];
  }

  /** Its content's length. */
  sizeBytes(index: number): number {
    return this.#sizes[index] ?? 0;
  }

  /** Bytes that must be produced to build it with nothing at hand. */
  cost(index: number): number {
    return this.#costs[index] ?? 0;
  }

  /** What it builds on; -1 when it is whole. */
  base(index: number): number {
    return this.#bases[index] ?? NONE;
  }

  /** How many deltas lead to it. */
  depth(index: number): number {
    return this.#depths[index] ?? 0;
  }

  /** Its id, once it has one. */
  id(index: number): string {
    const at = index * this.#idBytes;
    return this.#ids.subarray(at, at + this.#idBytes).toHex();
  }

  /** Who has the id; -1 when nobody does. */
  find(id: string): number {
    if (id.length !== 2 * this.#idBytes) return NONE;
    if (this.#length === this.#capacity) this.#grow();
    // The next one's place is free.
    if (!this.#writeId(this.#length, id)) return NONE;
    return (this.#slots[this.#slotOf(this.#length)] ?? 0) - 1;
  }

  /** Who has the id that begins at `idAt`; -1 when nobody does. Makes no string of it. */
  findBytes(bytes: Uint8Array, idAt: number): number {
    if (this.#length === this.#capacity) this.#grow();
    const at = this.#length * this.#idBytes;
    for (let byte = 0; byte < this.#idBytes; byte++) this.#ids[at + byte] = bytes[idAt + byte] ?? 0;
    return (this.#slots[this.#slotOf(this.#length)] ?? 0) - 1;
  }

  /** Who begins at `start`; -1 when nobody does. They stand in order. */
  findStart(start: number): number {
    let low = 0;
    let high = this.#length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#starts[middle] ?? 0;
      if (found === start) return middle;
      if (found < start) low = middle + 1;
      else high = middle - 1;
    }
    return NONE;
  }

  /** False when it is no id. */
  #writeId(index: number, id: string): boolean {
    const ids = this.#ids;
    const at = index * this.#idBytes;
    let seen = 0;
    for (let byte = 0; byte < this.#idBytes; byte++) {
      const high = DIGITS[id.charCodeAt(2 * byte)] ?? NO_DIGIT;
      const low = DIGITS[id.charCodeAt(2 * byte + 1)] ?? NO_DIGIT;
      seen |= high | low;
      ids[at + byte] = high << 4 | low;
    }
    return (seen & NO_DIGIT) === 0;
  }

  /** Where the id of `index` lies, or may be put. */
  #slotOf(index: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#hash(index) & mask;; slot = (slot + 1) & mask) {
      const other = (this.#slots[slot] ?? 0) - 1;
      if (other < 0 || this.#isSameId(index, other)) return slot;
    }
  }

  #hash(index: number): number {
    const at = index * this.#idBytes;
    const [first = 0, second = 0] = this.#seeds;
    const mixed = Math.imul(this.#word(at) ^ first, second | 1) ^ this.#word(at + 4);
    return Math.imul(mixed ^ mixed >>> 15, first | 1) >>> 8;
  }

  #word(at: number): number {
    const ids = this.#ids;
    return (ids[at] ?? 0) << 24 | (ids[at + 1] ?? 0) << 16 | (ids[at + 2] ?? 0) << 8 |
      (ids[at + 3] ?? 0);
  }

  #isSameId(one: number, other: number): boolean {
    const ids = this.#ids;
    const start = one * this.#idBytes;
    const otherStart = other * this.#idBytes;
    for (let byte = 0; byte < this.#idBytes; byte++) {
      if (ids[start + byte] !== ids[otherStart + byte]) return false;
    }
    return true;
  }

  #grow(): void {
    const capacity = 2 * this.#capacity;
    this.#starts = moved(this.#starts, new Uint32Array(capacity));
    this.#sizes = moved(this.#sizes, new Float64Array(capacity));
    this.#costs = moved(this.#costs, new Float64Array(capacity));
    this.#bases = moved(this.#bases, new Int32Array(capacity));
    this.#depths = moved(this.#depths, new Uint16Array(capacity));
    this.#types = moved(this.#types, new Uint8Array(capacity));
    this.#ids = moved(this.#ids, new Uint8Array(capacity * this.#idBytes));
    this.#capacity = capacity;
    const named = this.#slots.filter((other) => other > 0);
    this.#slots = new Int32Array(2 * capacity);
    for (const other of named) this.#slots[this.#slotOf(other - 1)] = other;
  }
}

function moved<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
