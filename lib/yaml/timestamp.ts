/**
 * Dates as Go's YAML readers recognise and print them.
 *
 * @module
 */

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})/;
const ZONED = /^[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)$/;
const LOCAL = /^ (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?$/;

/**
 * The RFC 3339 form of a date that YAML 1.1 knows; `undefined` when `text` is none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatTimestamp("2020-1-2"), "2020-01-02T00:00:00Z");
 * assert.equal(formatTimestamp("2020-13-01"), undefined);
 * ```
 */
export function formatTimestamp(text: string): string | undefined {
  const date = DATE.exec(text);
  if (date === null) return undefined;
  const [head, year = "", month = "", day = ""] = date;
  if (!isDay(Number(year), Number(month), Number(day))) return undefined;
  const calendar = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const rest = text.slice(head.length);
  if (rest === "") return `${calendar}T00:00:00Z`;
  const clock = ZONED.exec(rest) ?? LOCAL.exec(rest);
  if (clock === null) return undefined;
  const [, hour = "", minute = "", second = "", fraction, zone] = clock;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = formatZone(zone);
  if (offset === undefined) return undefined;
  const time = [hour, minute, second].map((part) => part.padStart(2, "0")).join(":");
  return `${calendar}T${time}${formatFraction(fraction)}${offset}`;
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day <= days;
}

/** Nanoseconds, without the zeros at their end. */
function formatFraction(digits: string | undefined): string {
  const kept = (digits ?? "").slice(0, 9).replace(/0+$/, "");
  return kept === "" ? "" : `.${kept}`;
}

function formatZone(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === "Z" || zone.slice(1) === "00:00") return "Z";
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4));
  // Go reads 24 hours of offset but cannot write them.
  return hours > 24 || minutes > 60 ? undefined : zone;
}
