/**
 * Contents of a pack's objects: those read last, and all others built from the pack's bytes.
 *
 * @module
 */
import { ContentRing } from "./content_ring.ts";
import { applyDelta } from "./delta.ts";
import { invalid } from "./failure.ts";
import { type Inflated, inflateInto, inflateNew } from "./inflate.ts";
import { MOST_INFLATED_BYTES } from "./inflate_layout.ts";
import { type ObjectFormat, objectId, type ObjectType } from "./object_format.ts";
import type { PackBytes } from "./pack_bytes.ts";
import type { EntryHead } from "./pack_entry.ts";
import type { PackIndex } from "./pack_index.ts";
import { RecentContents } from "./recent_contents.ts";
import { type Span, spanOf, viewOf } from "./span.ts";

/** Contents of two sizes lie in rings; what is larger has memory of its own, which costs less than its bytes do. */
const MOST_SMALL_BYTES = 4 << 10;
const MOST_MEDIUM_BYTES = MOST_INFLATED_BYTES;
/** Bytes of the rings. Of what is never written to nothing is taken. */
const SMALL_RING_BYTES = 2 << 20;
const MEDIUM_RING_BYTES = 4 << 20;

/** What contents are built from. */
export interface ContentSource {
  /** How objects are named. */
  readonly format: ObjectFormat;
  /** The pack. */
  readonly bytes: PackBytes;
  /** Its objects. */
  readonly index: PackIndex;
  /** Reads the head of the entry at `start`. */
  readHead(start: number): EntryHead;
  /** The content of an object that lies outside the pack, by its index. */
  readOutside(index: number): Uint8Array | undefined;
}

/** Contents by index. */
export class PackContents {
  readonly #source: ContentSource;
  /** Small deltas are inflated here; they are applied before the next one. */
  readonly #delta = new Uint8Array(MOST_SMALL_BYTES);
  readonly #recent = new RecentContents();
  readonly #count: number;
  #small: ContentRing | undefined;
  #medium: ContentRing | undefined;
  #smallBytes: number;
  #mediumBytes = MEDIUM_RING_BYTES;

  /** For `count` objects; keeps no more than `mostBytes` of small contents. */
  constructor(source: ContentSource, count: number, mostBytes: number) {
    this.#source = source;
    this.#count = count;
    this.#smallBytes = Math.min(mostBytes, SMALL_RING_BYTES);
  }

  /** Most bytes that are kept. */
  get most(): number {
    return this.#recent.most + this.#smallBytes + this.#mediumBytes;
  }

  /** Keeps no more than `mostBytes` of each sort from now on. */
  limit(mostBytes: number): void {
    this.#recent.limit(mostBytes);
    if (mostBytes < this.#smallBytes) {
      this.#small = undefined;
      this.#smallBytes = mostBytes;
    }
    if (mostBytes < this.#mediumBytes) {
      this.#medium = undefined;
      this.#mediumBytes = mostBytes;
    }
  }

  /** Inflates a content that begins at the start of `from`. */
  inflate(from: Span, size: number): Inflated | "truncated" | "damaged" {
    return size > MOST_MEDIUM_BYTES
      ? inflateNew(from, size)
      : inflateInto(from, this.#ring(size).reserve(size));
  }

  /** Inflates a delta, which is there until the next one is. */
  inflateDelta(from: Span, size: number): Inflated | "truncated" | "damaged" {
    return size > MOST_SMALL_BYTES
      ? inflateNew(from, size)
      : inflateInto(from, { bytes: this.#delta, at: 0, end: size });
  }

  /** Applies a delta, whose target's size has been judged. */
  applyDelta(base: Span, delta: Span, targetBytes: number): Span {
    const target = targetBytes > MOST_MEDIUM_BYTES
      ? spanOf(new Uint8Array(targetBytes))
      : this.#ring(targetBytes).reserve(targetBytes);
    applyDelta(base, delta, target);
    return target;
  }

  /** The id of a content that was made here last. */
  idOf(type: ObjectType, content: Span): string {
    return objectId(this.#source.format, type, viewOf(content));
  }

  /** Keeps the content that was made last. */
  keep(index: number, content: Span): void {
    const size = content.end - content.at;
    if (size > MOST_MEDIUM_BYTES) this.#recent.add(index, viewOf(content));
    else this.#ring(size).keep(index, size);
  }

  /** A content that is at hand; it outlasts the next one that is made, and no more. */
  find(index: number): Span | undefined {
    const size = this.#source.index.sizeBytes(index);
    if (size <= MOST_SMALL_BYTES) return this.#small?.find(index, size);
    if (size <= MOST_MEDIUM_BYTES) return this.#medium?.find(index, size);
    const recent = this.#recent.get(index);
    return recent && spanOf(recent);
  }

  /** A content, built from the nearest one at hand, or the whole object at the chain's end. */
  build(index: number): Span {
    const { index: objects } = this.#source;
    const chain: number[] = [];
    let at = index;
    let content = this.find(at);
    while (content === undefined) {
      const base = objects.base(at);
      if (base < 0) {
        content = this.#buildWhole(at);
        break;
      }
      chain.push(at);
      at = base;
      content = this.find(at);
    }
    for (let step = chain.pop(); step !== undefined; step = chain.pop()) {
      content = this.applyDelta(content, this.readDelta(step), objects.sizeBytes(step));
      this.keep(step, content);
    }
    return content;
  }

  /** A content that lasts; nobody may change it. */
  read(index: number): Uint8Array {
    const content = this.build(index);
    const view = viewOf(content);
    return view.length > MOST_MEDIUM_BYTES ? view : view.slice();
  }

  /** Inflates a delta again. */
  readDelta(index: number): Span {
    const { from, size } = this.#place(index);
    return soundOnly(this.inflateDelta(from, size));
  }

  #buildWhole(index: number): Span {
    const outside = this.#source.readOutside(index);
    if (outside !== undefined) return this.#copy(index, outside);
    const { from, size } = this.#place(index);
    const content = soundOnly(this.inflate(from, size));
    this.keep(index, content);
    return content;
  }

  /** What lies outside is not in our hands: what belongs in a ring is copied. */
  #copy(index: number, outside: Uint8Array): Span {
    if (outside.length > MOST_MEDIUM_BYTES) return spanOf(outside);
    const content = this.#ring(outside.length).reserve(outside.length);
    content.bytes.set(outside, content.at);
    this.keep(index, content);
    return content;
  }

  #place(index: number): { from: Span; size: number } {
    const { bytes, index: objects } = this.#source;
    const { dataAt, inflatedBytes } = this.#source.readHead(objects.start(index));
    return { from: bytes.span(dataAt, objects.end(index, bytes.length)), size: inflatedBytes };
  }

  /** Where a content of `size` bytes goes. */
  #ring(size: number): ContentRing {
    const count = this.#count;
    return size <= MOST_SMALL_BYTES
      ? this.#small ??= new ContentRing(this.#smallBytes, { largest: MOST_SMALL_BYTES, count })
      : this.#medium ??= new ContentRing(this.#mediumBytes, { largest: MOST_MEDIUM_BYTES, count });
  }
}

function soundOnly(inflated: Inflated | "truncated" | "damaged"): Span {
  if (typeof inflated === "string") throw invalid("An object of the pack does not inflate");
  return inflated.content;
}
