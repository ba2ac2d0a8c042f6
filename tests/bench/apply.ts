/**
 * `deno task bench apply`: how long one Kustomization with many objects takes, beside kubectl.
 *
 * @module
 */
import { ok, type Result, stringifyJson } from "../../lib/base/mod.ts";
import { installCustomResources } from "../../tools/controlplane/custom_resources.ts";
import { startControlPlane } from "../../tools/controlplane/start.ts";
import { openProgress, print } from "../../tools/terminal.ts";
import { type ApplyCost, runApply, SHARED_PHASES } from "./apply_run.ts";
import { sumByDeed } from "./audit_log.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import { formatCost, markdownTable, medianCost } from "./cost.ts";
import { readOptions, sizesIn } from "./options.ts";

const HELP =
  `Measures the controllers on a control plane of their own: one Kustomization with N objects is
installed, upgraded by a commit that changes each of them, and reconciled without news; then
kubectl apply --server-side does the same.

Usage: deno task bench apply [--objects N[,N…]] [--delays MS[,MS…]] [--runs N] [--flag FLAG]…

Options:
  --objects N[,N…]    how many objects (default 200,1000)
  --delays MS[,MS…]   how far away the API server is, besides as it is (default 5)
  --runs N            runs of each; medians are printed (default 3)
  --flag FLAG         a further flag of the controllers: --flag=--concurrent-ssa=8
  --help              show this

Prints a table, then the same as one line of JSON.
`;

interface BenchRequest {
  readonly sizes: readonly number[];
  readonly delaysMs: readonly number[];
  readonly runs: number;
  readonly flags: readonly string[];
}

/** All runs with so many objects at such a distance. */
export interface ApplyResult {
  readonly count: number;
  readonly delayMs: number;
  readonly costs: readonly ApplyCost[];
}

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "apply",
  help: HELP,
  read: readArguments,
  measure,
});

async function measure(request: BenchRequest): Promise<Result<void>> {
  const results = await measureAll(request);
  if (!results.ok) return results;
  print(applyTable(results.value));
  print(stringifyJson({ benchmark: "apply", results: results.value }));
  return ok(undefined);
}

async function measureAll(
  { sizes, delaysMs, runs, flags }: BenchRequest,
): Promise<Result<ApplyResult[]>> {
  const progress = openProgress();
  const started = await startControlPlane({ audit: true, progress });
  if (!started.ok) return started;
  await using controlPlane = started.value;
  const installed = await installCustomResources(controlPlane.kubectl);
  if (!installed.ok) return installed;
  const results: ApplyResult[] = [];
  for (const count of sizes) {
    for (const delayMs of delaysMs) {
      const costs: ApplyCost[] = [];
      for (let run = 1; run <= runs; run++) {
        progress.update(`${count} objects, ${delayMs} ms away, run ${run} of ${runs}`);
        const name = `bench-${count}-${delayMs}-${run}`;
        costs.push(await runApply({ controlPlane, count, delayMs, name, flags }));
      }
      results.push({ count, delayMs, costs });
    }
  }
  return ok(results);
}

/** Medians, and how many times as long kubectl takes. */
export function applyTable(results: readonly ApplyResult[]): string {
  const columns = ["objects", "away", "phase", "ours", "kubectl", "ratio", "requests of ours"];
  const rows = results.flatMap(({ count, delayMs, costs }) =>
    SHARED_PHASES.map((phase) => {
      const ours = medianCost(costs.map(({ ours: { phases } }) => ({
        wallSeconds: phases[phase].seconds,
        cpuSeconds: phases[phase].cpuSeconds,
      })));
      const kubectl = medianCost(costs.map((cost) => cost.kubectl[phase]));
      return [
        `${count}`,
        `${delayMs} ms`,
        phase,
        formatCost(ours),
        formatCost(kubectl),
        `${(kubectl.wallSeconds / ours.wallSeconds).toFixed(1)} ×`,
        requestsOf(costs, phase),
      ];
    })
  );
  return markdownTable(columns, rows);
}

/** Of the first run: how many of each kind of request. */
function requestsOf([first]: readonly ApplyCost[], phase: typeof SHARED_PHASES[number]): string {
  const sums = Object.entries(sumByDeed(first?.ours.phases[phase].requests ?? {}));
  return sums.toSorted(([, a], [, b]) => b - a).map(([deed, count]) => `${count} ${deed}`)
    .join(", ");
}

function readArguments(args: readonly string[]): Result<BenchRequest> {
  const given = readOptions(args, ["--objects", "--delays", "--runs", "--flag"]);
  if (!given.ok) return given;
  const defaults = { "--objects": [200, 1_000], "--delays": [5], "--runs": [3] };
  const read = sizesIn(given.value, defaults);
  if (!read.ok) return read;
  const [sizes = [], delays = [], [runs = 1] = []] = read.value.values();
  // Options take numbers above 0; what is not delayed at all goes first.
  return ok({ sizes, delaysMs: [0, ...delays], runs, flags: given.value.get("--flag") ?? [] });
}
