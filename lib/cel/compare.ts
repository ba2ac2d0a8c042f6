/**
 * Equality and order of values (cel-spec, "Equality", "Ordering"; numbers of all types are one line).
 *
 * @module
 */
import type { CelMeter } from "./meter.ts";
import {
  type CelValue,
  isDuration,
  isList,
  isMap,
  isOptional,
  isTimestamp,
  isTypeValue,
  isUint,
} from "./value.ts";

/** Whether two values are the same; values of different types never are, numbers excepted. */
export function isSame(one: CelValue, other: CelValue, meter: CelMeter): boolean {
  meter.step();
  const numbers = order(numberOf(one), numberOf(other));
  if (numbers !== undefined) return numbers === 0;
  if (typeof one === "string" && typeof other === "string") {
    meter.read(Math.min(one.length, other.length));
    return one === other;
  }
  if (one instanceof Uint8Array || other instanceof Uint8Array) {
    return one instanceof Uint8Array && other instanceof Uint8Array &&
      compareBytes(one, other, meter) === 0;
  }
  if (isList(one) && isList(other)) {
    const size = one.size();
    if (size !== other.size()) return false;
    for (let index = 0; index < size; index++) {
      if (!isSame(one.at(index), other.at(index), meter)) return false;
    }
    return true;
  }
  if (isMap(one) && isMap(other)) {
    if (one.size() !== other.size()) return false;
    return one.keys().every((key) => {
      const [a, b] = [one.get(key), other.get(key)];
      return a !== undefined && b !== undefined && isSame(a, b, meter);
    });
  }
  if (isTimestamp(one) && isTimestamp(other)) return one.ns === other.ns;
  if (isDuration(one) && isDuration(other)) return one.ns === other.ns;
  if (isTypeValue(one) && isTypeValue(other)) return one.name === other.name;
  if (isOptional(one) && isOptional(other)) {
    if (one.value === undefined || other.value === undefined) return one.value === other.value;
    return isSame(one.value, other.value, meter);
  }
  return one === other;
}

/** Below, at or above zero; nothing where the two have no order. `NaN` has none with anything: `NaN`. */
export function compare(one: CelValue, other: CelValue, meter: CelMeter): number | undefined {
  const numbers = order(numberOf(one), numberOf(other));
  if (numbers !== undefined) return numbers;
  if (typeof one === "string" && typeof other === "string") {
    meter.read(Math.min(one.length, other.length));
    return compareText(one, other);
  }
  if (typeof one === "boolean" && typeof other === "boolean") return Number(one) - Number(other);
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    return compareBytes(one, other, meter);
  }
  const isTimes = (isTimestamp(one) && isTimestamp(other)) ||
    (isDuration(one) && isDuration(other));
  if (
    isTimes && (isTimestamp(one) || isDuration(one)) && (isTimestamp(other) || isDuration(other))
  ) {
    return order(one.ns, other.ns);
  }
  return undefined;
}

/** The number that a number of any type is. */
export function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return isUint(value) ? value.value : undefined;
}

function order(
  one: bigint | number | undefined,
  other: bigint | number | undefined,
): number | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (Number.isNaN(one) || Number.isNaN(other)) return NaN;
  // JavaScript compares the two types by their mathematical value.
  return one < other ? -1 : one > other ? 1 : 0;
}

/** By code points, as Go's strings of UTF-8 are. */
function compareText(one: string, other: string): number {
  if (one === other) return 0;
  const [a, b] = [one[Symbol.iterator](), other[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [a.next(), b.next()];
    if (x.done || y.done) return x.done ? (y.done ? 0 : -1) : 1;
    const difference = (x.value.codePointAt(0) ?? 0) - (y.value.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
}

function compareBytes(one: Uint8Array, other: Uint8Array, meter: CelMeter): number {
  const length = Math.min(one.length, other.length);
  meter.read(length);
  for (let index = 0; index < length; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
