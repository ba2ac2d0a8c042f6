/**
 * Reads a pack as it arrives: every object is inflated, its id computed, its place noted.
 *
 * Contents are not kept; they are inflated again when asked for, so memory stays near the pack's size.
 *
 * @module
 */
import { type Budget, BudgetSpent, Meter } from "../base/mod.ts";
import { deltasInOrder, type WaitingDelta } from "./delta_order.ts";
import { parseDeltaHead } from "./delta.ts";
import { invalid } from "./failure.ts";
import type { Inflated } from "./inflate.ts";
import { type ObjectFormat, type ObjectType, startDigest } from "./object_format.ts";
import { PackBytes } from "./pack_bytes.ts";
import { type ContentSource, PackContents } from "./pack_contents.ts";
import { type EntryHead, parseEntryHead } from "./pack_entry.ts";
import { PackIndex } from "./pack_index.ts";
import { type Span, viewOf } from "./span.ts";

/** The objects of one pack, by id. */
export interface Pack {
  /** Its objects. */
  readonly count: number;
  /** Most bytes that it holds in memory, about: its own, and contents that were read last. */
  readonly weight: number;
  /** What is known of an object; nothing when the pack has none of this id. */
  describe(id: string): Described | undefined;
  /** The length of the blob whose id begins at `idAt`; nothing when the pack has no such blob. */
  blobBytes(bytes: Uint8Array, idAt: number): number | undefined;
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

/** Contents that were read last may take this many times the pack's bytes. */
const RECENT_FACTOR = 4;
/** While a pack arrives, so many bytes of small contents are kept for each object. */
const RECENT_BYTES = 512;
const HEADER_BYTES = 12;
/** Longest head of an entry: size, offset or id. */
const ENTRY_HEAD_BYTES = 64;
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
  /** Ids of objects that lie outside, by index. */
  readonly #outsideIds = new Map<number, string>();
  readonly #digest;
  #index: PackIndex;
  #contents: PackContents;
  /** Deltas whose bases were not at hand when they came. */
  #waiting: WaitingDelta[] = [];
  #at = 0;
  #digested = 0;
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
    this.#index = new PackIndex(format, 0);
    this.#contents = this.#contentsOf(0);
  }

  get count(): number {
    return this.#count ?? 0;
  }

  get weight(): number {
    return this.#bytes.length + this.#index.weight + this.#contents.most;
  }

  describe(id: string): Described | undefined {
    const index = this.#index.find(id);
    const type = index < 0 ? undefined : this.#index.type(index);
    if (type === undefined) return this.#outside?.describe(id);
    return { type, sizeBytes: this.#index.sizeBytes(index), cost: this.#index.cost(index) };
  }

  blobBytes(bytes: Uint8Array, idAt: number): number | undefined {
    const index = this.#index.findBytes(bytes, idAt);
    const type = index < 0 ? undefined : this.#index.type(index);
    if (type === undefined) return this.#outside?.blobBytes(bytes, idAt);
    return type === "blob" ? this.#index.sizeBytes(index) : undefined;
  }

  read(id: string): Uint8Array {
    const index = this.#index.find(id);
    if (index >= 0) return this.#contents.read(index);
    if (this.#outside === undefined) throw invalid(`The pack has no object ${id}`);
    return this.#outside.read(id);
  }

  /** Takes the next bytes and reads the objects that are complete. */
  push(chunk: Uint8Array): void {
    this.#bytes.push(chunk);
    this.#parseAvailable(false);
  }

  /** Reads what is left, checks the trailer and builds the deltas that wait. */
  finish(): Pack {
    this.#parseAvailable(true);
    if (this.#count === undefined || this.#index.length !== this.#count) {
      throw invalid("The pack is cut off");
    }
    const trailer = viewOf(this.#bytes.span(this.#at, this.#bytes.length));
    const want = this.#digest.digest();
    if (trailer.length !== want.length || want.compare(trailer) !== 0) {
      throw invalid("The pack's checksum is wrong");
    }
    this.#resolveDeltas();
    this.#bytes.seal();
    // Whoever keeps the pack keeps these too.
    this.#contents.limit(RECENT_FACTOR * this.#bytes.length);
    return this;
  }

  #contentsOf(count: number): PackContents {
    const source: ContentSource = {
      format: this.#format,
      bytes: this.#bytes,
      index: this.#index,
      readHead: (start) => this.#headAt(start),
      readOutside: (index) => this.#readOutside(index),
    };
    return new PackContents(source, count, RECENT_BYTES * count);
  }

  #headAt(start: number): EntryHead {
    return parseEntryHead(this.#bytes, start, { format: this.#format, budget: this.#budget });
  }

  #readOutside(index: number): Uint8Array | undefined {
    const id = this.#outsideIds.get(index);
    return id === undefined ? undefined : this.#outside?.read(id);
  }

  #parseAvailable(isEnd: boolean): void {
    if (this.#count === undefined) {
      if (this.#bytes.length < HEADER_BYTES) return;
      this.#count = this.#parseHeader();
      this.#index = new PackIndex(this.#format, this.#count);
      this.#contents = this.#contentsOf(this.#count);
    }
    const end = this.#bytes.length - (isEnd ? this.#format.idBytes : 0);
    while (this.#index.length < this.#count) {
      if (!this.#parseEntry(end, isEnd)) break;
    }
    for (const piece of this.#bytes.pieces(this.#digested, this.#at)) this.#digest.update(piece);
    this.#digested = this.#at;
  }

  #parseHeader(): number {
    const bytes = viewOf(this.#bytes.span(0, HEADER_BYTES));
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    const version = view.getUint32(4);
    // "PACK"
    if (view.getUint32(0) !== 0x5041434b || (version !== 2 && version !== 3)) {
      throw invalid("The server sent no pack");
    }
    const count = view.getUint32(8);
    this.#meter.spendEntries(count, "a pack");
    this.#at = HEADER_BYTES;
    return count;
  }

  /** Reads one object; false when it must wait for more bytes. */
  #parseEntry(end: number, isEnd: boolean): boolean {
    if (!isEnd && (this.#postponed || end - this.#at < ENTRY_HEAD_BYTES)) return false;
    const head = this.#headAt(this.#at);
    const { dataAt, inflatedBytes, type } = head;
    // zlib never needs more than this for an honest stream.
    const enough = dataAt + inflatedBytes + (inflatedBytes >> 8) + ENTRY_HEAD_BYTES;
    if (!isEnd && end < enough) return false;
    this.#meter.spendBytes(inflatedBytes, "a pack");
    const inflated = this.#inflate(head, enough, isEnd ? end : enough);
    if (inflated === "truncated" && !isEnd) {
      // An encoding longer than honest ones: it has to wait until all is there.
      this.#postponed = true;
      return false;
    }
    if (typeof inflated === "string") throw invalid("An object of the pack does not inflate");
    const index = this.#index.add(this.#at);
    this.#at = dataAt + inflated.consumed;
    if (type === undefined) this.#takeDelta(index, head, inflated.content);
    else this.#settle(index, { type, cost: this.#costOf(index, inflatedBytes) }, inflated.content);
    return true;
  }

  /** Longer encodings than `enough` bytes get what more there is, little by little: it may have to be copied. */
  #inflate(
    { dataAt, inflatedBytes, type }: EntryHead,
    enough: number,
    end: number,
  ): Inflated | "truncated" | "damaged" {
    for (let most = enough;; most += most - dataAt) {
      const from = this.#bytes.span(dataAt, Math.min(most, end));
      const inflated = type === undefined
        ? this.#contents.inflateDelta(from, inflatedBytes)
        : this.#contents.inflate(from, inflatedBytes);
      if (inflated !== "truncated" || most >= end) return inflated;
    }
  }

  /** Mostly a delta's base has just been read; else the delta waits for the end. */
  #takeDelta(index: number, { base }: EntryHead, delta: Span): void {
    const known = typeof base === "number"
      ? this.#index.findStart(base)
      : this.#index.find(base ?? "");
    if (known < 0 && typeof base === "number") {
      throw invalid("A delta's base lies outside the pack");
    }
    const isAtHand = known >= 0 && this.#index.type(known) !== undefined;
    const content = isAtHand ? this.#contents.find(known) : undefined;
    if (content !== undefined) this.#applyDelta(index, known, { base: content, delta });
    else this.#waiting.push({ index, base: known >= 0 ? known : base ?? "" });
  }

  #applyDelta(
    index: number,
    baseIndex: number,
    { base, delta }: { base: Span; delta: Span },
  ): void {
    const type = this.#index.type(baseIndex);
    if (type === undefined) throw invalid("The pack is damaged");
    const { targetBytes } = parseDeltaHead(delta);
    this.#meter.spendBytes(targetBytes, "a delta of the pack");
    const readCost = this.#costOf(index, delta.end - delta.at);
    const cost = this.#index.cost(baseIndex) + readCost + targetBytes;
    this.#index.setBase(index, baseIndex);
    if (this.#index.depth(index) > LONGEST_CHAIN) {
      throw invalid(`The pack has a chain of more than ${LONGEST_CHAIN} deltas`);
    }
    this.#settle(index, { type, cost }, this.#contents.applyDelta(base, delta, targetBytes));
  }

  /** Bytes to read or to make when an entry is inflated again: some are longer than what comes out. */
  #costOf(index: number, inflatedBytes: number): number {
    return Math.max(inflatedBytes, this.#index.end(index, this.#at) - this.#index.start(index));
  }

  #resolveDeltas(): void {
    for (const { base } of this.#waiting) if (typeof base === "string") this.#addOutside(base);
    for (const { index, base } of deltasInOrder(this.#waiting, this.#index)) {
      const content = this.#contents.build(base);
      this.#applyDelta(index, base, { base: content, delta: this.#contents.readDelta(index) });
    }
    this.#waiting = [];
  }

  /** A base that lies outside stands in the index as if it were part of the pack. */
  #addOutside(id: string): void {
    if (this.#index.find(id) >= 0) return;
    const known = this.#outside?.describe(id);
    if (known === undefined) return;
    const index = this.#index.add(0);
    this.#index.settle(index, known);
    this.#index.name(index, id);
    this.#outsideIds.set(index, id);
  }

  #settle(index: number, { type, cost }: { type: ObjectType; cost: number }, content: Span): void {
    const id = this.#contents.idOf(type, content);
    this.#index.settle(index, { type, cost, sizeBytes: content.end - content.at });
    this.#contents.keep(index, content);
    const other = this.#index.name(index, id);
    if (other >= 0 && !this.#outsideIds.has(other)) {
      throw invalid(`The pack has the object ${id} twice`);
    }
    this.#work += cost;
    if (this.#work > this.#budget.bytes * WORK_FACTOR) {
      throw new BudgetSpent("bytes", "The deltas of the pack are too costly");
    }
  }
}
