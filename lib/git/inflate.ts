/**
 * Inflates one zlib stream that lies at the start of other bytes.
 *
 * @module
 */
import { inflateSync } from "node:zlib";
import { Inflater, TRUNCATED } from "./inflater.ts";
import { type Span, spanOf, viewOf } from "./span.ts";

/** Up to here the own inflater is the quicker one: zlib sets up memory for each stream. */
export const MOST_OWN_BYTES = 4 << 10;

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
const OWN = new Inflater();

/** Fills `room` if the stream has exactly as many bytes; else why not. */
export function inflateInto(from: Span, room: Span): Inflated | "truncated" | "damaged" {
  const consumed = OWN.inflate(from, room);
  if (consumed >= 0) return { content: room, consumed };
  return consumed === TRUNCATED ? "truncated" : "damaged";
}

/** The content if it has exactly `size` bytes; else why not. */
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
