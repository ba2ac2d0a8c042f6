/**
 * Numbers; integers have 64 bits and turn over at their end.
 *
 * @module
 */
import { type Args, atLeast, fixed, type FunctionTable, refuse } from "../functions.ts";
import type { Value } from "../value.ts";
import { floatOf, integerOf, parseInteger } from "./convert.ts";

/** Sprig's functions for numbers. */
export const NUMBERS: FunctionTable = {
  add: atLeast(0, (a) => fold(a.from(0), 0n, (sum, it) => sum + it)),
  add1: fixed(1, (a) => int64(integerOf(a.any(0)) + 1n)),
  sub: fixed(2, (a) => int64(integerOf(a.any(0)) - integerOf(a.any(1)))),
  mul: atLeast(1, (a) => fold(a.from(0), 1n, (product, it) => product * it)),
  div: fixed(2, (a) => int64(integerOf(a.any(0)) / divisor(a))),
  mod: fixed(2, (a) => int64(integerOf(a.any(0)) % divisor(a))),
  max: atLeast(
    1,
    (a) => a.from(0).map(integerOf).reduce((one, other) => one > other ? one : other),
  ),
  biggest: atLeast(
    1,
    (a) => a.from(0).map(integerOf).reduce((one, other) => one > other ? one : other),
  ),
  min: atLeast(
    1,
    (a) => a.from(0).map(integerOf).reduce((one, other) => one < other ? one : other),
  ),
  maxf: atLeast(1, (a) => Math.max(...a.from(0).map(floatOf))),
  minf: atLeast(1, (a) => Math.min(...a.from(0).map(floatOf))),
  floor: fixed(1, (a) => Math.floor(floatOf(a.any(0)))),
  ceil: fixed(1, (a) => Math.ceil(floatOf(a.any(0)))),
  round: atLeast(2, round),
  int: fixed(1, (a) => integerOf(a.any(0))),
  int64: fixed(1, (a) => integerOf(a.any(0))),
  float64: fixed(1, (a) => floatOf(a.any(0))),
  atoi: fixed(1, (a) => /^[+-]?[0-9]+$/.test(a.text(0)) ? parseDecimal(a.text(0)) : 0n),
  toDecimal: fixed(1, (a) => parseInteger(`0o${String(integerOf(a.any(0)))}`) ?? 0n),
};

function int64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function fold(
  values: readonly Value[],
  start: bigint,
  step: (a: bigint, b: bigint) => bigint,
): bigint {
  return values.reduce((result: bigint, it) => int64(step(result, integerOf(it))), start);
}

function divisor(args: Args): bigint {
  const value = integerOf(args.any(1));
  return value === 0n ? refuse("runtime error: integer divide by zero") : value;
}

function parseDecimal(text: string): bigint {
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  return int64(value) === value ? value : 0n;
}

/** `round 3.756 2`; a third argument says from which fraction on it goes up. */
function round(args: Args): number {
  const limit = args.count > 2 ? floatOf(args.any(2)) : 0.5;
  const scale = 10 ** Number(args.int(1));
  const digit = scale * floatOf(args.any(0));
  // What is below zero has a fraction below zero, and goes down.
  return (digit % 1 >= limit ? Math.ceil(digit) : Math.floor(digit)) / scale;
}
