/**
 * The framing of git's protocol: lines that begin with their length.
 *
 * @module
 */
import { invalid } from "./failure.ts";

/** One frame: data, the end of a list (`0000`), a divider (`0001`), the end of an answer (`0002`). */
export type Pkt =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "flush" | "delim" | "end" };

/** Bytes of the length in front of every line. */
const LENGTH_BYTES = 4;
/** gitprotocol-common: "the maximum length of a pkt-line's data component is 65516 bytes". */
const MOST_DATA_BYTES = 65_516;

/**
 * Frames lines; `null` is a divider. The list ends with a flush.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const bytes = pktLines(["a\n", null, "b\n"]);
 * assert.equal(new TextDecoder().decode(bytes), "0006a\n00010006b\n0000");
 * ```
 */
export function pktLines(lines: readonly (string | null)[]): Uint8Array {
  const framed = lines.map((line) => line === null ? "0001" : pktLine(line));
  return new TextEncoder().encode(`${framed.join("")}0000`);
}

/** One framed line. */
export function pktLine(line: string): string {
  const length = new TextEncoder().encode(line).length;
  if (length > MOST_DATA_BYTES) throw new RangeError(`A line of ${length} bytes does not fit`);
  return (length + LENGTH_BYTES).toString(16).padStart(4, "0") + line;
}

/** Cuts a stream of bytes into frames. */
export class PktReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();
  #buffer: Uint8Array | undefined;

  /** Reads from `chunks` as frames are asked for. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next frame; nothing at the end of the stream. Its bytes may be overwritten by the next call. */
  async next(): Promise<Pkt | undefined> {
    const head = await this.#take(LENGTH_BYTES);
    if (head.length === 0) return undefined;
    if (head.length < LENGTH_BYTES) throw cutOff();
    const length = parseLength(head);
    if (length < LENGTH_BYTES) {
      return { kind: length === 0 ? "flush" : length === 1 ? "delim" : "end" };
    }
    const bytes = await this.#take(length - LENGTH_BYTES);
    if (bytes.length < length - LENGTH_BYTES) throw cutOff();
    return { kind: "data", bytes };
  }

  /** Stops reading; the connection may be closed. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** The next bytes, fewer at the stream's end; those of several chunks are put together in one buffer. */
  async #take(count: number): Promise<Uint8Array> {
    if (this.#rest.length >= count) return this.#cut(count);
    const buffer = this.#buffer ??= new Uint8Array(MOST_DATA_BYTES);
    let length = 0;
    while (true) {
      const part = this.#cut(Math.min(count - length, this.#rest.length));
      buffer.set(part, length);
      length += part.length;
      if (length === count) break;
      const next = await this.#chunks.next();
      if (next.done) break;
      this.#rest = next.value;
    }
    return buffer.subarray(0, length);
  }

  #cut(count: number): Uint8Array {
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return bytes;
  }
}

function cutOff(): Error {
  return invalid("The server's answer is cut off");
}

function parseLength(bytes: Uint8Array): number {
  const digits = String.fromCharCode(...bytes.subarray(0, LENGTH_BYTES));
  const length = /^[0-9a-fA-F]{4}$/.test(digits) ? parseInt(digits, 16) : NaN;
  const isKnown = length <= 2 || length >= LENGTH_BYTES;
  if (!isKnown || !(length <= MOST_DATA_BYTES + LENGTH_BYTES)) {
    throw invalid("The server's answer is not framed as git's protocol");
  }
  return length;
}

/** The text of a data frame without its line end. */
export function lineOf(pkt: Pkt): string {
  if (pkt.kind !== "data") throw invalid("The server's answer ends too early");
  return new TextDecoder().decode(pkt.bytes).replace(/\n$/, "");
}
