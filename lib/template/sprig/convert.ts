/**
 * One kind of value made of another, as Sprig does it before it works on it.
 *
 * @module
 */
import { type Meter, parseNumber } from "../../base/mod.ts";
import { show } from "../print.ts";
import { Dict, isList, Struct, type Value } from "../value.ts";

/** The text of a value. */
export function textOf(value: Value, meter: Meter): string {
  return show(value, meter);
}

/** The texts of a list without its nils; a list of one for anything else, of none for nil. */
export function textsOf(value: Value, meter: Meter): readonly string[] {
  if (value === null || value === undefined) return [];
  if (!isList(value)) return [textOf(value, meter)];
  return value.filter((item) => item !== null && item !== undefined)
    .map((item) => textOf(item, meter));
}

/** True for nil, zeros and what has nothing in it. */
export function isEmpty(value: Value): boolean {
  if (isList(value)) return value.length === 0;
  if (value instanceof Dict) return value.entries.size === 0;
  return !(value instanceof Struct) && !value;
}

/** The integer that a value stands for; 0 for what stands for none. */
export function integerOf(value: Value): bigint {
  switch (typeof value) {
    case "bigint":
      return value;
    case "number":
      return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
    case "boolean":
      return value ? 1n : 0n;
    case "string":
      return parseInteger(value) ?? 0n;
    default:
      return 0n;
  }
}

/** Decimal digits, or those behind `0x`, `0o`, `0b` and `0`; nothing for more than 64 bits. */
export function parseInteger(text: string): bigint | undefined {
  const [, sign, digits = ""] = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)$/
    .exec(text) ?? [];
  if (sign === undefined) return undefined;
  const octal = /^0[0-9]+$/.test(digits);
  if (octal && /[89]/.test(digits)) return undefined;
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const value = sign === "-" ? -size : size;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** The float that a value stands for; 0 for what stands for none. */
export function floatOf(value: Value): number {
  switch (typeof value) {
    case "bigint":
      return Number(value);
    case "number":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "string":
      return parseNumber(value) ?? 0;
    default:
      return 0;
  }
}

/** Whether two values are the same all the way down. */
export function isDeepEqual(a: Value, b: Value, meter: Meter): boolean {
  if (a === b || (a ?? null) === (b ?? null)) return true;
  return meter.nest("a comparison", () => {
    meter.spendEntries(1, "a comparison");
    if (isList(a)) {
      return isList(b) && a.length === b.length &&
        a.every((item, at) => isDeepEqual(item, b[at], meter));
    }
    if (a instanceof Dict) {
      return b instanceof Dict && a.entries.size === b.entries.size &&
        [...a.entries].every(([key, item]) =>
          b.entries.has(key) && isDeepEqual(item, b.entries.get(key), meter)
        );
    }
    return a instanceof Struct && b instanceof Struct && a.typeName === b.typeName &&
      a.fields.every(({ value }, at) => isDeepEqual(value, b.fields[at]?.value, meter));
  });
}
