/**
 * SHA-1's 80 steps over one expanded block: FIPS 180-4 §6.1.2.
 *
 * @module
 */
import { LAYOUT } from "../../../lib/sha1/layout.ts";
import {
  add,
  and,
  type Code,
  get,
  i32,
  load,
  or,
  rotate,
  sequence,
  set,
  store,
  type WasmFunction,
  xor,
} from "../wasm.ts";

/** What differs between the four times twenty steps. */
export interface Phase {
  /** The constant. */
  readonly constant: number;
  /** The function of three words. */
  mix(b: Code, c: Code, d: Code): Code;
}

/** FIPS 180-4 §4.1.1 and §4.2.1. */
export const PHASES: readonly Phase[] = [
  { constant: 0x5a827999, mix: (b, c, d) => xor(d, and(b, xor(c, d))) },
  { constant: 0x6ed9eba1, mix: (b, c, d) => xor(xor(b, c), d) },
  { constant: 0x8f1bbcdc, mix: (b, c, d) => or(and(b, c), and(d, or(b, c))) },
  { constant: 0xca62c1d6, mix: (b, c, d) => xor(xor(b, c), d) },
];
/** Steps of one phase. */
export const PHASE_STEPS = 20;
/** Where the two messages of an attack may meet. */
export const MEETINGS = [58, 65];

const WORDS = [0, 1, 2, 3, 4];

/** Takes the digest further by the block in a lane, and keeps the states where messages may meet. */
export function compressFunction(): WasmFunction {
  const lane = 0;
  const local = (step: number, letter: number) => 1 + (letter + 4 * step) % 5;
  const body = WORDS.map((word) => set(local(0, word), load(i32(0), LAYOUT.state + 4 * word)));
  for (let step = 0; step < 4 * PHASE_STEPS; step++) {
    const meeting = MEETINGS.indexOf(step);
    if (meeting >= 0) {
      const at = LAYOUT.meetings + 32 * meeting;
      for (const word of WORDS) body.push(store(i32(0), at + 4 * word, get(local(step, word))));
    }
    const phase = PHASES[Math.floor(step / PHASE_STEPS)];
    if (phase === undefined) throw new RangeError("no such step");
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = WORDS.map((word) => local(step, word));
    const input = add(load(get(lane), LAYOUT.words + 16 * step), i32(phase.constant));
    body.push(
      set(
        e,
        add(
          add(add(get(e), input), phase.mix(get(b), get(c), get(d))),
          rotate(get(a), i32(5)),
        ),
      ),
      set(b, rotate(get(b), i32(30))),
    );
  }
  for (const word of WORDS) {
    const place = LAYOUT.state + 4 * word;
    body.push(store(i32(0), place, add(load(i32(0), place), get(local(80, word)))));
  }
  return {
    parameters: 1,
    givesResult: false,
    locals: WORDS.map(() => "i32" as const),
    body: sequence(...body),
  };
}
