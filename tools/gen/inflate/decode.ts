/**
 * Decodes a block: literals, and copies of what came before (RFC 1951 §3.2.3).
 *
 * @module
 */
import { LAYOUT } from "../../../lib/git/inflate_layout.ts";
import {
  add,
  again,
  and,
  branch,
  type Code,
  fillBytes,
  get,
  getGlobal,
  i32,
  isLess,
  isMore,
  isSame,
  isZero,
  leave,
  load,
  load64,
  load8,
  loop,
  narrow,
  or,
  or64,
  out,
  repeat,
  sequence,
  set,
  setGlobal,
  shiftLeft,
  shiftLeft64,
  shiftRight,
  shiftRight64,
  store64,
  store8,
  subtract,
  type WasmFunction,
  when,
  widen,
} from "../wasm.ts";
import {
  COUNT as COUNT_GLOBAL,
  HELD as HELD_GLOBAL,
  LIMIT,
  NEXT as NEXT_GLOBAL,
  place,
} from "./bits.ts";
import {
  CODE_BITS,
  END_OF_BLOCK,
  EXTRA_AT,
  EXTRA_BITS,
  LONGER,
  NO_LITERAL,
  UNUSED,
  VALUE_AT,
} from "./entries.ts";

const [TO, END, LITERAL_ROOT, DISTANCE_ROOT] = [0, 1, 2, 3];
const [COUNT, NEXT, ENTRY, LENGTH, DISTANCE, FROM, STOP] = [4, 5, 6, 7, 8, 9, 10];
const [LITERAL_MASK, DISTANCE_MASK, HELD] = [11, 12, 13];
/** Literals that are decoded without a refill: 40 of 48 bits. A length with its distance takes 48. */
const IN_A_ROW = 4;
/** Bits that are always held after a refill. */
const LEAST_HELD = 48;
/** Words are four bytes: bits are held this far from the right, so that masked they are an address. */
const WORD_SHIFT = 2;

/** A block's tables. */
export interface Tables {
  readonly literals: number;
  readonly distances: number;
}

/** `decode(to, end, literalRoot, distanceRoot)`: where the content ends now; 0 when it cannot be. */
export function decodeFunction({ literals, distances }: Tables): WasmFunction {
  const failed = sequence(close(), leave(i32(0)));
  const entryBits = and(get(ENTRY), i32(CODE_BITS));
  const value = shiftRight(get(ENTRY), i32(VALUE_AT));
  const look = (table: number, mask: number) =>
    set(ENTRY, load(and(narrow(get(HELD)), get(mask)), table));
  const extra = and(shiftRight(get(ENTRY), i32(EXTRA_AT)), i32(EXTRA_BITS));
  const isKind = (kind: number) => and(get(ENTRY), i32(kind));
  /** A longer code's entry lies further down. */
  const lookFurther = (table: number, root: number) => {
    const index = add(value, shiftRight(lowest(add(get(root), extra)), get(root)));
    return when(isKind(LONGER), set(ENTRY, load(shiftLeft(index, i32(WORD_SHIFT)), table)));
  };
  const put = sequence(
    // A literal's entry has nothing but the length in its lower bits, and no more of them are looked at.
    set(HELD, shiftRight64(get(HELD), widen(get(ENTRY)))),
    set(COUNT, subtract(get(COUNT), entryBits)),
    when(isSame(get(TO), get(END)), failed),
    store8(get(TO), 0, value),
    set(TO, add(get(TO), i32(1))),
  );
  const takeValue = sequence(
    set(FROM, extra),
    set(LENGTH, add(value, lowest(get(FROM)))),
    drop(get(FROM)),
  );
  /** `depth` whens lie between this and the loop. */
  const literal = (left: number, depth: number): Code =>
    when(
      isZero(isKind(NO_LITERAL)),
      sequence(
        put,
        ...(left === 1 ? [] : [look(literals, LITERAL_MASK), literal(left - 1, depth + 1)]),
        again(depth),
      ),
    );
  const block = sequence(
    // Whoever is eight bytes beyond the end has let go of bits that are not there.
    when(isMore(get(NEXT), add(getGlobal(LIMIT), i32(8))), failed),
    refill(),
    look(literals, LITERAL_MASK),
    literal(IN_A_ROW, 1),
    lookFurther(literals, LITERAL_ROOT),
    when(isZero(isKind(NO_LITERAL)), sequence(put, again(1))),
    drop(entryBits),
    when(isKind(END_OF_BLOCK), out(1)),
    when(isKind(UNUSED), failed),
    takeValue,
    set(STOP, add(get(TO), get(LENGTH))),
    look(distances, DISTANCE_MASK),
    lookFurther(distances, DISTANCE_ROOT),
    drop(entryBits),
    when(isKind(UNUSED), failed),
    takeValue,
    set(DISTANCE, get(LENGTH)),
    when(isMore(get(DISTANCE), subtract(get(TO), i32(LAYOUT.output))), failed),
    when(isMore(get(STOP), get(END)), failed),
    copy(),
    again(0),
  );
  return {
    parameters: 4,
    givesResult: true,
    locals: [...Array.from({ length: 9 }, () => "i32" as const), "i64"],
    body: sequence(open(), loop(block), close(), get(TO)),
  };
}

/** Takes the reader out of the globals; whole bytes are read once more. */
function open(): Code {
  const mask = (root: number) =>
    shiftLeft(subtract(shiftLeft(i32(1), get(root)), i32(1)), i32(WORD_SHIFT));
  return sequence(
    set(NEXT, place(getGlobal(NEXT_GLOBAL), getGlobal(COUNT_GLOBAL))),
    set(COUNT, and(getGlobal(COUNT_GLOBAL), i32(7))),
    set(
      HELD,
      widen(shiftLeft(
        and(narrow(getGlobal(HELD_GLOBAL)), subtract(shiftLeft(i32(1), get(COUNT)), i32(1))),
        i32(WORD_SHIFT),
      )),
    ),
    set(LITERAL_MASK, mask(LITERAL_ROOT)),
    set(DISTANCE_MASK, mask(DISTANCE_ROOT)),
  );
}

function close(): Code {
  return sequence(
    setGlobal(HELD_GLOBAL, shiftRight64(get(HELD), widen(i32(WORD_SHIFT)))),
    setGlobal(COUNT_GLOBAL, get(COUNT)),
    setGlobal(NEXT_GLOBAL, get(NEXT)),
  );
}

function refill(): Code {
  return sequence(
    set(
      HELD,
      or64(get(HELD), shiftLeft64(load64(get(NEXT)), widen(add(get(COUNT), i32(WORD_SHIFT))))),
    ),
    set(NEXT, add(get(NEXT), shiftRight(subtract(i32(LEAST_HELD + 7), get(COUNT)), i32(3)))),
    set(COUNT, or(and(get(COUNT), i32(7)), i32(LEAST_HELD))),
  );
}

function drop(bits: Code): Code {
  return sequence(
    set(HELD, shiftRight64(get(HELD), widen(bits))),
    set(COUNT, subtract(get(COUNT), bits)),
  );
}

function lowest(bits: Code): Code {
  return and(
    shiftRight(narrow(get(HELD)), i32(WORD_SHIFT)),
    subtract(shiftLeft(i32(1), bits), i32(1)),
  );
}

/** From `TO` up to `STOP`; what is copied may be written by the copy itself. There is room for eight bytes more. */
function copy(): Code {
  const far = sequence(
    set(FROM, subtract(get(TO), get(DISTANCE))),
    repeat(
      sequence(
        store64(get(TO), 0, load64(get(FROM))),
        set(FROM, add(get(FROM), i32(8))),
        set(TO, add(get(TO), i32(8))),
      ),
      isLess(get(TO), get(STOP)),
    ),
  );
  const near = sequence(
    set(FROM, subtract(get(TO), get(DISTANCE))),
    repeat(
      sequence(
        store8(get(TO), 0, load8(get(FROM))),
        set(FROM, add(get(FROM), i32(1))),
        set(TO, add(get(TO), i32(1))),
      ),
      isLess(get(TO), get(STOP)),
    ),
  );
  const run = fillBytes(
    get(TO),
    load8(subtract(get(TO), i32(1))),
    subtract(get(STOP), get(TO)),
  );
  return sequence(
    branch(
      isMore(get(DISTANCE), i32(7)),
      far,
      branch(isSame(get(DISTANCE), i32(1)), run, near),
    ),
    set(TO, get(STOP)),
  );
}
