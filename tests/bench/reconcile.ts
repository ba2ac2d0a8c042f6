/**
 * `deno task bench reconcile`: how long a fleet of Kustomizations takes, and what it costs.
 *
 * @module
 */
import { ok, type Result } from "../../lib/base/mod.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { startControlPlane } from "../../tools/controlplane/start.ts";
import { openProgress, print } from "../../tools/terminal.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import { readOptions, sizesIn } from "./options.ts";
import { fleetOf } from "./reconcile_fleet.ts";
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

interface BenchRequest {
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly flags: readonly string[];
}

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "reconcile",
  help: HELP,
  read: readArguments,
  measure: measure,
});

async function measure(request: BenchRequest): Promise<Result<void>> {
  const results = await measureAll(request);
  if (!results.ok) return results;
  print(reportTable(results.value));
  print(reportJson(results.value));
  return ok(undefined);
}

async function measureAll({ sizes, runs, flags }: BenchRequest): Promise<Result<SizeResult[]>> {
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
      const cost = await runFleet({
        controlPlane,
        rollout: fleetOf(n),
        name: `bench-${n}-${run}`,
        flags,
      });
      costs.push(cost);
      if (runs > 1) progress.say(`run ${run} of ${runs}\n${reportTable([{ n, costs: [cost] }])}\n`);
    }
    results.push({ n, costs });
  }
  return ok(results);
}

function readArguments(args: readonly string[]): Result<BenchRequest> {
  const given = readOptions(args, ["--n", "--runs", "--flag"]);
  if (!given.ok) return given;
  const read = sizesIn(given.value, { "--n": [25, 100], "--runs": [1] });
  if (!read.ok) return read;
  const [sizes = [], [runs = 1] = []] = read.value.values();
  return ok({ sizes, runs, flags: given.value.get("--flag") ?? [] });
}
