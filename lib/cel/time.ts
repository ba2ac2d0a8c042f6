/**
 * Timestamps and durations: RFC 3339 and Go's notation, and their parts.
 *
 * @module
 */
import { CelError } from "./meter.ts";
import { asDuration, asTimestamp } from "./operators.ts";
import { type CelValue, isDuration, isTimestamp } from "./value.ts";

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY_MS = 86_400_000;

const UNITS: Readonly<Record<string, bigint>> = {
  h: HOUR,
  m: MINUTE,
  s: SECOND,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
};

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/;

/** `2026-01-02T03:04:05.6Z` */
export function parseTimestamp(text: string): CelValue {
  const [, date, time, fraction = "", zone = ""] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(`${date}T${time}${zone.toUpperCase()}`);
  // JavaScript takes February 30th for March 2nd.
  const isDay = date !== undefined &&
    new Date(`${date}T00:00:00Z`).getUTCDate() === Number(date.slice(8));
  if (!isDay || Number.isNaN(ms)) {
    throw new CelError(`"${text.slice(0, 60)}" is not a time such as 2026-01-02T03:04:05Z`);
  }
  const ns = BigInt(fraction.slice(0, 9).padEnd(9, "0"));
  return asTimestamp(BigInt(ms) * 1_000_000n + ns);
}

/** `1h30m`, `-1.5s` */
export function parseDuration(text: string): CelValue {
  const [, sign, body = ""] =
    /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|ns))+|0)$/.exec(text) ??
      [];
  if (sign === undefined || text.length > 100) {
    throw new CelError(`"${text.slice(0, 60)}" is not a duration such as 1h30m`);
  }
  let ns = 0n;
  for (
    const [, whole = "", fraction = "", unit = ""] of body.matchAll(
      /(\d*)\.?(\d*)(h|ms|m|s|us|µs|ns)/g,
    )
  ) {
    const length = UNITS[unit] ?? 0n;
    ns += BigInt(whole || "0") * length;
    if (fraction !== "") ns += BigInt(fraction) * length / 10n ** BigInt(fraction.length);
  }
  return asDuration(sign === "-" ? -ns : ns);
}

/** As Go prints it: in UTC, without zeros at the end. */
export function formatTimestamp(ns: bigint): string {
  const seconds = floorDivide(ns, SECOND);
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${text}${fractionOf(ns - seconds * SECOND)}Z`;
}

/** In seconds: `5400s`, `1.5s`. */
export function formatDuration(ns: bigint): string {
  const size = ns < 0n ? -ns : ns;
  return `${ns < 0n ? "-" : ""}${size / SECOND}${fractionOf(size % SECOND)}s`;
}

function fractionOf(ns: bigint): string {
  return ns === 0n ? "" : `.${String(ns).padStart(9, "0").replace(/0+$/, "")}`;
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

type Part = (local: Date, ns: bigint) => number;

/** Parts of a timestamp; months, days and weekdays count from 0 as in JavaScript. */
const TIMESTAMP_PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["getFullYear", (local) => local.getUTCFullYear()],
  ["getMonth", (local) => local.getUTCMonth()],
  [
    "getDayOfYear",
    (local) => Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY_MS),
  ],
  ["getDayOfMonth", (local) => local.getUTCDate() - 1],
  ["getDate", (local) => local.getUTCDate()],
  ["getDayOfWeek", (local) => local.getUTCDay()],
  ["getHours", (local) => local.getUTCHours()],
  ["getMinutes", (local) => local.getUTCMinutes()],
  ["getSeconds", (local) => local.getUTCSeconds()],
  ["getMilliseconds", (_local, ns) => Number((ns % SECOND + SECOND) % SECOND / 1_000_000n)],
]);

/** Of a duration they are all of it, in that unit. */
const DURATION_PARTS: ReadonlyMap<string, (ns: bigint) => bigint> = new Map([
  ["getHours", (ns: bigint) => ns / HOUR],
  ["getMinutes", (ns: bigint) => ns / MINUTE],
  ["getSeconds", (ns: bigint) => ns / SECOND],
  ["getMilliseconds", (ns: bigint) => ns / 1_000_000n],
]);

/** Names of the functions that take a part of a timestamp or a duration. */
export const TIME_PARTS: readonly string[] = [...TIMESTAMP_PARTS.keys()];

/** The part `name` of `value`, in a time zone where it says so; nothing for other values. */
export function partOf(name: string, value: CelValue, zone?: CelValue): CelValue | undefined {
  if (isDuration(value) && zone === undefined) return DURATION_PARTS.get(name)?.(value.ns);
  if (!isTimestamp(value) || (zone !== undefined && typeof zone !== "string")) return undefined;
  const ms = Number(floorDivide(value.ns, 1_000_000n));
  const local = new Date(ms + offsetMs(ms, zone ?? "UTC"));
  const part = TIMESTAMP_PARTS.get(name)?.(local, value.ns);
  return part === undefined ? undefined : BigInt(part);
}

function offsetMs(ms: number, zone: string): number {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone) ?? [];
  if (hours !== undefined) {
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  }
  if (zone === "UTC" || zone === "") return 0;
  try {
    return namedOffsetMs(ms, zone);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CelError(`unknown time zone ${zone.slice(0, 60)}`);
  }
}

function namedOffsetMs(ms: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(ms);
  const get = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const local = Date.UTC(
    get("year"),
    get("month") - 1,
    get("day"),
    get("hour"),
    get("minute"),
    get("second"),
  );
  return local - Math.floor(ms / 1000) * 1000;
}
