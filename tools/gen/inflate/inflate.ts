/**
 * The program that inflates a zlib stream (RFC 1950 around RFC 1951), as a WebAssembly module.
 *
 * The platform's zlib sets up a window and a stream object for each content, which takes longer than to inflate a
 * few kilobytes.
 *
 * @module
 */
import {
  DAMAGED,
  LAYOUT,
  PAGES,
  ROOT_BITS,
  SYMBOLS,
  TRUNCATED,
} from "../../../lib/git/inflate_layout.ts";
import {
  add,
  again,
  and,
  assemble,
  branch,
  call,
  type Code,
  copyBytes,
  discard,
  either,
  get,
  getGlobal,
  i32,
  isMore,
  isOther,
  isSame,
  isZero,
  leave,
  load16,
  load8,
  loop,
  or,
  remainder,
  sequence,
  set,
  setGlobal,
  shiftLeft,
  shiftRight,
  subtract,
  type WasmFunction,
  when,
  xor,
  ZERO_64,
} from "../wasm.ts";
import {
  COUNT,
  DISTANCE_ROOT,
  FIXED_MADE,
  GLOBALS,
  HELD,
  isBeyond,
  LIMIT,
  LITERAL_ROOT,
  NEXT,
  place,
  takeFunction,
} from "./bits.ts";
import { buildTableFunction } from "./build_table.ts";
import { checksumFunction } from "./checksum.ts";
import { decodeFunction } from "./decode.ts";
import {
  distanceAlphabet,
  fixedLengths,
  LENGTH_ORDER,
  lengthAlphabet,
  literalAlphabet,
} from "./entries.ts";
import { readCodesFunction } from "./read_codes.ts";

const TAKE = 0;
const BUILD = 1;
const READ_CODES = 2;
const DECODE = 3;
const DECODE_FIXED = 4;
const CHECKSUM = 5;

const STORED = 0;
const FIXED = 1;
const DYNAMIC = 2;

const [END, CONTENT_END, TO, IS_LAST, TYPE, AT, THERE] = [0, 1, 2, 3, 4, 5, 6];
/** Bits of the fixed codes, all of them at the first look. */
const FIXED_LITERAL_BITS = 9;
const FIXED_DISTANCE_BITS = 5;

/** The module's bytes: `memory`, and `inflate(end, contentEnd)`. */
export function buildInflater(): Uint8Array<ArrayBuffer> {
  const functions = [
    takeFunction(),
    buildTableFunction(),
    readCodesFunction(TAKE, BUILD),
    decodeFunction(LAYOUT),
    decodeFunction({ literals: LAYOUT.fixedLiterals, distances: LAYOUT.fixedDistances }),
    checksumFunction(),
    inflateFunction(),
  ];
  return assemble(functions, PAGES, [
    { at: LAYOUT.literalAlphabet, bytes: words(literalAlphabet()) },
    { at: LAYOUT.distanceAlphabet, bytes: words(distanceAlphabet()) },
    { at: LAYOUT.lengthAlphabet, bytes: words(lengthAlphabet()) },
    { at: LAYOUT.lengthOrder, bytes: new Uint8Array(LENGTH_ORDER) },
    { at: LAYOUT.fixedLengths, bytes: new Uint8Array(fixedLengths()) },
  ], GLOBALS);
}

/** Inflates what lies at `LAYOUT.input` up to `end` to `LAYOUT.output`: the stream's length, or why not. */
function inflateFunction(): WasmFunction {
  const damaged = leave(i32(DAMAGED));
  const truncated = leave(i32(TRUNCATED));
  /** What cannot be read because bytes are missing is no damage yet. */
  const trouble = leave(either(isBeyond(), i32(TRUNCATED), i32(DAMAGED)));
  const method = load8(i32(LAYOUT.input));
  const flags = load8(i32(LAYOUT.input + 1));
  const isNoZlib = or(
    or(isOther(and(method, i32(15)), i32(8)), isMore(shiftRight(method, i32(4)), i32(7))),
    or(
      isOther(remainder(or(shiftLeft(method, i32(8)), flags), i32(31)), i32(0)),
      and(flags, i32(0x20)),
    ),
  );
  const block = sequence(
    set(IS_LAST, call(TAKE, i32(1))),
    set(TYPE, call(TAKE, i32(2))),
    when(isBeyond(), truncated),
    when(isMore(get(TYPE), i32(DYNAMIC)), damaged),
    branch(
      isSame(get(TYPE), i32(STORED)),
      copyStored(truncated, damaged),
      sequence(
        branch(isSame(get(TYPE), i32(FIXED)), decodeFixed(), decodeDynamic(trouble)),
        when(or(isZero(get(TO)), isBeyond()), trouble),
      ),
    ),
    when(isZero(get(IS_LAST)), again(1)),
  );
  return {
    parameters: 2,
    givesResult: true,
    locals: Array.from({ length: 5 }, () => "i32" as const),
    body: sequence(
      setGlobal(HELD, ZERO_64),
      setGlobal(COUNT, i32(0)),
      setGlobal(NEXT, i32(LAYOUT.input + 2)),
      setGlobal(LIMIT, get(END)),
      when(isBeyond(), truncated),
      // A stream that needs a dictionary is none of git's.
      when(isNoZlib, damaged),
      set(TO, i32(LAYOUT.output)),
      loop(block),
      when(isOther(get(TO), get(CONTENT_END)), damaged),
      checkSum(truncated, damaged),
      subtract(add(get(AT), i32(4)), i32(LAYOUT.input)),
    ),
    exported: "inflate",
  };
}

/** RFC 1951 §3.2.4. */
function copyStored(truncated: Code, damaged: Code): Code {
  const length = load16(get(AT));
  const left = subtract(get(END), add(get(AT), i32(4)));
  return sequence(
    set(AT, place(getGlobal(NEXT), getGlobal(COUNT))),
    when(isMore(add(get(AT), i32(4)), get(END)), truncated),
    when(isOther(xor(length, load16(get(AT), 2)), i32(0xffff)), damaged),
    set(THERE, either(isMore(length, left), left, length)),
    when(isMore(get(THERE), subtract(get(CONTENT_END), get(TO))), damaged),
    copyBytes(get(TO), add(get(AT), i32(4)), get(THERE)),
    when(isMore(length, left), truncated),
    set(TO, add(get(TO), get(THERE))),
    setGlobal(NEXT, add(add(get(AT), i32(4)), get(THERE))),
    setGlobal(HELD, ZERO_64),
    setGlobal(COUNT, i32(0)),
  );
}

/** RFC 1951 §3.2.6; the tables are made when they are needed first. */
function decodeFixed(): Code {
  const make = (lengths: number, count: number, alphabet: number, table: number, root: number) =>
    // Nobody needs to be told how many bits they take.
    discard(call(BUILD, i32(lengths), i32(count), i32(alphabet), i32(table), i32(root)));
  const { literals, distances } = SYMBOLS;
  return sequence(
    when(
      isZero(getGlobal(FIXED_MADE)),
      sequence(
        make(
          LAYOUT.fixedLengths,
          literals,
          LAYOUT.literalAlphabet,
          LAYOUT.fixedLiterals,
          ROOT_BITS.literals,
        ),
        make(
          LAYOUT.fixedLengths + literals,
          distances,
          LAYOUT.distanceAlphabet,
          LAYOUT.fixedDistances,
          ROOT_BITS.distances,
        ),
        setGlobal(FIXED_MADE, i32(1)),
      ),
    ),
    set(
      TO,
      call(
        DECODE_FIXED,
        get(TO),
        get(CONTENT_END),
        i32(FIXED_LITERAL_BITS),
        i32(FIXED_DISTANCE_BITS),
      ),
    ),
  );
}

/** RFC 1951 §3.2.7. */
function decodeDynamic(trouble: Code): Code {
  const [literalRoot, distanceRoot] = [getGlobal(LITERAL_ROOT), getGlobal(DISTANCE_ROOT)];
  return sequence(
    when(isZero(call(READ_CODES)), trouble),
    set(TO, call(DECODE, get(TO), get(CONTENT_END), literalRoot, distanceRoot)),
  );
}

/** RFC 1950 §2.2: the sum's bytes, highest first. */
function checkSum(truncated: Code, damaged: Code): Code {
  const byte = (index: number) => load8(get(AT), index);
  const sum = [1, 2, 3].reduce(
    (high, index) => or(shiftLeft(high, i32(8)), byte(index)),
    byte(0),
  );
  return sequence(
    set(AT, place(getGlobal(NEXT), getGlobal(COUNT))),
    when(isMore(add(get(AT), i32(4)), get(END)), truncated),
    when(isOther(sum, call(CHECKSUM, i32(LAYOUT.output), get(CONTENT_END))), damaged),
  );
}

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}
