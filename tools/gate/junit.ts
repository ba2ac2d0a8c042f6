/**
 * Reads the report of `deno test --junit-path`.
 *
 * @module
 */

/** What came of some tests. */
export interface Tally {
  readonly passed: number;
  readonly skipped: number;
  /** Names of those that failed, each with its file. */
  readonly failed: readonly string[];
}

/** Nothing ran. */
export const EMPTY_TALLY: Tally = { passed: 0, skipped: 0, failed: [] };

/** Both together. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    skipped: a.skipped + b.skipped,
    failed: [...a.failed, ...b.failed],
  };
}

const CASE = /<testcase name="([^"]*)" classname="([^"]*)"[^>]*>([^]*?)<\/testcase>/g;

/** Counts tests and their steps. */
export function readJunit(xml: string): Tally {
  let passed = 0;
  let skipped = 0;
  const failed: string[] = [];
  for (const [, name = "", file = "", body = ""] of xml.matchAll(CASE)) {
    if (body.includes("<failure")) failed.push(`${unescapeXml(file)}: ${unescapeXml(name)}`);
    else if (body.includes("<skipped")) skipped++;
    else passed++;
  }
  return { passed, skipped, failed };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&apos;", "'"],
  ["&amp;", "&"],
]);

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}

/** Reads the last line of a conformance run: `N passed, N failed`, perhaps `, N skipped`. */
export function readClosingLine(
  output: readonly string[],
): { passed: number; failed: number; skipped: number } | undefined {
  const last = output.findLast((line) => line.trim() !== "") ?? "";
  const found = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(last.trim());
  if (found === null) return undefined;
  return { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3] ?? 0) };
}
