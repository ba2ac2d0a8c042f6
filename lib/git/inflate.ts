/**
 * Inflates one zlib stream that lies at the start of other bytes.
 *
 * @module
 */
import { inflateSync } from "node:zlib";

/** A content, and how many bytes it took up. */
export interface Inflated {
  /** What came out. */
  readonly content: Uint8Array;
  /** Bytes of the stream. */
  readonly consumed: number;
}

/** What `inflateSync` gives with `info: true`; Node's types leave it out. */
interface InflateInfo {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** The content if it has exactly `size` bytes; else why not. */
export function tryInflate(
  bytes: Uint8Array,
  size: number,
): Inflated | "truncated" | "damaged" {
  try {
    // One byte more than needed shows at once that there is no more to come.
    const options = {
      info: true,
      maxOutputLength: Math.max(1, size),
      chunkSize: Math.max(64, size + 1),
    };
    // The types know only the form without `info`.
    const { buffer, engine } = inflateSync(bytes, options) as unknown as InflateInfo;
    if (buffer.length !== size) return "damaged";
    return { content: buffer, consumed: engine.bytesWritten };
  } catch (thrown) {
    const isCut = thrown instanceof Error && "code" in thrown && thrown.code === "Z_BUF_ERROR";
    return isCut ? "truncated" : "damaged";
  }
}
