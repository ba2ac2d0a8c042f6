/**
 * `deno task bench reconcile`: how long a fleet of Kustomizations takes, and what it costs.
 *
 * @module
 */
import { fail, ok, type Result, taskArguments } from "../../lib/base/mod.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { startControlPlane } from "../../tools/controlplane/start.ts";
import { openProgress, print, printError } from "../../tools/terminal.ts";
import { reportJson, reportTable, type SizeResult } from "./reconcile_report.ts";
import { type RunCost, runFleet } from "./reconcile_run.ts";

const HELP =
  `Measures the controllers on a control plane of their own: N Kustomizations of one source with
4 objects each are installed, upgraded by one commit, reconciled without news, and deleted.

Usage: deno task bench reconcile [--n N[,N…]] [--runs N] [--flag FLAG]…

Options:
  --n N[,N…]    how many Kustomizations (default 25,100)
  --runs N      runs of each size; medians are printed (default 1)
  --flag FLAG   a further flag of the controllers: --flag=--concurrent=20
  --help        show this

Prints a table, then the same as one line of JSON.
`;
const MOST = 10_000;

interface BenchRequest {
  readonly help: boolean;
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly flags: readonly string[];
}

/** Measures and prints; gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const request = readArguments(args);
  if (!request.ok) {
    printError(`${request.message}; see deno task bench reconcile --help`);
    return 2;
  }
  if (request.value.help) {
    print(HELP);
    return 0;
  }
  const results = await measure(request.value);
  if (!results.ok) {
    printError(results.message);
    return 1;
  }
  print(reportTable(results.value));
  print(reportJson(results.value));
  return 0;
}

async function measure({ sizes, runs, flags }: BenchRequest): Promise<Result<SizeResult[]>> {
  const progress = openProgress();
  const started = await startControlPlane({ audit: true, progress });
  if (!started.ok) return started;
  await using controlPlane = started.value;
  const installed = await installCustomResources(controlPlane.kubectl);
  if (!installed.ok) return installed;
  const results: SizeResult[] = [];
  for (const n of sizes) {
    const costs: RunCost[] = [];
    for (let run = 1; run <= runs; run++) {
      progress.update(`${n} Kustomizations, run ${run} of ${runs}`);
      const cost = await runFleet({ controlPlane, n, name: `bench-${n}-${run}`, flags });
      costs.push(cost);
      if (runs > 1) progress.say(`run ${run} of ${runs}\n${reportTable([{ n, costs: [cost] }])}\n`);
    }
    results.push({ n, costs });
  }
  return ok(results);
}

function readArguments(args: readonly string[]): Result<BenchRequest> {
  const given = new Map<string, string[]>();
  const rest = [...taskArguments(args)];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--help" || word === "-h") {
      return ok({ help: true, sizes: [], runs: 0, flags: [] });
    }
    const [, option = "", inline] = word.match(/^(--[a-z]+)(?:=(.*))?$/) ?? [];
    if (!["--n", "--runs", "--flag"].includes(option)) {
      return fail("Usage", `unknown option ${word}`);
    }
    const value = inline ?? rest.shift();
    if (!value) return fail("Usage", `${option} needs a value`);
    given.set(option, [...given.get(option) ?? [], value]);
  }
  const sizes = (given.get("--n") ?? ["25,100"]).flatMap((list) => list.split(",")).map(Number);
  const runs = Number(given.get("--runs")?.at(-1) ?? 1);
  for (const number of [...sizes, runs]) {
    if (!Number.isInteger(number) || number < 1 || number > MOST) {
      return fail("Usage", `--n and --runs need whole numbers from 1 to ${MOST}`);
    }
  }
  return ok({ help: false, sizes, runs, flags: given.get("--flag") ?? [] });
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
