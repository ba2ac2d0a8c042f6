/**
 * Takes SHA-1, and looks in each block for the signs of a collision attack.
 *
 * The platform's SHA-1 does not tell its state between blocks, which the look needs; so the digest is taken here as
 * well, in a WebAssembly module (`tools/gen/sha1`). What small inputs lose in its loops they gain at the call.
 *
 * @module
 */
import { MODULE } from "./kernel_bytes.ts";
import { LAYOUT } from "./layout.ts";

/** What came out. */
export interface Digested {
  /** The digest, hex. */
  readonly hex: string;
  /** Whether some block is half of a collision that somebody computed. By chance that does not happen. */
  readonly isAttack: boolean;
}

const PAGE_BYTES = 64 << 10;
const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
const DIGEST_BYTES = 20;
const STEPS = 80;
/** A whole number of blocks, and of what the kernel takes at a time. */
const INPUT_BYTES = LAYOUT.pages * PAGE_BYTES - LAYOUT.input;
/** FIPS 180-4 §5.3.1. */
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

/** One is enough: no two digests are taken at once. */
let kernel: Kernel | undefined;

/**
 * The SHA-1 of `head`, which is ASCII and short, with `content` behind it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const { hex, isAttack } = digestSha1("blob 0\0", new Uint8Array());
 * assert.equal(hex, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
 * assert.equal(isAttack, false);
 * ```
 */
export function digestSha1(head: string, content: Uint8Array): Digested {
  kernel ??= new Kernel();
  return kernel.digest(head, content);
}

class Kernel {
  readonly #run: (at: number, blocks: number) => void;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #view: DataView;
  readonly #hex = new Uint8Array(DIGEST_BYTES);
  readonly #hexView = new DataView(this.#hex.buffer);

  constructor() {
    const module = new WebAssembly.Module(Uint8Array.fromBase64(MODULE));
    const { memory, digest } = new WebAssembly.Instance(module).exports;
    if (!(memory instanceof WebAssembly.Memory) || typeof digest !== "function") {
      throw new TypeError("the kernel is not what the generator makes");
    }
    this.#run = (at, blocks) => void digest(at, blocks);
    this.#bytes = new Uint8Array(memory.buffer);
    this.#words = new Uint32Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#expandDifferences();
  }

  /** The module brings the first 16 words of each: the others follow as those of a message do (FIPS 180-4 §6.1.2). */
  #expandDifferences(): void {
    const words = this.#words;
    const first = LAYOUT.differences / 4;
    for (let vector = first; vector < first + LAYOUT.vectors * STEPS; vector += STEPS) {
      for (let at = vector + 16; at < vector + STEPS; at++) {
        const mixed = (words[at - 3] ?? 0) ^ (words[at - 8] ?? 0) ^ (words[at - 14] ?? 0) ^
          (words[at - 16] ?? 0);
        words[at] = mixed << 1 | mixed >>> 31;
      }
    }
  }

  digest(head: string, content: Uint8Array): Digested {
    this.#words.set(START, LAYOUT.state / 4);
    this.#words[LAYOUT.attack / 4] = 0;
    let end: number = LAYOUT.input;
    for (let index = 0; index < head.length; index++) {
      this.#bytes[end++] = head.charCodeAt(index);
    }
    const most = LAYOUT.input + INPUT_BYTES;
    let at = 0;
    while (content.length - at >= most - end) {
      const next = at + most - end;
      this.#bytes.set(content.subarray(at, next), end);
      this.#run(LAYOUT.input, INPUT_BYTES / BLOCK_BYTES);
      at = next;
      end = LAYOUT.input;
    }
    this.#bytes.set(at === 0 ? content : content.subarray(at), end);
    this.#finish(end + content.length - at, head.length + content.length);
    return { hex: this.#readHex(), isAttack: this.#words[LAYOUT.attack / 4] !== 0 };
  }

  /** FIPS 180-4 §5.1.1: a bit, zeros, and the length in bits. There is room for one byte at least. */
  #finish(end: number, length: number): void {
    const zeros = end + 1;
    const used = zeros + LENGTH_BYTES - LAYOUT.input;
    const blocks = Math.ceil(used / BLOCK_BYTES);
    this.#bytes[end] = 0x80;
    if (blocks * BLOCK_BYTES > INPUT_BYTES) {
      this.#bytes.fill(0, zeros, LAYOUT.input + INPUT_BYTES);
      this.#run(LAYOUT.input, INPUT_BYTES / BLOCK_BYTES);
      this.#bytes.fill(0, LAYOUT.input, LAYOUT.input + BLOCK_BYTES);
      this.#runLast(1, length);
      return;
    }
    this.#bytes.fill(0, zeros, LAYOUT.input + blocks * BLOCK_BYTES);
    this.#runLast(blocks, length);
  }

  #runLast(blocks: number, length: number): void {
    const place = LAYOUT.input + blocks * BLOCK_BYTES - LENGTH_BYTES;
    this.#view.setUint32(place, length / 2 ** 29);
    this.#view.setUint32(place + 4, length << 3);
    this.#run(LAYOUT.input, blocks);
  }

  #readHex(): string {
    for (let word = 0; word < START.length; word++) {
      this.#hexView.setUint32(4 * word, this.#words[LAYOUT.state / 4 + word] ?? 0);
    }
    return this.#hex.toHex();
  }
}
