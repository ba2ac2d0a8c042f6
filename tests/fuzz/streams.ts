/**
 * Deflated streams for the fuzzer, with the size that their object states in front.
 *
 * @module
 */
import { deflateSync } from "node:zlib";
import { joinBytes } from "../../lib/base/mod.ts";
import { type Chance, mutate } from "./mutate.ts";

const MOST_BYTES = 5_000;

/** Two bytes of size, and a stream of mostly so many bytes, spoiled or not. */
export function madeStream(chance: Chance): Uint8Array<ArrayBuffer> {
  const content = madeContent(chance);
  const stream = new Uint8Array(deflateSync(content, {
    level: chance.below(10),
    strategy: chance.below(5),
    windowBits: 9 + chance.below(7),
  }));
  const size = new Uint8Array([content.length >> 8, content.length]);
  return joinBytes(size, chance.below(4) === 0 ? stream : mutate(stream, [stream], chance));
}

/** The size in front, or one beside it. */
export function sizeOf(input: Uint8Array, chance: Chance): number {
  const size = (input[0] ?? 0) << 8 | (input[1] ?? 0);
  return chance.below(8) === 0 ? Math.max(0, size + chance.below(3) - 1) : size;
}

/** Noise, few letters, or repetitions. */
function madeContent(chance: Chance): Uint8Array {
  const content = new Uint8Array(chance.below(chance.below(4) === 0 ? MOST_BYTES : 300));
  const letters = chance.pick([2, 6, 40, 256]);
  const reach = chance.below(3) === 0 ? 0 : 1 + chance.below(300);
  for (let at = 0; at < content.length; at++) {
    const isNew = at < reach || reach === 0 || chance.below(12) === 0;
    content[at] = isNew ? chance.below(letters) : content[at - reach] ?? 0;
  }
  return content;
}
