/**
 * SHA-1 and the search for attacks as their definitions say, slowly: what the kernel is held against.
 *
 * @module
 */
import { type Condition, listVectors, STEPS, type Vector } from "../sha1/vectors.ts";

const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
const BLOCK_BYTES = 64;

/** The digest, and the names of all vectors that an attack in the message is built on. */
export interface Examined {
  readonly hex: string;
  readonly vectors: readonly string[];
}

/** Looks at every vector in every block, whatever its conditions are. */
export function examineSha1(message: Uint8Array): Examined {
  const vectors = new Set<string>();
  let digest: readonly number[] = START;
  for (const block of blocksOf(message)) {
    const words = expand(block);
    const next = added(digest, forwards(digest, words, 0, STEPS));
    for (const vector of listVectors()) {
      const meeting = forwards(digest, words, 0, vector.meeting);
      const other = words.map((word, step) => word ^ (vector.difference[step] ?? 0));
      const start = backwards(meeting, other, vector.meeting);
      const end = forwards(meeting, other, vector.meeting, STEPS);
      if (added(start, end).every((word, index) => word === next[index])) vectors.add(vector.name);
    }
    digest = next;
  }
  const hex = digest.map((word) => word.toString(16).padStart(8, "0")).join("");
  return { hex, vectors: [...vectors] };
}

/** Whether expanded words meet all of a vector's conditions. */
export function meetsConditions(words: Uint32Array, { conditions }: Vector): boolean {
  const bit = ([step, place]: Condition["one"]) => (words[step] ?? 0) >>> place & 1;
  return conditions.every(({ one, other, differ }) => (bit(one) !== bit(other)) === differ);
}

/** The words of all steps of a block: FIPS 180-4 §6.1.2. */
export function expand(block: Uint8Array): Uint32Array {
  const words = new Uint32Array(STEPS);
  const view = new DataView(block.buffer, block.byteOffset, BLOCK_BYTES);
  for (let step = 0; step < 16; step++) words[step] = view.getUint32(4 * step);
  return expandFrom(words, 0);
}

/** All words, from sixteen in a row that begin at `first`. */
export function expandFrom(words: Uint32Array, first: number): Uint32Array {
  const word = (step: number) => words[step] ?? 0;
  for (let step = first + 16; step < STEPS; step++) {
    words[step] = rotated(word(step - 3) ^ word(step - 8) ^ word(step - 14) ^ word(step - 16), 1);
  }
  for (let step = first - 1; step >= 0; step--) {
    words[step] = rotated(word(step + 16), 31) ^ word(step + 13) ^ word(step + 8) ^ word(step + 2);
  }
  return words;
}

function* blocksOf(message: Uint8Array): Generator<Uint8Array> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, 8n * BigInt(message.length));
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) {
    yield padded.subarray(at, at + BLOCK_BYTES);
  }
}

function forwards(state: readonly number[], words: Uint32Array, from: number, to: number) {
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let step = from; step < to; step++) {
    const next = (rotated(a, 5) + mixed(step, b, c, d) + e + (words[step] ?? 0)) >>> 0;
    [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
  }
  return [a, b, c, d, e];
}

function backwards(state: readonly number[], words: Uint32Array, from: number) {
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let step = from - 1; step >= 0; step--) {
    const before = rotated(c, 2);
    const last = a - rotated(b, 5) - mixed(step, before, d, e) - (words[step] ?? 0);
    [a, b, c, d, e] = [b, before, d, e, last >>> 0];
  }
  return [a, b, c, d, e];
}

function mixed(step: number, b: number, c: number, d: number): number {
  const constant = CONSTANTS[Math.floor(step / 20)] ?? 0;
  if (step < 20) return (b & c | ~b & d) + constant;
  const isMajority = step >= 40 && step < 60;
  return (isMajority ? b & c | b & d | c & d : b ^ c ^ d) + constant;
}

function added(one: readonly number[], other: readonly number[]): number[] {
  return one.map((word, index) => (word + (other[index] ?? 0)) >>> 0);
}

function rotated(word: number, bits: number): number {
  return (word << bits | word >>> (32 - bits)) >>> 0;
}
