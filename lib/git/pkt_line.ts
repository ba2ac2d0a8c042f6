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

  /** Reads from `chunks` as frames are asked for. */
  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next frame; nothing at the end of the stream. Its bytes may be overwritten by the next call. */
  async next(): Promise<Pkt | undefined> {
    if (!await this.#fill(LENGTH_BYTES)) {
      if (this.#rest.length === 0) return undefined;
      throw invalid("The server's answer is cut off");
    }
    const length = parseLength(this.#rest);
    if (length < LENGTH_BYTES) {
      this.#rest = this.#rest.subarray(LENGTH_BYTES);
      return { kind: length === 0 ? "flush" : length === 1 ? "delim" : "end" };
    }
    if (!await this.#fill(length)) throw invalid("The server's answer is cut off");
    const bytes = this.#rest.subarray(LENGTH_BYTES, length);
    this.#rest = this.#rest.subarray(length);
    return { kind: "data", bytes };
  }

  /** Stops reading; the connection may be closed. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(count: number): Promise<boolean> {
    if (this.#rest.length >= count) return true;
    const parts = [this.#rest];
    let length = this.#rest.length;
    while (length < count) {
      const next = await this.#chunks.next();
      if (next.done) break;
      parts.push(next.value);
      length += next.value.length;
    }
    this.#rest = joined(parts, length);
    return length >= count;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const filled = parts.filter((part) => part.length > 0);
  const [only] = filled;
  if (only !== undefined && filled.length === 1) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of filled) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
