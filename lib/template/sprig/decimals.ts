/**
 * Decimal arithmetic: `addf 0.1 0.2` is 0.3.
 *
 * @module
 */
import { type Args, atLeast, fixed, type FunctionTable, refuse } from "../functions.ts";
import { floatOf } from "./convert.ts";

/** Sprig's functions for decimal numbers. */
export const DECIMALS: FunctionTable = {
  addf: atLeast(0, (a) => fold([0, ...floatsOf(a)], add)),
  add1f: fixed(1, (a) => fold([1, ...floatsOf(a)], add)),
  subf: atLeast(1, (a) => fold(floatsOf(a), (one, other) => add(one, negated(other)))),
  mulf: atLeast(1, (a) => fold(floatsOf(a), multiply)),
  divf: atLeast(1, (a) => fold(floatsOf(a), divide)),
};

/** `digits` · 10^-`scale` */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** A quotient is rounded to so many digits behind the point. */
const QUOTIENT_SCALE = 16;
/** Ten floats of the smallest kind have as many; nobody writes that in a message. */
const MOST_DIGITS = 4_000;

function floatsOf(args: Args): readonly number[] {
  return args.from(0).map(floatOf);
}

function fold(
  floats: readonly number[],
  step: (one: Decimal, other: Decimal) => Decimal,
): number {
  const { digits, scale } = floats.map(decimalOf).reduce((one, other) => {
    const result = step(one, other);
    const isLong = result.scale > MOST_DIGITS || -result.scale > MOST_DIGITS;
    return isLong ? refuse(`a decimal number of more than ${MOST_DIGITS} digits`) : result;
  });
  return Number(`${digits}e${-scale}`);
}

/** The shortest number that reads as this float. */
function decimalOf(float: number): Decimal {
  const [, whole = "", fraction = "", exponent = "0"] =
    /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(float)) ?? [];
  if (whole === "") return refuse(`Cannot create a Decimal from ${float}`);
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) };
}

function add(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return { digits: scaled(one, scale) + scaled(other, scale), scale };
}

function negated({ digits, scale }: Decimal): Decimal {
  return { digits: -digits, scale };
}

function multiply(one: Decimal, other: Decimal): Decimal {
  return { digits: one.digits * other.digits, scale: one.scale + other.scale };
}

function divide(one: Decimal, other: Decimal): Decimal {
  if (other.digits === 0n) return refuse("decimal division by 0");
  const shift = Math.max(0, one.scale - other.scale - QUOTIENT_SCALE);
  const divisor = other.digits * 10n ** BigInt(shift);
  const dividend = one.digits * 10n ** BigInt(QUOTIENT_SCALE + other.scale - one.scale + shift);
  const [quotient, rest] = [dividend / divisor, dividend % divisor];
  const isUp = 2n * sizeOf(rest) >= sizeOf(divisor);
  const sign = (dividend < 0n) === (divisor < 0n) ? 1n : -1n;
  return { digits: quotient + (isUp ? sign : 0n), scale: QUOTIENT_SCALE };
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

function sizeOf(value: bigint): bigint {
  return value < 0n ? -value : value;
}
