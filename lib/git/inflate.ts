/**
 * Inflates one zlib stream that lies at the start of other bytes.
 *
 * @module
 */
import { inflateSync } from "node:zlib";
import { MOST_INFLATED_BYTES, TRUNCATED } from "./inflate_layout.ts";
import { Inflater, mostStreamBytes } from "./inflater.ts";
import { type Span, spanOf, viewOf } from "./span.ts";

/** A content, and how many bytes it took up. */
export interface Inflated {
  /** What came out. */
  readonly content: Span;
  /** Bytes of the stream. */
  readonly consumed: number;
}

/** What `inflateSync` gives with `info: true`; Node's types leave it out. */
interface InflateInfo {
  readonly buffer: Uint8Array<ArrayBuffer>;
  readonly engine: { readonly bytesWritten: number };
}

/** One is enough: no two streams are inflated at once. */
let own: Inflater | undefined;

/** Fills `room` if the stream has exactly as many bytes; else why not. */
export function inflateInto(from: Span, room: Span): Inflated | "truncated" | "damaged" {
  const size = room.end - room.at;
  if (size > MOST_INFLATED_BYTES) return copied(inflateLarge(from, size), room);
  own ??= new Inflater();
  const consumed = own.inflate(from, room);
  if (consumed >= 0) return { content: room, consumed };
  if (consumed !== TRUNCATED) return "damaged";
  // Nobody has to deflate well.
  const isAll = from.end - from.at <= mostStreamBytes(size);
  return isAll ? "truncated" : copied(inflateLarge(from, size), room);
}

/** The content if it has exactly `size` bytes; else why not. */
export function inflateNew(from: Span, size: number): Inflated | "truncated" | "damaged" {
  return size > MOST_INFLATED_BYTES
    ? inflateLarge(from, size)
    : inflateInto(from, spanOf(new Uint8Array(size)));
}

function copied(inflated: ReturnType<typeof inflateLarge>, room: Span): typeof inflated {
  if (typeof inflated === "string") return inflated;
  room.bytes.set(viewOf(inflated.content), room.at);
  return { ...inflated, content: room };
}

/** As {@linkcode inflateNew}, by the platform's zlib. */
export function inflateLarge(from: Span, size: number): Inflated | "truncated" | "damaged" {
  try {
    // One byte more than needed shows at once that there is no more to come.
    const options = {
      info: true,
      maxOutputLength: Math.max(1, size),
      chunkSize: Math.max(64, size + 1),
    };
    // The types know only the form without `info`.
    const { buffer, engine } = inflateSync(viewOf(from), options) as unknown as InflateInfo;
    if (buffer.length !== size) return "damaged";
    // Not a Buffer: its slice() copies nothing.
    const content = new Uint8Array(buffer.buffer, buffer.byteOffset, size);
    return { content: spanOf(content), consumed: engine.bytesWritten };
  } catch (thrown) {
    const isCut = thrown instanceof Error && "code" in thrown && thrown.code === "Z_BUF_ERROR";
    return isCut ? "truncated" : "damaged";
  }
}
