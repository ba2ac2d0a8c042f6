/**
 * Four blocks side by side: their expansion, and which vectors' conditions they meet.
 *
 * @module
 */
import { LAYOUT } from "../../../lib/sha1/layout.ts";
import type { Relation } from "./relations.ts";
import {
  add,
  add4,
  and4,
  andNot4,
  type Code,
  constant16,
  get,
  i32,
  isAny4,
  isZero,
  leave,
  load4,
  loadSplat,
  or4,
  repeat,
  sequence,
  set,
  shiftLeft4,
  shiftRight4,
  shiftRightSigned4,
  shuffle,
  store4,
  subtract,
  type WasmFunction,
  when,
  xor4,
} from "../wasm.ts";

const LANE_BYTES = 16;
const BLOCK_BYTES = 64;
const BLOCK_WORDS = 16;
const ROUNDS = 4;

/** From two rows of words with the highest byte first: word 0 of both, then word 1 of both. */
const LOW_WORDS = [3, 2, 1, 0, 19, 18, 17, 16, 7, 6, 5, 4, 23, 22, 21, 20];
/** The same of words 2 and 3. */
const HIGH_WORDS = LOW_WORDS.map((byte) => byte + 8);
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = LOW_HALVES.map((byte) => byte + 8);

/** Expands the four blocks at an address: FIPS 180-4 §6.1.2, step 1. */
export function expandFunction(): WasmFunction {
  const [at, place, mixed] = [0, 1, 2];
  const rows = [3, 4, 5, 6];
  const word = (index: number) => 7 + index % BLOCK_WORDS;
  const body: Code[] = [];
  for (let quad = 0; quad < 4; quad++) {
    for (const [block, row] of rows.entries()) {
      body.push(set(row, load4(get(at), block * BLOCK_BYTES + quad * LANE_BYTES)));
    }
    const [a = 0, b = 0, c = 0, d = 0] = rows;
    const pair = (one: number, other: number, bytes: readonly number[]) =>
      shuffle(get(one), get(other), bytes);
    const words = [
      shuffle(pair(a, b, LOW_WORDS), pair(c, d, LOW_WORDS), LOW_HALVES),
      shuffle(pair(a, b, LOW_WORDS), pair(c, d, LOW_WORDS), HIGH_HALVES),
      shuffle(pair(a, b, HIGH_WORDS), pair(c, d, HIGH_WORDS), LOW_HALVES),
      shuffle(pair(a, b, HIGH_WORDS), pair(c, d, HIGH_WORDS), HIGH_HALVES),
    ];
    for (const [index, value] of words.entries()) {
      const step = 4 * quad + index;
      body.push(
        set(word(step), value),
        store4(i32(0), LAYOUT.words + step * LANE_BYTES, get(word(step))),
      );
    }
  }
  const expansion: Code[] = [];
  for (let step = 0; step < BLOCK_WORDS; step++) {
    const [w3, w8, w14, w16] = [13, 8, 2, 0].map((ago) => get(word(step + ago)));
    expansion.push(
      set(mixed, xor4(xor4(w3 ?? [], w8 ?? []), xor4(w14 ?? [], w16 ?? []))),
      set(word(step), or4(add4(get(mixed), get(mixed)), shiftRight4(get(mixed), 31))),
      store4(get(place), LAYOUT.words + (BLOCK_WORDS + step) * LANE_BYTES, get(word(step))),
    );
  }
  const turn = BLOCK_WORDS * LANE_BYTES;
  return {
    parameters: 1,
    givesResult: false,
    locals: ["i32", ...Array.from({ length: 5 + BLOCK_WORDS }, () => "v128" as const)],
    body: sequence(
      ...body,
      repeat(
        sequence(...expansion, set(place, add(get(place), i32(turn)))),
        subtract(get(place), i32(ROUNDS * turn)),
      ),
    ),
  };
}

/** After so many relations hardly anything is left, and it is worth a look whether anything is. */
const LOOKS: readonly number[] = [72, 100];

/** Finds out which of so many vectors' conditions the expanded blocks meet. */
export function screenFunction(relations: readonly Relation[], vectors: number): WasmFunction {
  const [alive, compared] = [0, 1];
  const word = ([step, bit]: Relation["one"]) =>
    shiftLeft4(load4(i32(0), LAYOUT.words + step * LANE_BYTES), 31 - bit);
  const body: Code[] = [set(alive, everything(vectors))];
  for (const [index, { one, other, differ }] of relations.entries()) {
    if (LOOKS.includes(index)) {
      body.push(when(isZero(isAny4(get(alive))), sequence(keep(alive), leave())));
    }
    const bits = one[1] === other[1]
      ? shiftLeft4(
        xor4(
          load4(i32(0), LAYOUT.words + one[0] * LANE_BYTES),
          load4(i32(0), LAYOUT.words + other[0] * LANE_BYTES),
        ),
        31 - one[1],
      )
      : xor4(word(one), word(other));
    body.push(set(compared, shiftRightSigned4(bits, 31)));
    const mask = loadSplat(i32(0), LAYOUT.masks + 4 * index);
    // A mask holds the vectors that are ruled out, or, where bits have to differ, all others.
    body.push(set(
      alive,
      differ
        ? and4(get(alive), or4(get(compared), mask))
        : andNot4(get(alive), and4(get(compared), mask)),
    ));
  }
  return {
    parameters: 0,
    givesResult: false,
    locals: ["v128", "v128"],
    body: sequence(...body, keep(alive)),
  };
}

/** The words that {@linkcode screenFunction} looks for at `LAYOUT.masks`. */
export function screenMasks(relations: readonly Relation[]): number[] {
  return relations.map(({ vectors, differ }) => {
    const ruledOut = vectors.reduce((mask, vector) => mask | 1 << vector, 0);
    return differ ? ~ruledOut : ruledOut;
  });
}

function keep(alive: number): Code {
  return store4(i32(0), LAYOUT.alive, get(alive));
}

/** A bit for each of so many vectors, in all lanes. */
function everything(vectors: number): Code {
  const bits = new Uint32Array(4).fill(2 ** vectors - 1);
  return constant16([...new Uint8Array(bits.buffer)]);
}
