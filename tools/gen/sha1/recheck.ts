/**
 * Whether a block is part of an attack that is built on one of some vectors.
 *
 * @module
 */
import { STEPS, type Vector } from "../../../lib/sha1/vectors.ts";
import { MEETINGS, PHASE_STEPS, PHASES } from "./compress.ts";
import { LAYOUT } from "../../../lib/sha1/layout.ts";
import {
  add,
  and,
  type Code,
  get,
  i32,
  isLess,
  isZero,
  load,
  lowestBit,
  multiply,
  or,
  repeat,
  rotate,
  sequence,
  set,
  shiftLeft,
  shiftRight,
  store,
  subtract,
  type WasmFunction,
  when,
  xor,
} from "../wasm.ts";

const LANE = 0;
const OPEN = 1;
const VECTOR = 2;
const PLACE = 3;
const MEETING = 4;
const NEXT = 5;
/** a to e, where the steps forwards ended, and where those backwards do. */
const STATE = [6, 7, 8, 9, 10];
const END = [11, 12, 13, 14, 15];
const DIFFERENCES = 16;
const DIFFERS = 17;
const LOCALS = 16;

/** Notes an attack when one of the vectors of a mask turns out to be at work in the block of a lane. */
export function recheckFunction(vectors: readonly Vector[]): WasmFunction {
  const late = vectors.reduce(
    (mask, { meeting }, index) => meeting === MEETINGS[1] ? mask | 1 << index : mask,
    0,
  );
  const isLate = and(shiftRight(i32(late), get(VECTOR)), i32(1));
  return {
    parameters: 2,
    givesResult: false,
    locals: Array.from({ length: LOCALS }, () => "i32" as const),
    body: repeat(
      sequence(
        set(VECTOR, lowestBit(get(OPEN))),
        set(MEETING, isLate),
        set(DIFFERENCES, multiply(get(VECTOR), i32(4 * STEPS))),
        loadMeeting(),
        forwards(),
        ...STATE.map((letter, word) => set(END[word] ?? 0, get(letter))),
        loadMeeting(),
        backwards(),
        compare(),
        set(OPEN, and(get(OPEN), subtract(get(OPEN), i32(1)))),
      ),
      get(OPEN),
    ),
  };
}

/** A step's word of the other message; addresses count in words of four bytes. */
function otherWord(): Code {
  const word = load(add(get(LANE), shiftLeft(get(PLACE), i32(2))), LAYOUT.words);
  return xor(word, load(add(get(DIFFERENCES), get(PLACE)), LAYOUT.differences));
}

/** The state where both messages meet; `PLACE` becomes the step that follows, in bytes. */
function loadMeeting(): Code {
  const [early = 0, late = 0] = MEETINGS;
  const at = shiftLeft(get(MEETING), i32(5));
  return sequence(
    ...STATE.map((letter, word) => set(letter, load(at, LAYOUT.meetings + 4 * word))),
    set(PLACE, add(i32(4 * early), multiply(get(MEETING), i32(4 * (late - early))))),
  );
}

/** From the meeting to the end. */
function forwards(): Code {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = STATE;
  return sequence(...[2, 3].map((phase) => {
    const { constant, mix } = phaseOf(phase);
    const end = 4 * PHASE_STEPS * (phase + 1);
    const body = sequence(
      set(
        NEXT,
        add(
          add(rotate(get(a), i32(5)), mix(get(b), get(c), get(d))),
          add(add(get(e), i32(constant)), otherWord()),
        ),
      ),
      set(e, get(d)),
      set(d, get(c)),
      set(c, rotate(get(b), i32(30))),
      set(b, get(a)),
      set(a, get(NEXT)),
      set(PLACE, add(get(PLACE), i32(4))),
    );
    return when(isLess(get(PLACE), i32(end)), repeat(body, isLess(get(PLACE), i32(end))));
  }));
}

/** From the meeting to the beginning. */
function backwards(): Code {
  const [a = 0, b = 0, c = 0, d = 0, e = 0] = STATE;
  return sequence(...[3, 2, 1, 0].map((phase) => {
    const { constant, mix } = phaseOf(phase);
    const start = 4 * PHASE_STEPS * phase;
    const body = sequence(
      set(PLACE, subtract(get(PLACE), i32(4))),
      set(NEXT, get(a)),
      set(a, get(b)),
      set(b, rotate(get(c), i32(2))),
      set(c, get(d)),
      set(d, get(e)),
      set(
        e,
        subtract(
          get(NEXT),
          add(
            add(rotate(get(a), i32(5)), mix(get(b), get(c), get(d))),
            add(i32(constant), otherWord()),
          ),
        ),
      ),
    );
    const isLeft = isLess(i32(start), get(PLACE));
    return when(isLeft, repeat(body, isLeft));
  }));
}

/** What the other message begins with and what its steps end with make up its digest. */
function compare(): Code {
  const differences = STATE.map((letter, word) =>
    xor(add(get(letter), get(END[word] ?? 0)), load(i32(0), LAYOUT.state + 4 * word))
  );
  return sequence(
    set(DIFFERS, differences.reduce((sum, difference) => or(sum, difference))),
    when(isZero(get(DIFFERS)), store(i32(0), LAYOUT.attack, i32(1))),
  );
}

function phaseOf(phase: number): (typeof PHASES)[number] {
  const found = PHASES[phase];
  if (found === undefined) throw new RangeError("no such phase");
  return found;
}
