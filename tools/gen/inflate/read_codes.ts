/**
 * Reads the codes that a block brings along: RFC 1951 §3.2.7.
 *
 * @module
 */
import { LAYOUT, ROOT_BITS, SYMBOLS } from "../../../lib/git/inflate_layout.ts";
import {
  add,
  again,
  and,
  branch,
  call,
  type Code,
  either,
  fillBytes,
  get,
  i32,
  isLess,
  isMore,
  isOther,
  isSame,
  isZero,
  leave,
  load,
  load8,
  loop,
  or,
  out,
  repeat,
  sequence,
  set,
  setGlobal,
  shiftLeft,
  shiftRight,
  store8,
  subtract,
  type WasmFunction,
  when,
} from "../wasm.ts";
import {
  closeReader,
  DISTANCE_ROOT,
  drop,
  LITERAL_ROOT,
  lowest,
  openReader,
  refill,
} from "./bits.ts";
import { CODE_BITS, END_SYMBOL, MOST_DISTANCES, MOST_LITERALS, VALUE_AT } from "./entries.ts";

const [LITERALS, ALL, INDEX, ROOT, ENTRY] = [0, 1, 2, 3, 4];
const [SYMBOL, LAST, TIMES, COUNT, NEXT] = [5, 6, 7, 8, 9];
const HELD = 10;
const READER = { held: HELD, count: COUNT, next: NEXT };
/** The highest bit of what `build` gives. */
const LACKS = 31;
/** Bits of the first look, in what `build` gives. */
const ROOT_MASK = 15;

/** `readCodes()`: 0 when there are none. Tables and their first bits are the block's afterwards. */
export function readCodesFunction(take: number, build: number): WasmFunction {
  const takeBits = (bits: number) => call(take, i32(bits));
  const buildTable = (lengths: Code, count: Code, alphabet: number, table: number, root: number) =>
    call(build, lengths, count, i32(alphabet), i32(table), i32(root));
  const noCodes = leave(i32(0));
  return {
    parameters: 0,
    givesResult: true,
    locals: [...Array.from({ length: 10 }, () => "i32" as const), "i64"],
    body: sequence(
      set(LITERALS, add(takeBits(5), i32(END_SYMBOL + 1))),
      set(ALL, add(add(takeBits(5), i32(1)), get(LITERALS))),
      when(isMore(get(LITERALS), i32(MOST_LITERALS)), noCodes),
      when(isMore(subtract(get(ALL), get(LITERALS)), i32(MOST_DISTANCES)), noCodes),
      readLengthCode(takeBits),
      set(
        ROOT,
        buildTable(
          i32(LAYOUT.lengths),
          i32(SYMBOLS.lengths),
          LAYOUT.lengthAlphabet,
          LAYOUT.lengthTable,
          ROOT_BITS.lengths,
        ),
      ),
      when(or(isZero(get(ROOT)), shiftRight(get(ROOT), i32(LACKS))), noCodes),
      fillBytes(i32(LAYOUT.lengths), i32(0), i32(SYMBOLS.literals + SYMBOLS.distances)),
      readLengths(),
      when(isZero(load8(i32(0), LAYOUT.lengths + END_SYMBOL)), noCodes),
      set(
        ROOT,
        buildTable(
          i32(LAYOUT.lengths),
          get(LITERALS),
          LAYOUT.literalAlphabet,
          LAYOUT.literals,
          ROOT_BITS.literals,
        ),
      ),
      when(isZero(get(ROOT)), noCodes),
      setGlobal(LITERAL_ROOT, and(get(ROOT), i32(ROOT_MASK))),
      set(
        ROOT,
        buildTable(
          add(get(LITERALS), i32(LAYOUT.lengths)),
          subtract(get(ALL), get(LITERALS)),
          LAYOUT.distanceAlphabet,
          LAYOUT.distances,
          ROOT_BITS.distances,
        ),
      ),
      setGlobal(DISTANCE_ROOT, and(get(ROOT), i32(ROOT_MASK))),
      isOther(get(ROOT), i32(0)),
    ),
  };
}

function readLengthCode(takeBits: (bits: number) => Code): Code {
  return sequence(
    fillBytes(i32(LAYOUT.lengths), i32(0), i32(SYMBOLS.lengths)),
    set(TIMES, add(takeBits(4), i32(4))),
    set(INDEX, i32(0)),
    repeat(
      sequence(
        store8(load8(get(INDEX), LAYOUT.lengthOrder), LAYOUT.lengths, takeBits(3)),
        set(INDEX, add(get(INDEX), i32(1))),
      ),
      isLess(get(INDEX), get(TIMES)),
    ),
  );
}

/** Lengths of literals, then of distances; they may repeat the last one, or zero. */
function readLengths(): Code {
  const entry = load(
    add(i32(LAYOUT.lengthTable), shiftLeft(lowest(READER, get(ROOT)), i32(2))),
    0,
  );
  /** 16 repeats the last length, 17 and 18 repeat zero: bits of the number of times, and what it begins with. */
  const repetition = sequence(
    when(
      isSame(get(SYMBOL), i32(16)),
      when(isZero(get(INDEX)), sequence(closeReader(READER), leave(i32(0)))),
    ),
    when(isMore(get(SYMBOL), i32(16)), set(LAST, i32(0))),
    set(ENTRY, either(isSame(get(SYMBOL), i32(18)), i32(7), subtract(get(SYMBOL), i32(14)))),
    set(
      TIMES,
      add(lowest(READER, get(ENTRY)), either(isSame(get(SYMBOL), i32(18)), i32(11), i32(3))),
    ),
    drop(READER, get(ENTRY)),
    when(
      isMore(add(get(INDEX), get(TIMES)), get(ALL)),
      sequence(closeReader(READER), leave(i32(0))),
    ),
  );
  return sequence(
    openReader(READER),
    set(INDEX, i32(0)),
    set(LAST, i32(0)),
    loop(sequence(
      refill(READER),
      set(ENTRY, entry),
      drop(READER, and(get(ENTRY), i32(CODE_BITS))),
      set(SYMBOL, shiftRight(get(ENTRY), i32(VALUE_AT))),
      set(TIMES, i32(1)),
      branch(isLess(get(SYMBOL), i32(16)), set(LAST, get(SYMBOL)), repetition),
      fillBytes(add(get(INDEX), i32(LAYOUT.lengths)), get(LAST), get(TIMES)),
      set(INDEX, add(get(INDEX), get(TIMES))),
      when(isLess(get(INDEX), get(ALL)), again(1)),
      out(0),
    )),
    closeReader(READER),
  );
}
