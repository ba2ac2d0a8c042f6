/**
 * Formats: `printf` and what stands behind its percent signs.
 *
 * @module
 */
import type { Meter } from "../base/mod.ts";
import { joinTexts, show, showAs } from "./print.ts";
import { typeName, type Value } from "./value.ts";

/** `%[2]*.[1]*d`: flags, width, precision, index of the argument, letter. */
const VERB =
  /%([-+# 0]*)(?:\[(\d{1,6})\])?(\*|\d+)?(\.(?:\[(\d{1,6})\])?(\*|\d+)?)?(?:\[(\d{1,6})\])?(.)?/gsu;

/** Widths beyond are none, as in Go. */
const MOST_WIDTH = 1_000_000;

interface Cursor {
  readonly values: readonly Value[];
  readonly meter: Meter;
  next: number;
  /** True when a format picks its arguments itself, which may leave some over. */
  isReordered: boolean;
}

/** The text that `format` makes of `values`. */
export function printFormat(format: string, values: readonly Value[], meter: Meter): string {
  const cursor: Cursor = { values, meter, next: 0, isReordered: false };
  const text = format.replace(
    VERB,
    (
      _,
      flags: string,
      before?: string,
      width?: string,
      dot?: string,
      middle?: string,
      digits?: string,
      last?: string,
      letter?: string,
    ) => {
      pick(cursor, before);
      const wide = widthOf(cursor, width);
      pick(cursor, middle);
      const precision = dot === undefined ? undefined : widthOf(cursor, digits) ?? 0;
      pick(cursor, last);
      if (letter === undefined) return "%!(NOVERB)";
      if (letter === "%") return "%";
      return showNext(cursor, letter, { flags, width: wide, precision });
    },
  );
  const rest = values.slice(cursor.next);
  if (cursor.isReordered || rest.length === 0) return text;
  const extra = rest.map((value) =>
    value === null || value === undefined ? "<nil>" : `${typeName(value)}=${show(value, meter)}`
  );
  return `${text}%!(EXTRA ${joinTexts(extra, ", ", meter)})`;
}

function pick(cursor: Cursor, index: string | undefined): void {
  if (index === undefined) return;
  cursor.next = Number(index) - 1;
  cursor.isReordered = true;
}

function widthOf(cursor: Cursor, width: string | undefined): number | undefined {
  if (width === undefined) return undefined;
  const value = width === "*" ? Number(cursor.values[cursor.next++]) : Number(width);
  return Number.isInteger(value) && Math.abs(value) <= MOST_WIDTH ? value : undefined;
}

interface Layout {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

function showNext(cursor: Cursor, letter: string, { flags, width = 0, precision }: Layout): string {
  const { values, meter, next } = cursor;
  if (next >= values.length || next < 0) {
    return next < 0 || cursor.isReordered ? `%!${letter}(BADINDEX)` : `%!${letter}(MISSING)`;
  }
  cursor.next++;
  const value = values[next];
  const text = letter === "T" ? typeName(value) : showAs(value, {
    letter,
    isSharp: flags.includes("#"),
    isPlus: flags.includes("+"),
    isSpaced: flags.includes(" "),
    precision,
  }, meter);
  meter.checkBytes(Math.abs(width), "a format");
  const isLeft = flags.includes("-") || width < 0;
  const missing = Math.abs(width) - [...text].length;
  if (missing <= 0) return text;
  if (isLeft) return text + " ".repeat(missing);
  const isNumber = typeof value === "bigint" || typeof value === "number";
  if (!flags.includes("0") || (isNumber && precision !== undefined && typeof value === "bigint")) {
    return " ".repeat(missing) + text;
  }
  const sign = isNumber ? /^[+\- ]?/.exec(text)?.[0] ?? "" : "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
