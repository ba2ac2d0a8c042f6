/**
 * Inflates zlib streams without taking memory for each: RFC 1950 around RFC 1951.
 *
 * The platform's zlib sets up a window and a stream object for every stream, which takes longer than to inflate a few
 * kilobytes; the WebAssembly module behind this (`tools/gen/inflate`) has all it needs.
 *
 * @module
 */
import { MODULE } from "./inflate_bytes.ts";
import { HEAD_ROOM, LAYOUT, MOST_INFLATED_BYTES } from "./inflate_layout.ts";
import { type Span, viewOf } from "./span.ts";

/** Inflates one stream after the other. */
export class Inflater {
  readonly #run: (end: number, contentEnd: number) => number;
  readonly #bytes: Uint8Array;

  /** Compiles the module. */
  constructor() {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(MODULE));
    const { memory, inflate } = new WebAssembly.Instance(module).exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof inflate !== "function") {
      throw new TypeError("the module is not what the generator makes");
    }
    this.#run = (end, contentEnd) => Number(inflate(end, contentEnd));
    this.#bytes = new Uint8Array(memory.buffer);
  }

  /**
   * Fills `to` with what the stream at the start of `from` holds, {@linkcode MOST_INFLATED_BYTES} at most; gives the
   * stream's length, or why it does not fill it exactly. What lies behind the stream is of no concern; one that is
   * longer than {@linkcode mostStreamBytes} counts as truncated.
   */
  inflate(from: Span, to: Span): number {
    const size = to.end - to.at;
    if (size > MOST_INFLATED_BYTES) throw new RangeError("the content is too large");
    const end = Math.min(from.end, from.at + mostStreamBytes(size));
    this.#bytes.set(from.bytes.subarray(from.at, end), LAYOUT.input);
    const length = this.#run(LAYOUT.input + end - from.at, LAYOUT.output + size);
    if (length >= 0) {
      viewOf(to).set(this.#bytes.subarray(LAYOUT.output, LAYOUT.output + size));
    }
    return length;
  }
}

/** No honest stream of a content of `size` bytes is longer. */
export function mostStreamBytes(size: number): number {
  return size + (size >> 8) + HEAD_ROOM;
}
