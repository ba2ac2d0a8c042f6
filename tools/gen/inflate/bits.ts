/**
 * Reads bits, lowest first: up to 63 are held in one value, which is filled eight bytes at a time.
 *
 * @module
 */
import {
  add,
  and,
  type Code,
  get,
  getGlobal,
  i32,
  isMore,
  load64,
  narrow,
  or,
  or64,
  sequence,
  set,
  setGlobal,
  shiftLeft,
  shiftLeft64,
  shiftRight,
  shiftRight64,
  subtract,
  type ValueType,
  type WasmFunction,
  widen,
} from "../wasm.ts";

/** Globals: the bits held, how many of them count, the next byte, the end of the stream's bytes. */
export const HELD = 0;
export const COUNT = 1;
export const NEXT = 2;
export const LIMIT = 3;
/** Globals: bits of the first look into the tables of a block's own codes. */
export const LITERAL_ROOT = 4;
export const DISTANCE_ROOT = 5;
/** Globals: whether the tables of the fixed codes are made. */
export const FIXED_MADE = 6;
/** Types of all globals. */
export const GLOBALS: readonly ValueType[] = ["i64", "i32", "i32", "i32", "i32", "i32", "i32"];

/** Where the held bits are while a function reads many: in locals. */
export interface Reader {
  readonly held: number;
  readonly count: number;
  readonly next: number;
}

/** At least 56 bits are held afterwards; those beyond the end mean nothing. */
export function refill({ held, count, next }: Reader): Code {
  return sequence(
    set(held, or64(get(held), shiftLeft64(load64(get(next)), widen(get(count))))),
    set(next, add(get(next), shiftRight(subtract(i32(63), get(count)), i32(3)))),
    set(count, or(get(count), i32(56))),
  );
}

/** Lets go of bits. */
export function drop({ held, count }: Reader, bits: Code): Code {
  return sequence(
    set(held, shiftRight64(get(held), widen(bits))),
    set(count, subtract(get(count), bits)),
  );
}

/** The lowest bits. */
export function lowest({ held }: Reader, bits: Code): Code {
  return and(narrow(get(held)), subtract(shiftLeft(i32(1), bits), i32(1)));
}

/** Takes the reader out of the globals. */
export function openReader({ held, count, next }: Reader): Code {
  return sequence(
    set(held, getGlobal(HELD)),
    set(count, getGlobal(COUNT)),
    set(next, getGlobal(NEXT)),
  );
}

/** Puts the reader back. */
export function closeReader({ held, count, next }: Reader): Code {
  return sequence(
    setGlobal(HELD, get(held)),
    setGlobal(COUNT, get(count)),
    setGlobal(NEXT, get(next)),
  );
}

/** The place behind the byte of the last bit that was let go of. */
export function place(next: Code, count: Code): Code {
  return subtract(next, shiftRight(count, i32(3)));
}

/** Whether bits were let go of that lie beyond the end. */
export function isBeyond(): Code {
  return isMore(place(getGlobal(NEXT), getGlobal(COUNT)), getGlobal(LIMIT));
}

/** `take(bits)`: the next bits, 16 at most. */
export function takeFunction(): WasmFunction {
  const [bits, count, next, taken, held] = [0, 1, 2, 3, 4];
  const reader = { held, count, next };
  return {
    parameters: 1,
    givesResult: true,
    locals: ["i32", "i32", "i32", "i64"],
    body: sequence(
      openReader(reader),
      refill(reader),
      set(taken, lowest(reader, get(bits))),
      drop(reader, get(bits)),
      closeReader(reader),
      get(taken),
    ),
  };
}
