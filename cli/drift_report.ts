/**
 * Prints what differs from what was applied, within the width of a terminal.
 *
 * @module
 */
import { stringifyJson } from "../lib/base/mod.ts";
import { displayName } from "../lib/kube/mod.ts";
import type { FieldChange, ObjectDrift, Writer } from "./compare_object.ts";

const GAP = "  ";
/** Narrower columns say nothing. */
const LEAST = 8;
/** What stays of the beginning of a value that differs further on. */
const CONTEXT = 6;
/** What a terminal would obey instead of showing it: names and values are others'. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const HEAD = ["PATH", "IN GIT", "IN CLUSTER", "CHANGED BY"] as const;

/** A line for each object, and below it a table of its fields; `columns` cuts, and nothing is cut without. */
export function formatDrift(drifted: readonly ObjectDrift[], columns?: number): string {
  const sorted = drifted.toSorted((a, b) =>
    displayName(a.ref) < displayName(b.ref) ? -1 : displayName(a.ref) > displayName(b.ref) ? 1 : 0
  );
  return sorted.map((drift) => formatObject(drift, columns)).join("\n");
}

function formatObject({ ref, changes }: ObjectDrift, columns: number | undefined): string {
  if (changes === undefined) return `${displayName(ref)} was deleted\n`;
  const rows = [HEAD, ...changes.map((change) => rowOf(change, columns))];
  const widths = fitWidths(HEAD.map((_, column) => widestOf(rows, column)), columns);
  const lines = rows.map((row) =>
    `${GAP}${row.map((text, column) => cut(text, widths[column] ?? 0)).join(GAP)}`.trimEnd()
  );
  return `${displayName(ref)}\n${lines.join("\n")}\n`;
}

function rowOf({ path, wanted, found, writers }: FieldChange, columns?: number): string[] {
  const [git, live] = excerpts(
    stringifyJson(wanted),
    found === undefined ? "(none)" : stringifyJson(found),
    columns === undefined ? Infinity : Math.floor(columns / 4),
  );
  const row = [path, git, live, writers.map(wordsOf).join(", ") || "(nobody says)"];
  return row.map((text) => text.replace(UNSEEN, escapeChar));
}

function escapeChar(char: string): string {
  return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
}

function wordsOf({ manager, time }: Writer): string {
  return time === "" ? manager : `${manager} at ${time}`;
}

/** Two values that differ far from their beginning are shown from where they do. */
function excerpts(one: string, other: string, width: number): [string, string] {
  if (one.length <= width && other.length <= width) return [one, other];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const from = same - CONTEXT;
  return from <= CONTEXT ? [one, other] : [`…${one.slice(from)}`, `…${other.slice(from)}`];
}

function widestOf(rows: readonly (readonly string[])[], column: number): number {
  return Math.max(...rows.map((row) => row[column]?.length ?? 0));
}

/** Takes from the widest until all fit. */
function fitWidths(wanted: readonly number[], columns: number | undefined): number[] {
  const widths = [...wanted];
  if (columns === undefined) return widths;
  const room = columns - GAP.length * widths.length;
  for (let over = sum(widths) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= LEAST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function cut(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}
