/**
 * The operators (cel-spec, "Standard Definitions"): integers of 64 bits that overflow into an error.
 *
 * @module
 */
import { compare, isSame, numberOf } from "./compare.ts";
import { CelError, type CelMeter } from "./meter.ts";
import {
  type CelValue,
  isDuration,
  isList,
  isMap,
  isTimestamp,
  isUint,
  itemsOf,
  keyOf,
  listOf,
  MAX_INT,
  MAX_UINT,
  MIN_INT,
  typeNameOf,
} from "./value.ts";

type Operator = (args: readonly CelValue[], meter: CelMeter) => CelValue | undefined;

/** The years 1 to 9999, in nanoseconds since 1970. */
const FIRST_TIME = -62_135_596_800n * 1_000_000_000n;
const LAST_TIME = 253_402_300_799n * 1_000_000_000n + 999_999_999n;

/** Operators by name; each gives nothing for arguments that it is not made for. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["_==_", ([one = null, other = null], meter) => isSame(one, other, meter)],
  ["_!=_", ([one = null, other = null], meter) => !isSame(one, other, meter)],
  ["_<_", ordered((difference) => difference < 0)],
  ["_<=_", ordered((difference) => difference <= 0)],
  ["_>_", ordered((difference) => difference > 0)],
  ["_>=_", ordered((difference) => difference >= 0)],
  ["_in_", ([item = null, all = null], meter) => isIn(item, all, meter)],
  ["_+_", ([one = null, other = null], meter) => add(one, other, meter)],
  ["_-_", ([one = null, other = null]) => subtract(one, other)],
  ["_*_", ([one = null, other = null]) => arithmetic(one, other, (a, b) => a * b, (a, b) => a * b)],
  ["_/_", ([one = null, other = null]) => {
    refuseZero(other, "division by zero");
    return arithmetic(one, other, (a, b) => a / b, (a, b) => a / b);
  }],
  ["_%_", ([one = null, other = null]) => {
    refuseZero(other, "modulus by zero");
    return arithmetic(one, other, (a, b) => a % b);
  }],
  ["!_", ([value]) => typeof value === "boolean" ? !value : undefined],
  ["-_", ([value]) => {
    if (typeof value === "bigint") return asInt(-value);
    if (typeof value === "number") return -value;
    return value !== undefined && isDuration(value) ? asDuration(-value.ns) : undefined;
  }],
]);

/** What an operator says of arguments that it is not made for. */
export function noOverload(name: string, args: readonly CelValue[]): CelError {
  const types = args.map(typeNameOf).join(", ");
  return new CelError(`no such overload: ${name}(${types})`);
}

/** An `int`, unless it is too large for one. */
export function asInt(value: bigint): bigint {
  if (value < MIN_INT || value > MAX_INT) throw new CelError("integer overflow");
  return value;
}

/** A `uint`, unless it is too large or below zero. */
export function asUint(value: bigint): CelValue {
  if (value < 0n || value > MAX_UINT) throw new CelError("unsigned integer overflow");
  return { kind: "uint", value };
}

/** A duration, unless it is too long. */
export function asDuration(ns: bigint): CelValue {
  if (ns < MIN_INT || ns > MAX_INT) throw new CelError("duration overflow");
  return { kind: "duration", ns };
}

/** A timestamp, unless its year has not four digits. */
export function asTimestamp(ns: bigint): CelValue {
  if (ns < FIRST_TIME || ns > LAST_TIME) throw new CelError("timestamp overflow");
  return { kind: "timestamp", ns };
}

/** `operand.field`, `operand[index]`; nothing where a key or an index is not there. */
export function lookUp(operand: CelValue, index: CelValue): CelValue | undefined {
  if (isMap(operand)) return operand.get(index);
  if (isList(operand)) {
    const at = numberOf(index);
    if (at === undefined || !Number.isInteger(Number(at))) {
      throw new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
    }
    return at >= 0 && at < operand.size() ? operand.at(Number(at)) : undefined;
  }
  // What has no fields does not have this one.
  return undefined;
}

function ordered(holds: (difference: number) => boolean): Operator {
  return ([one = null, other = null], meter) => {
    const difference = compare(one, other, meter);
    if (Number.isNaN(difference)) throw new CelError("NaN values cannot be ordered");
    return difference === undefined ? undefined : holds(difference);
  };
}

function isIn(item: CelValue, all: CelValue, meter: CelMeter): CelValue | undefined {
  if (isMap(all)) return all.get(item) !== undefined;
  if (!isList(all)) return undefined;
  const size = all.size();
  for (let index = 0; index < size; index++) {
    if (isSame(all.at(index), item, meter)) return true;
  }
  return false;
}

function add(one: CelValue, other: CelValue, meter: CelMeter): CelValue | undefined {
  if (typeof one === "string" && typeof other === "string") {
    meter.produce(one.length + other.length);
    return one + other;
  }
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    meter.produce(one.length + other.length);
    const joined = new Uint8Array(one.length + other.length);
    joined.set(one);
    joined.set(other, one.length);
    return joined;
  }
  if (isList(one) && isList(other)) {
    meter.step(one.size() + other.size());
    return listOf([...itemsOf(one), ...itemsOf(other)]);
  }
  if (isTimestamp(one) && isDuration(other)) return asTimestamp(one.ns + other.ns);
  if (isDuration(one) && isTimestamp(other)) return asTimestamp(one.ns + other.ns);
  if (isDuration(one) && isDuration(other)) return asDuration(one.ns + other.ns);
  return arithmetic(one, other, (a, b) => a + b, (a, b) => a + b);
}

function subtract(one: CelValue, other: CelValue): CelValue | undefined {
  if (isTimestamp(one) && isTimestamp(other)) return asDuration(one.ns - other.ns);
  if (isTimestamp(one) && isDuration(other)) return asTimestamp(one.ns - other.ns);
  if (isDuration(one) && isDuration(other)) return asDuration(one.ns - other.ns);
  return arithmetic(one, other, (a, b) => a - b, (a, b) => a - b);
}

/** Numbers of one type. */
function arithmetic(
  one: CelValue,
  other: CelValue,
  exact: (a: bigint, b: bigint) => bigint,
  double?: (a: number, b: number) => number,
): CelValue | undefined {
  if (typeof one === "bigint" && typeof other === "bigint") return asInt(exact(one, other));
  if (isUint(one) && isUint(other)) return asUint(exact(one.value, other.value));
  if (typeof one === "number" && typeof other === "number") return double?.(one, other);
  return undefined;
}

function refuseZero(value: CelValue, message: string): void {
  if (value === 0n || (isUint(value) && value.value === 0n)) throw new CelError(message);
}

/** What the keys of a map literal are told apart by; an error for what cannot be one. */
export function literalKey(key: CelValue): string {
  const name = typeof key === "number" ? undefined : keyOf(key);
  if (name === undefined) throw new CelError(`unsupported key type '${typeNameOf(key)}' in map`);
  return name;
}
