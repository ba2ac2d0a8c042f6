/**
 * Makes the table that decodes a prefix code, from the lengths of its codes: RFC 1951 §3.2.2.
 *
 * @module
 */
import { LAYOUT, LONGEST } from "../../../lib/git/inflate_layout.ts";
import {
  add,
  again,
  and,
  branch,
  type Code,
  either,
  fillBytes,
  get,
  i32,
  isLess,
  isLessSigned,
  isMore,
  isOther,
  isSame,
  isZero,
  leave,
  load,
  load16,
  load8,
  loop,
  or,
  out,
  repeat,
  sequence,
  set,
  shiftLeft,
  shiftRight,
  store,
  store16,
  subtract,
  type WasmFunction,
  when,
} from "../wasm.ts";
import { EXTRA_AT, LONGER, UNUSED, VALUE_AT } from "./entries.ts";

const [LENGTHS, COUNT, ALPHABET, TABLE, MOST_ROOT] = [0, 1, 2, 3, 4];
const [INDEX, LENGTH, LONGEST_USED, FREE, ROOT, SYMBOL, CODE, TAKEN, BELOW, PREFIX] = [
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
];
const [ENTRY, AT, END, STEP, LEFT, BIT] = [15, 16, 17, 18, 19, 20];
const LOCALS = 16;

/** The length of a code of which the table is made of so few bits that it is none. */
export const NO_CODE = 0;

/**
 * `build(lengths, count, alphabet, table, mostRootBits)`: the bits of the first look, or 0 when the lengths are those
 * of no code. With zlib, a code may lack something when it has one symbol of one bit, or none at all; the highest
 * bit is set then.
 */
export function buildTableFunction(): WasmFunction {
  return {
    parameters: 5,
    givesResult: true,
    locals: Array.from({ length: LOCALS }, () => "i32" as const),
    body: sequence(
      countLengths(),
      sumUp(),
      // Too many symbols, or a code that lacks something.
      when(isLessSigned(get(FREE), i32(0)), leave(i32(NO_CODE))),
      when(
        and(isOther(get(FREE), i32(0)), isMore(get(LONGEST_USED), i32(1))),
        leave(i32(NO_CODE)),
      ),
      set(
        ROOT,
        either(
          isLess(get(LONGEST_USED), get(MOST_ROOT)),
          either(isZero(get(LONGEST_USED)), i32(1), get(LONGEST_USED)),
          get(MOST_ROOT),
        ),
      ),
      when(
        get(FREE),
        sequence(
          store(get(TABLE), 0, i32(UNUSED | 1)),
          store(get(TABLE), 4, i32(UNUSED | 1)),
        ),
      ),
      sortSymbols(),
      fill(),
      or(get(ROOT), shiftLeft(isOther(get(FREE), i32(0)), i32(31))),
    ),
  };
}

/** How many codes have each length. */
function countLengths(): Code {
  const place = shiftLeft(load8(add(get(LENGTHS), get(INDEX))), i32(1));
  return sequence(
    fillBytes(i32(LAYOUT.counts), i32(0), i32(2 * (LONGEST + 1))),
    set(INDEX, i32(0)),
    repeat(
      sequence(
        set(AT, place),
        store16(get(AT), LAYOUT.counts, add(load16(get(AT), LAYOUT.counts), i32(1))),
        set(INDEX, add(get(INDEX), i32(1))),
      ),
      isLess(get(INDEX), get(COUNT)),
    ),
  );
}

/** The longest, where the codes of each length begin, and how many of the longest kind nobody has. */
function sumUp(): Code {
  const many = load16(shiftLeft(get(LENGTH), i32(1)), LAYOUT.counts);
  return sequence(
    set(LONGEST_USED, i32(0)),
    set(FREE, i32(1)),
    set(AT, i32(0)),
    set(LENGTH, i32(1)),
    loop(sequence(
      store16(shiftLeft(get(LENGTH), i32(1)), LAYOUT.places, get(AT)),
      set(LEFT, many),
      set(AT, add(get(AT), get(LEFT))),
      set(FREE, subtract(shiftLeft(get(FREE), i32(1)), get(LEFT))),
      when(isLessSigned(get(FREE), i32(0)), out(1)),
      when(get(LEFT), set(LONGEST_USED, get(LENGTH))),
      set(LENGTH, add(get(LENGTH), i32(1))),
      when(isLess(get(LENGTH), i32(LONGEST + 1)), again(1)),
    )),
  );
}

function sortSymbols(): Code {
  const place = shiftLeft(get(LENGTH), i32(1));
  return sequence(
    set(INDEX, i32(0)),
    repeat(
      sequence(
        set(LENGTH, load8(add(get(LENGTHS), get(INDEX)))),
        when(
          get(LENGTH),
          sequence(
            set(AT, load16(place, LAYOUT.places)),
            store16(place, LAYOUT.places, add(get(AT), i32(1))),
            store16(shiftLeft(get(AT), i32(1)), LAYOUT.sorted, get(INDEX)),
          ),
        ),
        set(INDEX, add(get(INDEX), i32(1))),
      ),
      isLess(get(INDEX), get(COUNT)),
    ),
  );
}

/** Codes arrive with their first bit lowest, so those of one beginning lie a power of two apart. */
function fill(): Code {
  const oneShifted = (bits: Code) => shiftLeft(i32(1), bits);
  const rootSize = oneShifted(get(ROOT));
  const prefix = and(get(CODE), subtract(rootSize, i32(1)));
  const belowBits = subtract(get(LONGEST_USED), get(ROOT));
  const openTable = sequence(
    set(PREFIX, prefix),
    set(BELOW, get(TAKEN)),
    set(TAKEN, add(get(TAKEN), oneShifted(belowBits))),
    store(
      add(get(TABLE), shiftLeft(get(PREFIX), i32(2))),
      0,
      or(
        or(shiftLeft(get(BELOW), i32(VALUE_AT)), i32(LONGER)),
        shiftLeft(belowBits, i32(EXTRA_AT)),
      ),
    ),
  );
  const long = sequence(
    when(isOther(prefix, get(PREFIX)), openTable),
    set(AT, add(get(BELOW), shiftRight(get(CODE), get(ROOT)))),
    set(END, get(TAKEN)),
    set(STEP, oneShifted(subtract(get(LENGTH), get(ROOT)))),
  );
  const short = sequence(
    set(AT, get(CODE)),
    set(END, rootSize),
    set(STEP, oneShifted(get(LENGTH))),
  );
  const symbol = load16(shiftLeft(get(SYMBOL), i32(1)), LAYOUT.sorted);
  const onCode = sequence(
    set(
      ENTRY,
      or(load(add(get(ALPHABET), shiftLeft(symbol, i32(2))), 0), get(LENGTH)),
    ),
    set(SYMBOL, add(get(SYMBOL), i32(1))),
    branch(isMore(get(LENGTH), get(ROOT)), long, short),
    repeat(
      sequence(
        store(add(get(TABLE), shiftLeft(get(AT), i32(2))), 0, get(ENTRY)),
        set(AT, add(get(AT), get(STEP))),
      ),
      isLess(get(AT), get(END)),
    ),
    nextCode(),
    set(LEFT, subtract(get(LEFT), i32(1))),
  );
  return sequence(
    set(TAKEN, rootSize),
    set(SYMBOL, i32(0)),
    set(CODE, i32(0)),
    set(PREFIX, i32(-1)),
    set(LENGTH, i32(1)),
    loop(sequence(
      when(isMore(get(LENGTH), get(LONGEST_USED)), out(1)),
      set(LEFT, load16(shiftLeft(get(LENGTH), i32(1)), LAYOUT.counts)),
      when(get(LEFT), repeat(onCode, get(LEFT))),
      set(LENGTH, add(get(LENGTH), i32(1))),
      again(0),
    )),
  );
}

/** The code after this one: the carry goes from the last bit, which is the highest, to the first. */
function nextCode(): Code {
  return sequence(
    set(BIT, shiftLeft(i32(1), subtract(get(LENGTH), i32(1)))),
    loop(sequence(
      when(isZero(and(get(CODE), get(BIT))), out(1)),
      set(BIT, shiftRight(get(BIT), i32(1))),
      when(isOther(get(BIT), i32(0)), again(1)),
    )),
    set(
      CODE,
      either(
        isSame(get(BIT), i32(0)),
        i32(0),
        or(and(get(CODE), subtract(get(BIT), i32(1))), get(BIT)),
      ),
    ),
  );
}
