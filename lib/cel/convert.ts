/**
 * Conversions between types: `int(x)`, `string(x)` and their like.
 *
 * @module
 */
import { numberOf } from "./compare.ts";
import { CelError, type CelMeter } from "./meter.ts";
import { asInt, asTimestamp, asUint } from "./operators.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./time.ts";
import { type CelValue, isDuration, isTimestamp, isUint, typeNameOf } from "./value.ts";

type Conversion = (value: CelValue, meter: CelMeter) => CelValue | undefined;

/** Conversions by the type they make. */
export const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map<string, Conversion>([
  ["bool", toBool],
  ["bytes", toBytes],
  ["double", toDouble],
  ["dyn", (value) => value],
  ["duration", toDuration],
  ["int", toInt],
  ["string", toText],
  ["timestamp", toTimestamp],
  ["type", (value) => ({ kind: "type", name: typeNameOf(value) })],
  ["uint", toUint],
]);

function toBool(value: CelValue): CelValue | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  if (["true", "t", "TRUE", "True", "1"].includes(value)) return true;
  if (["false", "f", "FALSE", "False", "0"].includes(value)) return false;
  throw conversionError(value, "bool");
}

function toBytes(value: CelValue, meter: CelMeter): CelValue | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== "string") return undefined;
  meter.produce(value.length);
  return new TextEncoder().encode(value);
}

function toDouble(value: CelValue): CelValue | undefined {
  const number = numberOf(value);
  if (number !== undefined) return Number(number);
  if (typeof value !== "string") return undefined;
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) return Number(value);
  const special = { NaN: NaN, Inf: Infinity, "+Inf": Infinity, "-Inf": -Infinity };
  const found = Object.entries(special).find(([name]) => name === value)?.[1];
  if (found === undefined) throw conversionError(value, "double");
  return found;
}

function toInt(value: CelValue): CelValue | undefined {
  if (isTimestamp(value)) return value.ns / 1_000_000_000n;
  if (isDuration(value)) return value.ns;
  return toWhole(value, "int", /^[+-]?\d{1,40}$/, asInt);
}

function toUint(value: CelValue): CelValue | undefined {
  return toWhole(value, "uint", /^\d{1,40}$/, asUint);
}

function toWhole(
  value: CelValue,
  type: string,
  digits: RegExp,
  make: (value: bigint) => CelValue,
): CelValue | undefined {
  const number = numberOf(value);
  if (typeof number === "bigint") return make(number);
  if (typeof number === "number") {
    if (!Number.isFinite(number)) throw new CelError("integer overflow");
    return make(BigInt(Math.trunc(number)));
  }
  if (typeof value !== "string") return undefined;
  if (!digits.test(value)) throw conversionError(value, type);
  return make(BigInt(value.replace(/^\+/, "")));
}

function toText(value: CelValue, meter: CelMeter): CelValue | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return formatDouble(value);
  if (value instanceof Uint8Array) {
    meter.produce(value.length);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
    }
  }
  if (isUint(value)) return String(value.value);
  if (isTimestamp(value)) return formatTimestamp(value.ns);
  return isDuration(value) ? formatDuration(value.ns) : undefined;
}

/** As Go's `strconv` prints it in its shortest form: with an exponent from a million on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  return String(value);
}

function toTimestamp(value: CelValue): CelValue | undefined {
  if (isTimestamp(value)) return value;
  if (typeof value === "bigint") return asTimestamp(value * 1_000_000_000n);
  return typeof value === "string" ? parseTimestamp(value) : undefined;
}

function toDuration(value: CelValue): CelValue | undefined {
  if (isDuration(value)) return value;
  return typeof value === "string" ? parseDuration(value) : undefined;
}

function conversionError(value: string, type: string): CelError {
  return new CelError(`type conversion error: "${value.slice(0, 60)}" is no ${type}`);
}
