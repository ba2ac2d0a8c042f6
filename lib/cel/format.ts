/**
 * `"%s is %d".format([a, b])`, as cel-go's `ext.Strings` has it.
 *
 * @module
 */
import { numberOf } from "./compare.ts";
import { formatDouble } from "./convert.ts";
import { CelError, type CelMeter } from "./meter.ts";
import { formatDuration, formatTimestamp } from "./time.ts";
import {
  type CelValue,
  isDuration,
  isList,
  isMap,
  isTimestamp,
  isTypeValue,
  isUint,
  itemsOf,
  typeNameOf,
} from "./value.ts";

const CLAUSE = /%(?:%|(?:\.(\d+))?([sdfebxXo])|.?)/gs;
const MOST_DIGITS = 100;

/** Fills the places of `text`. */
export function formatText(text: string, args: readonly CelValue[], meter: CelMeter): string {
  meter.produce(text.length);
  let index = 0;
  return text.replaceAll(
    CLAUSE,
    (clause, precision: string | undefined, verb: string | undefined) => {
      if (clause === "%%") return "%";
      if (verb === undefined) throw new CelError(`unrecognized formatting clause "${clause}"`);
      const value = args[index];
      if (value === undefined) throw new CelError(`index ${index} out of range`);
      index++;
      const digits = precision === undefined ? 6 : Number(precision);
      if (digits > MOST_DIGITS) throw new CelError(`%.${precision} asks for too many digits`);
      const formatted = formatValue(verb, value, digits, meter);
      meter.produce(formatted.length);
      return formatted;
    },
  );
}

function formatValue(verb: string, value: CelValue, digits: number, meter: CelMeter): string {
  const number = numberOf(value);
  switch (verb) {
    case "s":
      return plainText(value, meter);
    case "d":
      if (typeof number === "bigint") return String(number);
      break;
    case "f":
      if (number !== undefined) return Number(number).toFixed(digits);
      break;
    case "e":
      if (number !== undefined) return exponential(Number(number), digits);
      break;
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (typeof number === "bigint") return number.toString(2);
      break;
    case "o":
      if (typeof number === "bigint") return number.toString(8);
      break;
    case "x":
    case "X": {
      const hex = hexOf(value, number, meter);
      if (hex !== undefined) return verb === "X" ? hex.toUpperCase() : hex;
    }
  }
  throw new CelError(`error during formatting: %${verb} cannot show a ${typeNameOf(value)}`);
}

function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

function hexOf(value: CelValue, number: bigint | number | undefined, meter: CelMeter) {
  if (typeof number === "bigint") return number.toString(16);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  if (!(bytes instanceof Uint8Array)) return undefined;
  meter.produce(bytes.length * 2);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function plainText(value: CelValue, meter: CelMeter): string {
  meter.step();
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return formatDouble(value);
  if (value instanceof Uint8Array) {
    meter.produce(value.length);
    return new TextDecoder().decode(value);
  }
  if (isUint(value)) return String(value.value);
  if (isTimestamp(value)) return formatTimestamp(value.ns);
  if (isDuration(value)) return formatDuration(value.ns);
  if (isTypeValue(value)) return value.name;
  const parts = isList(value)
    ? itemsOf(value).map((item) => plainText(item, meter))
    : isMap(value)
    ? value.keys().map((key) =>
      `${plainText(key, meter)}: ${plainText(value.get(key) ?? null, meter)}`
    )
    : undefined;
  if (parts === undefined) {
    throw new CelError(`error during formatting: %s cannot show a ${typeNameOf(value)}`);
  }
  for (const part of parts) meter.produce(part.length + 2);
  return isList(value) ? `[${parts.join(", ")}]` : `{${parts.toSorted().join(", ")}}`;
}
