/**
 * `deno task conformance golden`: has our controllers do what Flux's controllers were recorded doing, on a
 * control plane of its own, and names every scenario that came out otherwise.
 *
 * @module
 */
import { fail, ok, resolveCallerPath, type Result } from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { GAPS_FOLDER } from "./conformance/areas.ts";
import { type Gaps, judge, type Judgement, parseGaps } from "./conformance/gaps.ts";
import { readRows, type Row } from "./conformance/rows.ts";
import { exists } from "./controlplane/cache_folder.ts";
import { play } from "./golden/play.ts";
import { findPython, SCENARIOS_FOLDER } from "./golden/prerequisites.ts";
import { describeDifferences, type GoldenReport } from "./golden/report.ts";
import { type GoldenRequest, isWanted, parseGoldenArguments } from "./golden/request.ts";
import { stopWithAncestors } from "./lifeline.ts";
import { formatElapsed, openProgress, print, printError } from "./terminal.ts";

const GAP_LIST = `${GAPS_FOLDER}/golden.txt`;

const HELP = `Has our controllers do what Flux's were recorded doing, on a control plane of its own.

Usage: deno task conformance golden [--rows PATH] [--only GLOB] [--jobs N] [--skip-gaps] [--strict]
                                    [--work DIR]

Options:
  --rows PATH    scenarios of a file or folder, not ${SCENARIOS_FOLDER}; no gap list holds
  --only GLOB    scenarios of these names (* and ?); may be given repeatedly
  --jobs N       scenarios side by side (6)
  --skip-gaps    leave out the scenarios on the gap list, which take long to fail
  --strict       compare the conditions on the way, too; no gap list holds
  --work DIR     keep the runner's scratch and controllers.log in this folder, and show all differences
  --help         show this

Examples:
  deno task conformance golden
  deno task conformance golden --only 'git-*' --only ks-install
  deno task conformance golden --rows ./more-scenarios --jobs 4

Needs git, gpg and python3 with requests and PyYAML. A scenario in ${GAP_LIST} is expected to differ:
that it is the same is a failure, too.`;

/** Scenarios, and which of them are expected to differ. */
interface Programme {
  readonly rows: readonly Row[];
  readonly gaps: Gaps;
}

async function main(args: readonly string[]): Promise<number> {
  const folder = takeCallerFolder();
  const request = parseGoldenArguments(args);
  if (!request.ok) {
    printError(`conformance golden: ${request.message}; see deno task conformance golden --help`);
    return 2;
  }
  if (request.value.help) {
    print(HELP);
    return 0;
  }
  const { rows, work } = request.value;
  return await run({
    ...request.value,
    rows: rows === undefined ? rows : resolveCallerPath(rows, folder),
    work: work === undefined ? work : resolveCallerPath(work, folder),
  });
}

async function run(request: GoldenRequest): Promise<number> {
  const began = performance.now();
  if (request.rows === undefined && !await exists(SCENARIOS_FOLDER)) {
    return skip(`there is no ${SCENARIOS_FOLDER}: it holds the recorded scenarios`);
  }
  const python = await findPython();
  if (!python.ok) return skip(python.message);
  const programme = await readProgramme(request);
  if (!programme.ok) return complain(programme.message);

  const stack = new AsyncDisposableStack();
  const unwatch = await stopWithAncestors(() => stack.disposeAsync());
  try {
    const { rows, gaps } = programme.value;
    const how = { python: python.value, request, progress: openProgress() };
    const report = await play(rows, how, stack);
    if (!report.ok) return complain(report.message);
    const judged = await judge(rows, gaps, ({ name }) => differenceOf(name, report.value));
    tell(judged, report.value, request);
    return close(judged, performance.now() - began);
  } finally {
    await stack.disposeAsync();
    unwatch();
  }
}

/** What a person must install is no failure of theirs; in CI it is one. */
function skip(reason: string): number {
  const inCi = Deno.env.get("CI") === "true";
  print(`${inCi ? "failed" : "skipped"}: golden: ${reason}`);
  print(inCi ? "0 passed, 1 failed" : "0 passed, 0 failed, 1 skipped");
  return inCi ? 1 : 0;
}

function complain(message: string): number {
  print(`golden: ${message}`);
  print("0 passed, 1 failed");
  return 1;
}

async function readProgramme(request: GoldenRequest): Promise<Result<Programme>> {
  const read = await readRows(request.rows ?? SCENARIOS_FOLDER);
  if (!read.ok) return read;
  const listed = await readGaps();
  if (!listed.ok) return listed;
  const isListed = ({ name }: Row) => listed.value.has(name);
  const wanted = read.value.filter((row) =>
    isWanted(row.name, request.only) && !(request.skipGaps && isListed(row))
  );
  if (wanted.length === 0) return fail("NoScenario", "no scenario has such a name");
  const gapsHold = request.rows === undefined && !request.strict && !request.skipGaps;
  const gaps = [...listed.value].filter(([name]) => gapsHold && isWanted(name, request.only));
  return ok({ rows: wanted, gaps: new Map(gaps) });
}

async function readGaps(): Promise<Result<Gaps>> {
  if (!await exists(GAP_LIST)) return ok(new Map());
  return parseGaps(await Deno.readTextFile(GAP_LIST), GAP_LIST);
}

function differenceOf(name: string, report: GoldenReport): string | undefined {
  const differences = report.get(name);
  if (differences === undefined) return "the runner could not play it";
  if (differences.length === 0) return undefined;
  return `${differences.length} differences`;
}

function tell({ failed, gaps }: Judgement, report: GoldenReport, request: GoldenRequest): void {
  const troubled = new Set([...failed, ...gaps].map(({ name }) => name));
  for (const name of report.keys()) if (!troubled.has(name)) print(`same     ${name}`);
  for (const { name, why } of gaps) {
    print(`gap      ${name}: ${why}`);
    if (request.work !== undefined) showDifferences(name, report);
  }
  for (const { name, why } of failed) {
    print(`DIFFERS  ${name}: ${why}`);
    showDifferences(name, report);
  }
}

function showDifferences(name: string, report: GoldenReport): void {
  for (const line of describeDifferences(report.get(name) ?? [])) print(line);
}

function close({ passed, failed, gaps }: Judgement, ms: number): number {
  print(`golden: ${gaps.length} differ as listed in ${GAP_LIST}; in ${formatElapsed(ms)}`);
  // Read by machines: alone on the last line.
  print(`${passed} passed, ${failed.length} failed`);
  return failed.length > 0 || passed === 0 ? 1 : 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
