/**
 * What the golden runner found, as its report says it.
 *
 * @module
 */
import { fail, isRecord, messageOf, ok, type Result, stringifyJson } from "../../lib/base/mod.ts";

/** One difference from the recording. */
export interface Difference {
  /** `step 1/objects/0/status/…` */
  readonly at: string;
  /** `missing`, `extra`, `differs` or `not run`. */
  readonly what: string;
  /** What was recorded, if something was. */
  readonly want: string | undefined;
  /** What we did, if we did something. */
  readonly got: string | undefined;
}

/** The differences of each scenario that was played to its end. */
export type GoldenReport = ReadonlyMap<string, readonly Difference[]>;

const LONGEST_VALUE = 600;

/** Reads the report; fails with `BadReport`. */
export function parseReport(text: string): Result<GoldenReport> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    return fail("BadReport", `Cannot read the runner's report: ${messageOf(thrown)}`, thrown);
  }
  if (!isRecord(parsed)) return fail("BadReport", "The runner's report is no object");
  const report = new Map<string, Difference[]>();
  for (const [name, found] of Object.entries(parsed)) {
    const differences = Array.isArray(found) ? found.map(differenceOf) : [undefined];
    const known = differences.filter((difference) => difference !== undefined);
    if (known.length < differences.length) {
      return fail("BadReport", `The runner's report on ${name} is no list of differences`);
    }
    report.set(name, known);
  }
  return ok(report);
}

function differenceOf(entry: unknown): Difference | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [at, what, want, got]: unknown[] = entry;
  if (typeof at !== "string" || typeof what !== "string") return undefined;
  return { at, what, want: show(want), got: show(got) };
}

function show(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  const text = stringifyJson(value);
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}

/** Lines for a person: each path, and below it both sides. */
export function describeDifferences(differences: readonly Difference[]): string[] {
  return differences.flatMap(({ at, what, want, got }) => [
    `  ${at}: ${what}`,
    ...(want === undefined ? [] : [`    recorded  ${want}`]),
    ...(got === undefined ? [] : [`    ours      ${got}`]),
  ]);
}
