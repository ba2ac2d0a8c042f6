/**
 * `deno task bench kustomize`: our builds beside those of the real kustomize, in the same run.
 *
 * @module
 */
import process from "node:process";
import { buildFolder } from "../../cli/kustomize_build.ts";
import { ok, type Result } from "../../lib/base/mod.ts";
import { type BuildCache, openBuildCache } from "../../lib/kustomize/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { openProgress, print } from "../../tools/terminal.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import { type Cost, markdownTable, medianCost, MIB, peakOf, timeCommand } from "./cost.ts";
import { changeOneFile, writeOverlay } from "./kustomize_input.ts";
import { readSizes } from "./options.ts";

const HELP = `Builds overlays of several sizes with ours and with the real kustomize.

Usage: deno task bench kustomize [--sizes N[,N…]] [--runs N] [--peer-most N]

Options:
  --sizes N[,N…]   resources of the overlays (default 10,500,5000,20000)
  --runs N         runs of each; medians are printed (default 3)
  --peer-most N    largest size for the real one, which is slow (default 5000)
  --help           show this

Prints a table of medians (processor time, in parentheses the time that passed) and the same as one line of JSON.
Fails when both do not print the same bytes, or when a build with a cache differs from one without.
`;
/** The real one needs minutes for large sizes: once has to do. */
const ONCE_ABOVE = 1_000;

interface Request {
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly peerMost: number;
}

interface Row {
  readonly size: number;
  /** As a process of its own, its start included. */
  readonly cold: Cost;
  readonly peakMib: number;
  /** In a process that has a cache and has built the same before. */
  readonly warm: Cost;
  /** The same, after one file changed. */
  readonly changed: Cost;
  readonly cacheMib: number;
  readonly peer?: Cost;
  readonly peerPeakMib?: number;
}

const CACHE_BYTES = 2 ** 30;
/** Runs before those that are counted: what is compiled last is compiled after a dozen. */
const WARM_UPS = 15;

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "kustomize",
  help: HELP,
  read: readArguments,
  measure: measureAll,
});

async function measureAll(request: Request): Promise<Result<void>> {
  const progress = openProgress();
  const peer = await buildTool("kustomize", progress);
  if (!peer.ok) return peer;
  const scratch = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  const rows: Row[] = [];
  try {
    for (const size of request.sizes) {
      progress.update(`${size} resources`);
      rows.push(await measure(`${scratch}/${size}`, size, peer.value, request));
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  print(table(rows));
  print(JSON.stringify({ bench: "kustomize", rows }));
  return ok(undefined);
}

async function measure(
  folder: string,
  size: number,
  peer: string,
  { runs, peerMost }: Request,
): Promise<Row> {
  const overlay = await writeOverlay(folder, size);
  const ours = oursCommand(overlay);
  const theirs = [peer, "build", overlay];
  const [ourText, theirText] = [`${folder}/ours.yaml`, `${folder}/theirs.yaml`];
  const cold: Cost[] = [];
  const peers: Cost[] = [];
  for (let run = 0; run < runs; run++) {
    // One after the other, so that a busy machine slows both alike.
    cold.push(await timeCommand(ours, ourText));
    if (size > peerMost || (run > 0 && size >= ONCE_ABOVE)) continue;
    peers.push(await timeCommand(theirs, theirText));
    if (run === 0) await compareFiles(ourText, theirText);
  }
  const cache = openBuildCache(CACHE_BYTES);
  const warm: Cost[] = [];
  const changed: Cost[] = [];
  for (let run = -WARM_UPS; run < runs; run++) {
    await changeOneFile(folder, run + WARM_UPS);
    const costs = [timeBuild(overlay, cache), timeBuild(overlay, cache)];
    if (run < 0) continue;
    changed.push(...costs.slice(0, 1));
    warm.push(...costs.slice(1));
  }
  compareCached(overlay, cache);
  return {
    size,
    cold: medianCost(cold),
    peakMib: await peakOf(ours),
    warm: medianCost(warm),
    changed: medianCost(changed),
    cacheMib: Math.round(cache.usedBytes / MIB),
    ...(peers.length > 0 && { peer: medianCost(peers) }),
    ...(size < ONCE_ABOVE && { peerPeakMib: await peakOf(theirs) }),
  };
}

async function compareFiles(ours: string, theirs: string): Promise<void> {
  const [our, their] = [await Deno.readTextFile(ours), await Deno.readTextFile(theirs)];
  if (our !== their) throw new Error(`${ours} and ${theirs} are not the same bytes`);
}

function compareCached(overlay: string, cache: BuildCache): void {
  const [kept, anew] = [buildText(overlay, cache), buildText(overlay)];
  if (kept !== anew) throw new Error(`${overlay} is built otherwise with a cache`);
}

function oursCommand(overlay: string): string[] {
  const main = new URL("../../cli/main.ts", import.meta.url).pathname;
  const allowed = ["--allow-read", "--allow-env", "--no-prompt"];
  return [Deno.execPath(), "run", ...allowed, main, "kustomize", "build", overlay];
}

function timeBuild(overlay: string, cache: BuildCache): Cost {
  const began = performance.now();
  const before = process.cpuUsage();
  buildText(overlay, cache);
  const { user, system } = process.cpuUsage(before);
  return {
    wallSeconds: (performance.now() - began) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
  };
}

function buildText(overlay: string, cache?: BuildCache): string {
  const built = buildFolder(
    overlay,
    { loadRestrictor: "LoadRestrictionsRootOnly" },
    cache === undefined ? {} : { cache },
  );
  if (!built.ok) throw new Error(built.message);
  return built.value.toYaml();
}

const COLUMNS = [
  "resources",
  "ours, cold",
  "peak",
  "warm",
  "one file changed",
  "cache",
  "kustomize",
  "peak",
  "ratio",
];

/** Processor seconds, wall seconds in parentheses. */
function table(rows: readonly Row[]): string {
  const lines = rows.map(({ peer, peerPeakMib, ...row }) => [
    String(row.size),
    show(row.cold),
    `${row.peakMib} MiB`,
    show(row.warm),
    show(row.changed),
    `${row.cacheMib} MiB`,
    peer === undefined ? "–" : show(peer),
    peerPeakMib === undefined ? "–" : `${peerPeakMib} MiB`,
    peer === undefined ? "–" : `${(peer.cpuSeconds / row.cold.cpuSeconds).toFixed(1)} ×`,
  ]);
  return [markdownTable(COLUMNS, lines), ...growth(rows)].join("\n");
}

/** What a larger size takes of the time of the one before, beside how much larger it is. */
function growth(rows: readonly Row[]): string[] {
  return rows.slice(1).map((row, index) => {
    const { size = NaN, cold } = rows[index] ?? {};
    const times = row.cold.cpuSeconds / (cold?.cpuSeconds ?? NaN);
    return `${row.size} take ${times.toFixed(2)} × what ${size} take (${
      row.size / size
    } × as many)`;
  });
}

function show({ cpuSeconds, wallSeconds }: Cost): string {
  return `${cpuSeconds.toFixed(3)} s (${wallSeconds.toFixed(3)})`;
}

function readArguments(args: readonly string[]): Result<Request> {
  const defaults = { "--sizes": [10, 500, 5_000, 20_000], "--runs": [3], "--peer-most": [5_000] };
  const read = readSizes(args, defaults);
  if (!read.ok) return read;
  const [sizes = [], [runs = 1] = [], [peerMost = 1] = []] = read.value.values();
  return ok({ sizes, runs, peerMost });
}
