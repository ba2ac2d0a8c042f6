/**
 * `deno task conformance`: runs what the peers were recorded doing, and names every row we do otherwise.
 *
 * @module
 */
import {
  fail,
  messageOf,
  ok,
  resolveCallerPath,
  type Result,
  taskArguments,
} from "../lib/base/mod.ts";
import { takeCallerFolder } from "./caller_folder.ts";
import { type Area, AREAS, CASES_FOLDER, GAPS_FOLDER, type RunRow } from "./conformance/areas.ts";
import { formatGaps, type Gaps, judge, type Judgement, parseGaps } from "./conformance/gaps.ts";
import { type ConformanceRequest, parseConformanceArguments } from "./conformance/request.ts";
import { readRows, type Row } from "./conformance/rows.ts";
import { exists } from "./controlplane/cache_folder.ts";
import { formatElapsed, print, printError } from "./terminal.ts";

const NAMES = AREAS.map((area) => area.name);

const HELP =
  `Runs recorded cases of the tools we are compatible with, and names every row we do otherwise.

Usage: deno task conformance [AREA ...] [--rows PATH] [--all] [--list-gaps]
       deno task conformance golden [OPTION ...]

Areas: ${NAMES.join(", ")}
golden plays scenarios on a control plane of its own, for minutes, and only when it is named;
see deno task conformance golden --help

Options:
  --rows PATH   rows of a file or folder of the same format, not ${CASES_FOLDER}; no gap list holds
  --all         count the rows of the gap lists as failures too
  --list-gaps   print what ${GAPS_FOLDER}/AREA.txt should hold
  --help        show this

Examples:
  deno task conformance
  deno task conformance kustomize
  deno task conformance kstatus --rows ./more-rows.json
  deno task conformance ssa --all
  deno task conformance ssa --list-gaps > ${GAPS_FOLDER}/ssa.txt

A row on its area's gap list is expected to fail: that it passes is a failure, too.`;

async function main(args: readonly string[]): Promise<number> {
  const folder = takeCallerFolder();
  const words = taskArguments(args);
  if (words.includes("golden")) return await runGolden(words, folder);
  const request = parseConformanceArguments(args, NAMES);
  if (!request.ok) {
    printError(`conformance: ${request.message}; see deno task conformance --help`);
    return 2;
  }
  if (request.value.help) {
    print(HELP);
    return 0;
  }
  if (request.value.rows === undefined && !await exists(CASES_FOLDER)) return skip();
  return request.value.listGaps
    ? await listGaps(request.value, folder)
    : await runAreas(request.value, folder);
}

/** A process of its own: it needs permissions that the engines shall not have. */
async function runGolden(words: readonly string[], folder: string): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      ...["net", "read", "write", "env", "run", "sys"].map((name) => `--allow-${name}`),
      new URL("golden.ts", import.meta.url).pathname,
      ...words.filter((word) => word !== "golden"),
    ],
    env: { INIT_CWD: folder },
  }).spawn();
  return (await child.status).code;
}

/** Without the recorded cases there is nothing to run; in CI that is a failure. */
function skip(): number {
  const inCi = Deno.env.get("CI") === "true";
  print(`${inCi ? "failed" : "skipped"}: there is no ${CASES_FOLDER}: it holds the recorded cases`);
  print(inCi ? "0 passed, 1 failed" : "0 passed, 0 failed, 1 skipped");
  return inCi ? 1 : 0;
}

async function runAreas(request: ConformanceRequest, folder: string): Promise<number> {
  let passed = 0;
  let failed = 0;
  for (const area of areasOf(request)) {
    const began = performance.now();
    const judged = await judgeArea(area, request, folder);
    if (!judged.ok) {
      print(`${area.name}: ${judged.message}`);
      failed++;
      continue;
    }
    for (const { name, why } of judged.value.failed) print(`FAILED  ${name}: ${why}`);
    for (const { name, why } of judged.value.gaps) print(`gap     ${name}: ${why}`);
    print(tableLine(area, judged.value, performance.now() - began));
    passed += judged.value.passed;
    failed += judged.value.failed.length;
  }
  // Read by machines: alone on the last line.
  print(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

function areasOf({ areas }: ConformanceRequest): readonly Area[] {
  return areas.length === 0 ? AREAS : AREAS.filter(({ name }) => areas.includes(name));
}

function tableLine(area: Area, { passed, failed, gaps }: Judgement, ms: number): string {
  const counts = [
    `${String(passed).padStart(5)} passed`,
    `${String(failed.length).padStart(4)} failed`,
    `${String(gaps.length).padStart(4)} gap`,
  ];
  return `${area.name.padEnd(16)}${counts.join("  ")}  in ${formatElapsed(ms)}`;
}

async function judgeArea(
  area: Area,
  request: ConformanceRequest,
  folder: string,
): Promise<Result<Judgement>> {
  const rows = await rowsOf(area, request, folder);
  if (!rows.ok) return rows;
  const listed = !request.all && request.rows === undefined;
  const gaps = listed ? await readGaps(area) : ok<Gaps>(new Map());
  if (!gaps.ok) return gaps;
  const run = await loadArea(area);
  if (!run.ok) return run;
  return ok(await judge(rows.value, gaps.value, guarded(run.value)));
}

async function rowsOf(
  area: Area,
  request: ConformanceRequest,
  folder: string,
): Promise<Result<Row[]>> {
  if (request.rows === undefined) return await readRows(`${CASES_FOLDER}/${area.rows}`);
  return await readRows(resolveCallerPath(request.rows, folder));
}

/** An area without a gap list is done. */
async function readGaps(area: Area): Promise<Result<Gaps>> {
  const file = `${GAPS_FOLDER}/${area.name}.txt`;
  if (!await exists(file)) return ok(new Map());
  return parseGaps(await Deno.readTextFile(file), file);
}

async function loadArea(area: Area): Promise<Result<RunRow>> {
  try {
    return ok(await area.load());
  } catch (thrown) {
    return fail("BadAdapter", `Cannot load what runs ${area.name}: ${messageOf(thrown)}`, thrown);
  }
}

/** What throws fails its row, not the run. */
function guarded(run: RunRow): (row: Row) => Promise<string | undefined> {
  return async ({ data }) => {
    try {
      return await run(data);
    } catch (thrown) {
      return `threw: ${messageOf(thrown)}`;
    }
  };
}

/** Keeps the reasons that the list has; new rows get what the run says, for a person to reword. */
async function listGaps(request: ConformanceRequest, folder: string): Promise<number> {
  for (const area of areasOf(request)) {
    const old = await readGaps(area);
    const judged = await judgeArea(area, { ...request, all: true }, folder);
    for (const result of [old, judged]) {
      if (result.ok) continue;
      printError(`conformance: ${result.message}`);
      return 1;
    }
    if (!old.ok || !judged.ok) return 1;
    const findings = judged.value.failed.map(({ name, why }) => ({
      name,
      why: old.value.get(name) ?? why,
    }));
    const list = formatGaps(findings).trimEnd();
    if (list !== "") print(list);
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
