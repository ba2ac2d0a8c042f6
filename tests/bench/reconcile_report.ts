/**
 * What the reconcile benchmark prints.
 *
 * @module
 */
import { stringifyJson } from "../../lib/base/mod.ts";
import { type RequestCounts, sumByDeed } from "./audit_log.ts";
import { PHASES, type RunCost } from "./reconcile_run.ts";

/** All runs of one size. */
export interface SizeResult {
  readonly n: number;
  readonly costs: readonly RunCost[];
}

type Phase = typeof PHASES[number];

interface PeerFigures {
  readonly seconds: Readonly<Partial<Record<Phase, number>>>;
  readonly cpuSeconds: Readonly<Partial<Record<Phase, number>>>;
}

/**
 * Flux's source and kustomize controllers, measured on another day on 2 cores with the API server on the
 * same machine. Their memory: 126 and 225 MiB.
 */
const FLUX: Readonly<Record<number, PeerFigures>> = {
  100: {
    seconds: { install: 23.5, upgrade: 21.9, "no-op": 14.0 },
    cpuSeconds: { install: 12.7, upgrade: 12.4, "no-op": 12.0 },
  },
  300: {
    seconds: { install: 63.8, upgrade: 64.0, "no-op": 44.6 },
    cpuSeconds: { install: 36, upgrade: 38, "no-op": 36 },
  },
};

const COLUMNS = ["N", "phase", "s", "Flux s", "CPU s", "Flux CPU s", "requests each"] as const;

/** Medians for people, requests per Kustomization. */
export function reportTable(results: readonly SizeResult[]): string {
  const rows = results.flatMap(({ n, costs }) =>
    PHASES.map((phase) => {
      const of = medianOf(costs, phase);
      const peer = FLUX[n];
      return [
        `${n}`,
        phase,
        of.seconds.toFixed(2),
        peer?.seconds[phase]?.toFixed(1) ?? "",
        of.cpuSeconds.toFixed(2),
        peer?.cpuSeconds[phase]?.toFixed(1) ?? "",
        requestsEach(of.requests, n),
      ];
    })
  );
  const memory = results.map(({ n, costs }) =>
    `peak memory at N=${n}: ${
      (median(costs.map(({ peakBytes }) => peakBytes)) / 2 ** 20).toFixed(0)
    } MiB`
  );
  return [...alignColumns([COLUMNS, ...rows]), "", ...memory].join("\n");
}

/** All that was measured, as one line. */
export function reportJson(results: readonly SizeResult[]): string {
  const medians = results.map(({ n, costs }) => ({
    n,
    runs: costs.length,
    peakBytes: median(costs.map(({ peakBytes }) => peakBytes)),
    phases: Object.fromEntries(PHASES.map((phase) => [phase, medianOf(costs, phase)])),
  }));
  return stringifyJson({ benchmark: "reconcile", medians, runs: results });
}

function medianOf(
  costs: readonly RunCost[],
  phase: Phase,
): { seconds: number; cpuSeconds: number; requests: RequestCounts } {
  const phases = costs.map((cost) => cost.phases[phase]);
  const names = new Set(phases.flatMap(({ requests }) => Object.keys(requests)));
  return {
    seconds: median(phases.map(({ seconds }) => seconds)),
    cpuSeconds: median(phases.map(({ cpuSeconds }) => cpuSeconds)),
    requests: Object.fromEntries(
      [...names].toSorted().map((name) => [
        name,
        median(phases.map(({ requests }) => requests[name] ?? 0)),
      ]),
    ),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

function requestsEach(requests: RequestCounts, n: number): string {
  const sums = Object.entries(sumByDeed(requests)).toSorted(([, a], [, b]) => b - a);
  const total = sums.reduce((sum, [, count]) => sum + count, 0);
  const parts = sums.map(([deed, count]) => `${deed} ${(count / n).toFixed(1)}`);
  return `${(total / n).toFixed(1)}: ${parts.join(", ")}`;
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = COLUMNS.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  );
}
