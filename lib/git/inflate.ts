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

/** Before it has read so many streams, the own inflater is not compiled, and slower than zlib. */
const WORTH_COMPILING = 4_000;

/** One is enough: no two streams are inflated at once. */
let own: Inflater | undefined;

/**
 * Fills `room` if the stream has exactly as many bytes; else why not. `count`: how many there are to inflate. For a
 * few it is not worth to compile the own inflater, which takes some 40 ms of processor time.
 */
export function inflateInto(
  from: Span,
  room: Span,
  count: number,
): Inflated | "truncated" | "damaged" {
  if (count < WORTH_COMPILING && (own?.streams ?? 0) < WORTH_COMPILING) {
    return copied(inflateLarge(from, room.end - room.at), room);
  }
  own ??= new Inflater();
  const consumed = own.inflate(from, room);
  if (consumed >= 0) return { content: room, consumed };
  return consumed === TRUNCATED ? "truncated" : "damaged";
}

function copied(inflated: ReturnType<typeof inflateLarge>, room: Span): typeof inflated {
  if (typeof inflated === "string") return inflated;
  room.bytes.set(viewOf(inflated.content), room.at);
  return { ...inflated, content: room };
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
