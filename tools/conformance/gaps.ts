/**
 * The lists of rows that fail today, and the judgement by them.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { onOneLine, type Row } from "./rows.ts";

/** Names of rows that are known to fail, each with why. */
export type Gaps = ReadonlyMap<string, string>;

/** Something of a row that a person wants to read. */
export interface Finding {
  readonly name: string;
  readonly why: string;
}

/** What an area came to. */
export interface Judgement {
  readonly passed: number;
  /** Rows that fail and are not listed; listed ones that pass, or that no row is named after. */
  readonly failed: readonly Finding[];
  /** Rows that fail as the list says. */
  readonly gaps: readonly Finding[];
}

/** Between a name and its reason; names may hold it, reasons do not. */
const SEPARATOR = "  ";

/** Longest reason that is printed. */
const LONGEST_WHY = 400;

/** Reads a gap list: a line each, the row's name, two spaces, why. Fails with `BadGapList`. */
export function parseGaps(text: string, file: string): Result<Gaps> {
  const gaps = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.trimEnd().lastIndexOf(SEPARATOR);
    if (at <= 0) {
      return fail(
        "BadGapList",
        `${file}: line ${index + 1}: write the row's name, two spaces and why it fails`,
      );
    }
    const name = line.slice(0, at);
    if (gaps.has(name)) {
      return fail("BadGapList", `${file}: line ${index + 1}: ${name} stands twice`);
    }
    gaps.set(name, line.slice(at + SEPARATOR.length).trim());
  }
  return ok(gaps);
}

/** Prints a gap list, sorted by name. */
export function formatGaps(findings: readonly Finding[]): string {
  return findings
    .map(({ name, why }) => `${name}${SEPARATOR}${why.replace(/\s+/g, " ")}\n`)
    .sort()
    .join("");
}

/** Runs `rows` and holds what comes out against `gaps`; `run` says why a row fails, or nothing. */
export async function judge(
  rows: readonly Row[],
  gaps: Gaps,
  run: (row: Row) => string | undefined | Promise<string | undefined>,
): Promise<Judgement> {
  const failed: Finding[] = [];
  const known: Finding[] = [];
  const names = new Set<string>();
  let passed = 0;
  for (const row of rows) {
    const { name } = row;
    const why = await run(row);
    const reason = gaps.get(name);
    if (names.has(name)) failed.push({ name, why: "another row has this name" });
    else if (why === undefined && reason === undefined) passed++;
    else if (why === undefined) failed.push({ name, why: "passes: take it off the gap list" });
    else if (reason === undefined) failed.push({ name, why: shorten(why) });
    else known.push({ name, why: reason });
    names.add(name);
  }
  for (const name of gaps.keys()) {
    if (!names.has(name)) {
      failed.push({ name, why: "is on the gap list, but there is no such row" });
    }
  }
  return { passed, failed, gaps: known };
}

function shorten(why: string): string {
  const line = onOneLine(why);
  return line.length <= LONGEST_WHY ? line : `${line.slice(0, LONGEST_WHY)}…`;
}
