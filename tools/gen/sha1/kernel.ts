/**
 * The program that takes SHA-1 of blocks and looks for attacks in them, as a WebAssembly module.
 *
 * Four blocks at a time are expanded and held against the conditions of all vectors in SIMD lanes; about one block
 * in twenty meets those of some vector by chance. For such a block the other message of the attack is put together,
 * and its digest computed backwards and forwards from where both would have the same state: if the two end in the
 * same digest, the block is part of an attack.
 *
 * @module
 */
import { STEPS, type Vector } from "../../../lib/sha1/vectors.ts";
import { compressFunction } from "./compress.ts";
import { LAYOUT } from "../../../lib/sha1/layout.ts";
import { recheckFunction } from "./recheck.ts";
import { orderRelations } from "./relations.ts";
import { expandFunction, screenFunction, screenMasks } from "./screen.ts";
import {
  add,
  assemble,
  call,
  type Code,
  get,
  i32,
  isZero,
  leave,
  load,
  repeat,
  sequence,
  set,
  subtract,
  type WasmFunction,
  when,
} from "../wasm.ts";

const EXPAND = 0;
const SCREEN = 1;
const COMPRESS = 2;
const RECHECK = 3;

/** The module's bytes: `memory`, and `digest(at, blocks)`. */
export function buildKernel(vectors: readonly Vector[]): Uint8Array<ArrayBuffer> {
  const relations = orderRelations(vectors);
  const functions = [
    expandFunction(),
    screenFunction(relations, vectors.length),
    compressFunction(),
    recheckFunction(vectors),
    digestFunction(),
  ];
  return assemble(functions, LAYOUT.pages, [
    { at: LAYOUT.masks, bytes: wordBytes(screenMasks(relations)) },
    ...vectors.map(({ difference }, index) => ({
      at: LAYOUT.differences + 4 * STEPS * index,
      bytes: wordBytes([...difference.subarray(0, 16)]),
    })),
  ]);
}

/** Takes the digest further by blocks that lie in memory. */
function digestFunction(): WasmFunction {
  const [at, blocks, lane, left, alive] = [0, 1, 2, 3, 4];
  const onLane: Code = sequence(
    call(COMPRESS, get(lane)),
    set(alive, load(get(lane), LAYOUT.alive)),
    when(get(alive), call(RECHECK, get(lane), get(alive))),
  );
  const onFour: Code = sequence(
    call(EXPAND, get(at)),
    call(SCREEN),
    set(lane, i32(0)),
    repeat(
      sequence(
        onLane,
        set(lane, add(get(lane), i32(4))),
        set(left, subtract(get(left), i32(1))),
        when(isZero(get(left)), leave()),
      ),
      // Lanes count in bytes of a word.
      subtract(get(lane), i32(16)),
    ),
    set(at, add(get(at), i32(256))),
  );
  return {
    parameters: 2,
    givesResult: false,
    locals: ["i32", "i32", "i32"],
    body: sequence(set(left, get(blocks)), repeat(onFour, i32(1))),
    exported: "digest",
  };
}

function wordBytes(words: readonly number[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * words.length));
  for (const [index, word] of words.entries()) bytes.setUint32(4 * index, word, true);
  return new Uint8Array(bytes.buffer);
}
