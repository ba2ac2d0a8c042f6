/**
 * As much of WebAssembly's binary format as our modules need: instructions as trees, functions, globals, one memory.
 *
 * @module
 */

/** Instructions, encoded. */
export type Code = readonly number[];

/** The kinds of value that are used here. */
export type ValueType = "i32" | "i64" | "v128";

/** A function: its parameters are `i32`; locals follow them. */
export interface WasmFunction {
  /** Number of parameters. */
  readonly parameters: number;
  /** Whether it gives an `i32`. */
  readonly givesResult: boolean;
  /** Types of the locals behind the parameters. */
  readonly locals: readonly ValueType[];
  /** What it does. */
  readonly body: Code;
  /** Its name outside. */
  readonly exported?: string;
}

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };
const NO_RESULT = 0x40;
const END = 0x0b;
const ALIGNED_32 = 2;
const ALIGNED_128 = 4;
const UNALIGNED = 0;

/** LEB128 of a number without sign. */
function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) bytes.push(rest & 0x7f | 0x80);
  return [...bytes, rest];
}

function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value | 0;
  for (; rest < -64 || rest > 63; rest >>= 7) bytes.push(rest & 0x7f | 0x80);
  return [...bytes, rest & 0x7f];
}

/** Code after code. */
export function sequence(...codes: readonly Code[]): Code {
  return codes.flat();
}

/** A local's value. */
export function get(local: number): Code {
  return [0x20, ...unsigned(local)];
}
/** Puts a value into a local. */
export function set(local: number, value: Code): Code {
  return [...value, 0x21, ...unsigned(local)];
}
/** A constant. */
export function i32(value: number): Code {
  return [0x41, ...signed(value)];
}
/** Calls a function by its index. */
export function call(index: number, ...values: readonly Code[]): Code {
  return [...sequence(...values), 0x10, ...unsigned(index)];
}
/** Leaves the function. */
export function leave(value: Code = []): Code {
  return [...value, 0x0f];
}
/** A global's value. */
export function getGlobal(index: number): Code {
  return [0x23, ...unsigned(index)];
}
/** Puts a value into a global. */
export function setGlobal(index: number, value: Code): Code {
  return [...value, 0x24, ...unsigned(index)];
}
/** One of two values; both are computed. */
export function either(condition: Code, yes: Code, no: Code): Code {
  return [...yes, ...no, ...condition, 0x1b];
}
/** Something that {@linkcode again} and {@linkcode out} may leave: a loop, and what is around it. */
export function loop(body: Code): Code {
  return [0x02, NO_RESULT, 0x03, NO_RESULT, ...body, END, END];
}
/** Goes on with the loop from its beginning; `depth` counts the `when`s, branches and loops in between. */
export function again(depth: number): Code {
  return [0x0c, ...unsigned(depth)];
}
/** Leaves the loop; `depth` as in {@linkcode again}. */
export function out(depth: number): Code {
  return [0x0c, ...unsigned(depth + 1)];
}
/** Does `body` if the value is not 0. */
export function when(value: Code, body: Code): Code {
  return [...value, 0x04, NO_RESULT, ...body, END];
}
/** Does `yes` if the value is not 0, else `no`. */
export function branch(value: Code, yes: Code, no: Code): Code {
  return [...value, 0x04, NO_RESULT, ...yes, 0x05, ...no, END];
}
/** Computes a value that nobody needs. */
export function discard(value: Code): Code {
  return [...value, 0x1a];
}
/** Does `body` again as long as the value at its end is not 0. */
export function repeat(body: Code, again: Code): Code {
  return [0x03, NO_RESULT, ...body, ...again, 0x0d, 0, END];
}

function binary(code: number): (one: Code, other: Code) => Code {
  return (one, other) => [...one, ...other, code];
}
/** Sum. */
export const add = binary(0x6a);
/** Difference. */
export const subtract = binary(0x6b);
/** What is left when it is divided, without sign. */
export const remainder = binary(0x70);
/** Product. */
export const multiply = binary(0x6c);
/** Bits of both. */
export const and = binary(0x71);
/** Bits of either. */
export const or = binary(0x72);
/** Bits of one of the two only. */
export const xor = binary(0x73);
/** Shifts to the left. */
export const shiftLeft = binary(0x74);
/** Shifts to the right, zeros from the left. */
export const shiftRight = binary(0x76);
/** Turns to the left. */
export const rotate = binary(0x77);
/** Whether two are the same. */
export const isSame = binary(0x46);
/** Whether two differ. */
export const isOther = binary(0x47);
/** Greater, without sign. */
export const isMore = binary(0x4b);
/** Less, with sign. */
export const isLessSigned = binary(0x48);
/** Whether it is 0. */
export function isZero(value: Code): Code {
  return [...value, 0x45];
}
/** Less, without sign. */
export const isLess = binary(0x49);
/** The index of the lowest bit that is set. */
export function lowestBit(value: Code): Code {
  return [...value, 0x68];
}
/** The word at an address. */
export function load(address: Code, offset: number): Code {
  return [...address, 0x28, ALIGNED_32, ...unsigned(offset)];
}
/** Writes a word. */
export function store(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, 0x36, ALIGNED_32, ...unsigned(offset)];
}

/** The byte at an address. */
export function load8(address: Code, offset = 0): Code {
  return [...address, 0x2d, UNALIGNED, ...unsigned(offset)];
}
/** Two bytes at an address, the lower one first. */
export function load16(address: Code, offset = 0): Code {
  return [...address, 0x2f, UNALIGNED, ...unsigned(offset)];
}
/** Writes a byte. */
export function store8(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, 0x3a, UNALIGNED, ...unsigned(offset)];
}
/** Writes two bytes. */
export function store16(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, 0x3b, UNALIGNED, ...unsigned(offset)];
}
/** Eight bytes at an address, the lowest first. */
export function load64(address: Code, offset = 0): Code {
  return [...address, 0x29, UNALIGNED, ...unsigned(offset)];
}
/** Writes eight bytes. */
export function store64(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, 0x37, UNALIGNED, ...unsigned(offset)];
}
/** Nothing, in 64 bits. */
export const ZERO_64: Code = [0x42, 0];
/** 64 bits, of which the higher ones are 0. */
export function widen(value: Code): Code {
  return [...value, 0xad];
}
/** The lower 32 bits. */
export function narrow(value: Code): Code {
  return [...value, 0xa7];
}
/** Bits of either, in 64 bits. */
export const or64 = binary(0x84);
/** Shifts to the left, in 64 bits. */
export const shiftLeft64 = binary(0x86);
/** Shifts to the right, in 64 bits. */
export const shiftRight64 = binary(0x88);
/** Copies bytes; the two places must not overlap where the copy matters. */
export function copyBytes(to: Code, from: Code, count: Code): Code {
  return [...to, ...from, ...count, 0xfc, 10, 0, 0];
}
/** Fills bytes. */
export function fillBytes(to: Code, value: Code, count: Code): Code {
  return [...to, ...value, ...count, 0xfc, 11, 0];
}

function simd(code: number, ...rest: readonly number[]): Code {
  return [0xfd, ...unsigned(code), ...rest];
}
function simdBinary(code: number): (one: Code, other: Code) => Code {
  const encoded = simd(code);
  return (one, other) => [...one, ...other, ...encoded];
}
/** Four words at an address. */
export function load4(address: Code, offset: number): Code {
  return [...address, ...simd(0, UNALIGNED, ...unsigned(offset))];
}
/** One word at an address, four times. */
export function loadSplat(address: Code, offset: number): Code {
  return [...address, ...simd(9, ALIGNED_32, ...unsigned(offset))];
}
/** Writes four words. */
export function store4(address: Code, offset: number, value: Code): Code {
  return [...address, ...value, ...simd(11, ALIGNED_128, ...unsigned(offset))];
}
/** Bytes of two values by their index, the second's from 16 on. */
export function shuffle(one: Code, other: Code, bytes: readonly number[]): Code {
  return [...one, ...other, ...simd(13, ...bytes)];
}
/** Bits of both. */
export const and4 = simdBinary(78);
/** Bits of the first without those of the second. */
export const andNot4 = simdBinary(79);
/** Bits of either. */
export const or4 = simdBinary(80);
/** Bits of one of the two only. */
export const xor4 = simdBinary(81);
/** Sums of words. */
export const add4 = simdBinary(174);
/** Shifts words to the left. */
export function shiftLeft4(value: Code, bits: number): Code {
  return bits === 0 ? value : [...value, ...i32(bits), ...simd(171)];
}
/** Shifts words to the right, their sign from the left. */
export function shiftRightSigned4(value: Code, bits: number): Code {
  return [...value, ...i32(bits), ...simd(172)];
}
/** Shifts words to the right, zeros from the left. */
export function shiftRight4(value: Code, bits: number): Code {
  return [...value, ...i32(bits), ...simd(173)];
}
/** Sums of neighbouring bytes, without sign, as 16 bits. */
export function pairSums8(value: Code): Code {
  return [...value, ...simd(125)];
}
/** Sums of neighbouring 16 bits, without sign, as words. */
export function pairSums16(value: Code): Code {
  return [...value, ...simd(127)];
}
/** Products of the lower eight bytes, without sign, as 16 bits. */
export const lowProducts8 = simdBinary(158);
/** Products of the higher eight bytes. */
export const highProducts8 = simdBinary(159);
/** Sums of 16 bits. */
export const add8 = simdBinary(142);
/** One of the four words. */
export function laneOf(value: Code, lane: number): Code {
  return [...value, ...simd(27, lane)];
}
/** Sixteen bytes that never change. */
export function constant16(bytes: readonly number[]): Code {
  return simd(12, ...bytes);
}
/** Whether any bit is set. */
export function isAny4(value: Code): Code {
  return [...value, ...simd(83)];
}

/** Bytes that the memory holds at the beginning. */
export interface Data {
  /** Where. */
  readonly at: number;
  /** Which. */
  readonly bytes: Uint8Array;
}

/** A module with the functions, globals that begin as 0, and one memory of `pages` times 64 KiB by the name `memory`. */
export function assemble(
  functions: readonly WasmFunction[],
  pages: number,
  data: readonly Data[],
  globals: readonly ValueType[] = [],
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, givesResult }) => [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [TYPE_CODES.i32])),
    ...vector(givesResult ? [[TYPE_CODES.i32]] : []),
  ]);
  const exported = functions.flatMap(({ exported }, index) =>
    exported === undefined ? [] : [[...text(exported), 0, ...unsigned(index)]]
  );
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...section(5, vector([[1, ...unsigned(pages), ...unsigned(pages)]])),
    ...(globals.length === 0 ? [] : section(
      6,
      vector(globals.map((type) => [TYPE_CODES[type], 1, type === "i64" ? 0x42 : 0x41, 0, END])),
    )),
    ...section(7, vector([[...text("memory"), 2, 0], ...exported])),
    ...section(10, vector(functions.map(bodyOf))),
    ...section(
      11,
      vector(data.map(({ at, bytes }) => [
        0,
        ...i32(at),
        END,
        ...unsigned(bytes.length),
        ...bytes,
      ])),
    ),
  ]);
}

function bodyOf({ locals, body }: WasmFunction): Code {
  const groups: [ValueType, number][] = [];
  for (const type of locals) {
    const last = groups.at(-1);
    if (last?.[0] === type) last[1]++;
    else groups.push([type, 1]);
  }
  const declared = vector(groups.map(([type, count]) => [...unsigned(count), TYPE_CODES[type]]));
  const code = [...declared, ...body, END];
  return [...unsigned(code.length), ...code];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): Code {
  return vector([...new TextEncoder().encode(value)].map((byte) => [byte]));
}
