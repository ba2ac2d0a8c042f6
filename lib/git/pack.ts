/**
 * Reads a pack as it arrives: every object is inflated, its id computed, its place noted.
 *
 * Contents are not kept; they are inflated again when asked for, so memory stays near the pack's size.
 *
 * @module
 */
import { type Budget, BudgetSpent, Meter } from "../base/mod.ts";
import { applyDelta, parseDeltaHead } from "./delta.ts";
import { invalid } from "./failure.ts";
import { type ObjectFormat, objectId, type ObjectType, startDigest } from "./object_format.ts";
import { type Inflated, tryInflate } from "./inflate.ts";
import { PackBytes } from "./pack_bytes.ts";
import { type Entry, parseEntryHeader } from "./pack_entry.ts";
import { RecentContents } from "./recent_contents.ts";

/** The objects of one pack, by id. */
export interface Pack {
  /** Its objects. */
  readonly count: number;
  /** Most bytes that it holds in memory, about: its own, and contents that were read last. */
  readonly weight: number;
  /** What is known of an object; nothing when the pack has none of this id. */
  describe(id: string): Described | undefined;
  /** The content; the caller must not change it. */
  read(id: string): Uint8Array;
}

/** What is known of an object before it is read. */
export interface Described {
  /** Its type. */
  readonly type: ObjectType;
  /** Its content's length. */
  readonly sizeBytes: number;
  /** Bytes that must be produced to build it with nothing at hand. */
  readonly cost: number;
}

/** Of an object's bookkeeping, about. */
const ENTRY_WEIGHT = 200;
/** Contents that were read last may take this many times the pack's bytes. */
const RECENT_FACTOR = 4;
const HEADER_BYTES = 12;
/** Longest entry header: size, offset or id. */
const ENTRY_HEADER_BYTES = 64;
/** Deltas that are kept from when they are read until they are applied: to inflate is most of the work. */
const MOST_DELTA_BYTES = 8 << 20;
/** git's own limit of a chain of deltas. */
const LONGEST_CHAIN = 4095;
/** Building all objects, each from nothing, may cost this many times the budget's bytes. */
const WORK_FACTOR = 64;

/** Parses a pack that is pushed in pieces. */
export class PackReader implements Pack {
  readonly #format: ObjectFormat;
  readonly #budget: Budget;
  readonly #meter: Meter;
  readonly #bytes: PackBytes;
  readonly #outside: Pack | undefined;
  readonly #recent = new RecentContents();
  readonly #digest;
  readonly #entries: Entry[] = [];
  readonly #byOffset = new Map<number, number>();
  readonly #byId = new Map<string, number>();
  /** Inflated deltas that wait for their bases, by index. */
  readonly #deltas = new Map<number, Uint8Array>();
  #deltaBytes = 0;
  #at = 0;
  #count: number | undefined;
  #postponed = false;
  #work = 0;

  /**
   * Reads a pack of the format under the budget. What the pack lacks is looked for `outside`: a thin pack's
   * deltas have their bases there (git pack-objects: "--thin").
   */
  constructor(format: ObjectFormat, budget: Budget, outside?: Pack) {
    this.#outside = outside;
    this.#format = format;
    this.#budget = budget;
    this.#meter = new Meter(budget);
    this.#bytes = new PackBytes(budget.bytes);
    this.#digest = startDigest(format);
  }

  get count(): number {
    return this.#count ?? 0;
  }

  get weight(): number {
    return this.#bytes.length + this.#recent.most + this.#entries.length * ENTRY_WEIGHT;
  }

  describe(id: string): Described | undefined {
    const entry = this.#entries[this.#byId.get(id) ?? -1];
    if (entry?.type === undefined) return this.#outside?.describe(id);
    return { type: entry.type, sizeBytes: entry.sizeBytes, cost: entry.cost };
  }

  read(id: string): Uint8Array {
    const index = this.#byId.get(id);
    if (index !== undefined) return this.#content(index);
    if (this.#outside === undefined) throw invalid(`The pack has no object ${id}`);
    return this.#outside.read(id);
  }

  /** Takes the next bytes and reads the objects that are complete. */
  push(chunk: Uint8Array): void {
    this.#bytes.push(chunk);
    this.#parseAvailable(false);
  }

  /** Reads what is left, checks the trailer and builds the deltas. */
  finish(): Pack {
    this.#parseAvailable(true);
    if (this.#count === undefined || this.#entries.length !== this.#count) {
      throw invalid("The pack is cut off");
    }
    const trailer = this.#bytes.view(this.#at, this.#bytes.length);
    const want = this.#digest.digest();
    if (trailer.length !== want.length || want.compare(trailer) !== 0) {
      throw invalid("The pack's checksum is wrong");
    }
    this.#resolveDeltas();
    this.#byOffset.clear();
    this.#bytes.seal();
    // Whoever keeps the pack keeps these too.
    this.#recent.limit(RECENT_FACTOR * this.#bytes.length);
    return this;
  }

  #parseAvailable(isEnd: boolean): void {
    if (this.#count === undefined) {
      if (this.#bytes.length < HEADER_BYTES) return;
      this.#count = this.#parseHeader();
    }
    while (this.#entries.length < this.#count) {
      const end = this.#bytes.length - (isEnd ? this.#format.idBytes : 0);
      if (!this.#parseEntry(end, isEnd)) return;
    }
  }

  #parseHeader(): number {
    const bytes = this.#bytes.view(0, HEADER_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    const version = view.getUint32(4);
    // "PACK"
    if (view.getUint32(0) !== 0x5041434b || (version !== 2 && version !== 3)) {
      throw invalid("The server sent no pack");
    }
    const count = view.getUint32(8);
    this.#meter.spendEntries(count, "a pack");
    this.#advance(HEADER_BYTES);
    return count;
  }

  /** Reads one object; false when it must wait for more bytes. */
  #parseEntry(end: number, isEnd: boolean): boolean {
    if (!isEnd && (this.#postponed || end - this.#at < ENTRY_HEADER_BYTES)) return false;
    const head = parseEntryHeader(this.#bytes, this.#at, this.#format, this.#budget);
    // zlib never needs more than this for an honest stream.
    const enough = head.dataAt + head.inflatedBytes + (head.inflatedBytes >> 8) +
      ENTRY_HEADER_BYTES;
    if (!isEnd && end < enough) return false;
    const inflated = this.#inflate(head, Math.min(end, enough), isEnd, end);
    if (inflated === undefined) return false;
    const index = this.#entries.length;
    this.#byOffset.set(this.#at, index);
    this.#entries.push(head);
    if (head.type !== undefined) this.#settle(index, head, head.type, inflated.content);
    else this.#keepDelta(index, inflated.content);
    this.#advance(head.dataAt + inflated.consumed);
    return true;
  }

  #inflate(
    { dataAt, inflatedBytes }: Entry,
    until: number,
    isEnd: boolean,
    end: number,
  ): Inflated | undefined {
    this.#meter.spendBytes(inflatedBytes, "a pack");
    const bytes = this.#bytes.view(dataAt, isEnd ? end : until);
    const inflated = tryInflate(bytes, inflatedBytes);
    if (inflated === "truncated" && !isEnd) {
      // An encoding longer than honest ones: it has to wait until all is there.
      this.#postponed = true;
      return undefined;
    }
    if (typeof inflated === "string") throw invalid("An object of the pack does not inflate");
    return inflated;
  }

  #keepDelta(index: number, delta: Uint8Array): void {
    if (this.#deltaBytes + delta.length > MOST_DELTA_BYTES) return;
    this.#deltaBytes += delta.length;
    this.#deltas.set(index, delta);
  }

  #advance(to: number): void {
    this.#digest.update(this.#bytes.view(this.#at, to));
    this.#at = to;
  }

  #settle(index: number, entry: Entry, type: ObjectType, content: Uint8Array): string {
    const id = objectId(this.#format, type, content);
    entry.type = type;
    entry.sizeBytes = content.length;
    const other = this.#byId.get(id);
    if (other !== undefined && this.#entries[other]?.outside === undefined) {
      throw invalid(`The pack has the object ${id} twice`);
    }
    this.#byId.set(id, index);
    this.#work += entry.cost;
    if (this.#work > this.#budget.bytes * WORK_FACTOR) {
      throw new BudgetSpent("bytes", "The deltas of the pack are too costly");
    }
    return id;
  }

  /** Builds each delta after its base, whatever their order in the pack. */
  #resolveDeltas(): void {
    const waiting = new Map<number | string, number[]>();
    for (const [index, { base }] of this.#entries.entries()) {
      if (base === undefined) continue;
      const key = typeof base === "number" ? this.#byOffset.get(base) : base;
      if (key === undefined) throw invalid("A delta's base lies outside the pack");
      const others = waiting.get(key);
      if (others === undefined) waiting.set(key, [index]);
      else others.push(index);
    }
    if (waiting.size === 0) return;
    this.#addOutside(waiting.keys());
    const ready = [...this.#byId].map(([id, index]) => ({ id, index, depth: 0 }));
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const { id, index, depth } = next;
      const children = [...waiting.get(index) ?? [], ...waiting.get(id) ?? []];
      waiting.delete(index);
      waiting.delete(id);
      if (depth === LONGEST_CHAIN && children.length > 0) {
        throw invalid(`The pack has a chain of more than ${LONGEST_CHAIN} deltas`);
      }
      for (const child of children) {
        ready.push({ id: this.#resolve(child, index), index: child, depth: depth + 1 });
      }
    }
    if (waiting.size > 0) throw invalid("The pack lacks the base of a delta");
  }

  /** Bases that lie outside stand in the list as if they were part of the pack. */
  #addOutside(bases: Iterable<number | string>): void {
    for (const id of bases) {
      if (typeof id === "number" || this.#byId.has(id)) continue;
      const known = this.#outside?.describe(id);
      if (known === undefined) continue;
      this.#byId.set(id, this.#entries.length);
      this.#entries.push({ ...known, dataAt: 0, inflatedBytes: known.sizeBytes, outside: id });
    }
  }

  #resolve(index: number, baseIndex: number): string {
    const entry = this.#entries[index];
    const base = this.#entries[baseIndex];
    if (entry === undefined || base?.type === undefined) throw invalid("The pack is damaged");
    entry.baseIndex = baseIndex;
    const delta = this.#deltas.get(index) ?? this.#inflateAgain(entry);
    this.#deltas.delete(index);
    const { targetBytes } = parseDeltaHead(delta);
    this.#meter.spendBytes(targetBytes, "a delta of the pack");
    entry.cost = base.cost + entry.inflatedBytes + targetBytes;
    const content = applyDelta(this.#content(baseIndex), delta);
    this.#recent.add(index, content);
    return this.#settle(index, entry, base.type, content);
  }

  /** Builds a content from the nearest one at hand: a recent one, or the whole object at the chain's end. */
  #content(index: number): Uint8Array {
    const chain: Entry[] = [];
    const indexes: number[] = [];
    let at = index;
    let content = this.#recent.get(at);
    while (content === undefined) {
      const entry = this.#entries[at];
      if (entry === undefined) throw invalid("The pack is damaged");
      if (entry.baseIndex === undefined) {
        content = entry.outside === undefined
          ? this.#inflateAgain(entry)
          : this.#outside?.read(entry.outside);
        if (content === undefined) throw invalid("The pack is damaged");
        break;
      }
      chain.push(entry);
      indexes.push(at);
      at = entry.baseIndex;
      content = this.#recent.get(at);
    }
    if (chain.length > 0) this.#recent.add(at, content);
    for (let step = chain.length - 1; step >= 0; step--) {
      const entry = chain[step];
      if (entry === undefined) break;
      content = applyDelta(content, this.#inflateAgain(entry));
      this.#recent.add(indexes[step] ?? -1, content);
    }
    return content;
  }

  #inflateAgain({ dataAt, inflatedBytes }: Entry): Uint8Array {
    const inflated = tryInflate(
      this.#bytes.view(dataAt, this.#bytes.length),
      inflatedBytes,
    );
    if (typeof inflated === "string") throw invalid("An object of the pack does not inflate");
    return inflated.content;
  }
}
