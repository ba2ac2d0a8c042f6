/**
 * `deno task bench kustomize`: our builds beside those of the real kustomize, in the same run.
 *
 * @module
 */
import { buildFolder } from "../../cli/kustomize_build.ts";
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { buildTool } from "../../tools/controlplane/build.ts";
import { Background, capture } from "../../tools/process.ts";
import { openProgress, print, printError } from "../../tools/terminal.ts";
import { changeOneFile, writeOverlay } from "./kustomize_input.ts";
import { readProcessCost } from "./process_cost.ts";

const HELP = `Builds overlays of several sizes with ours and with the real kustomize.

Usage: deno task bench kustomize [--sizes N[,N…]] [--runs N] [--peer-most N]

Options:
  --sizes N[,N…]   resources of the overlays (default 10,500,5000,20000)
  --runs N         runs of each; medians are printed (default 3)
  --peer-most N    largest size for the real one, which is slow (default 5000)
  --help           show this

Prints a table and the same as one line of JSON.
`;
/** The real one needs minutes for large sizes: once has to do. */
const ONCE_ABOVE = 1_000;
const POLL_MS = 60;
const MIB = 2 ** 20;

interface Request {
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly peerMost: number;
}

interface Row {
  readonly size: number;
  readonly coldSeconds: number;
  readonly warmSeconds: number;
  readonly changedSeconds: number;
  readonly peakMib: number;
  readonly peerSeconds?: number;
  readonly peerPeakMib?: number;
}

/** Measures and prints; gives the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    print(HELP);
    return 0;
  }
  const request = readArguments(args);
  if (!request.ok) {
    printError(`bench: ${request.message}; see deno task bench kustomize --help`);
    return 2;
  }
  const progress = openProgress();
  const peer = await buildTool("kustomize", progress);
  if (!peer.ok) {
    printError(peer.message);
    return 1;
  }
  const scratch = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  const rows: Row[] = [];
  try {
    for (const size of request.value.sizes) {
      progress.update(`${size} resources`);
      rows.push(await measure(`${scratch}/${size}`, size, peer.value, request.value));
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  print(table(rows));
  print(JSON.stringify({ bench: "kustomize", rows }));
  return 0;
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
  const cold: number[] = [];
  const peers: number[] = [];
  for (let run = 0; run < runs; run++) {
    // One after the other, so that a busy machine slows both alike.
    cold.push(await timeCommand(ours));
    if (size <= peerMost && (run === 0 || size < ONCE_ABOVE)) peers.push(await timeCommand(theirs));
  }
  const warm: number[] = [];
  const changed: number[] = [];
  timeBuild(overlay);
  for (let run = 0; run < runs; run++) {
    warm.push(timeBuild(overlay));
    await changeOneFile(folder, run);
    changed.push(timeBuild(overlay));
  }
  return {
    size,
    coldSeconds: median(cold),
    warmSeconds: median(warm),
    changedSeconds: median(changed),
    peakMib: await peakOf(ours),
    ...(peers.length > 0 && { peerSeconds: median(peers) }),
    ...(size < ONCE_ABOVE && { peerPeakMib: await peakOf(theirs) }),
  };
}

function oursCommand(overlay: string): string[] {
  const main = new URL("../../cli/main.ts", import.meta.url).pathname;
  const allowed = ["--allow-read", "--allow-env", "--no-prompt"];
  return [Deno.execPath(), "run", ...allowed, main, "kustomize", "build", overlay];
}

async function timeCommand(command: readonly string[]): Promise<number> {
  const began = performance.now();
  const run = await capture(command);
  if (!run.ok || run.value.code !== 0) {
    throw new Error(run.ok ? run.value.stderr.slice(0, 500) : run.message);
  }
  return (performance.now() - began) / 1_000;
}

function timeBuild(overlay: string): number {
  const began = performance.now();
  const built = buildFolder(overlay, { loadRestrictor: "LoadRestrictionsRootOnly" });
  if (!built.ok) throw new Error(built.message);
  built.value.toYaml();
  return (performance.now() - began) / 1_000;
}

/** Most memory of a run of its own: to look costs time. */
async function peakOf(command: readonly string[]): Promise<number> {
  await using child = new Background("bench", command);
  let ended = false;
  const end = child.ended.then(() => ended = true);
  let peakBytes = 0;
  while (!ended) {
    try {
      peakBytes = Math.max(peakBytes, (await readProcessCost(child.pid)).peakBytes);
    } catch {
      // It has ended between the question and the look.
    }
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
  return Math.round(peakBytes / MIB);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function table(rows: readonly Row[]): string {
  const head =
    "| resources | ours, cold | warm | one file changed | peak | kustomize | peak | ratio |";
  const lines = rows.map((row) => {
    const { peerSeconds, peerPeakMib } = row;
    const cells = [
      String(row.size),
      seconds(row.coldSeconds),
      seconds(row.warmSeconds),
      seconds(row.changedSeconds),
      `${row.peakMib} MiB`,
      peerSeconds === undefined ? "–" : seconds(peerSeconds),
      peerPeakMib === undefined ? "–" : `${peerPeakMib} MiB`,
      peerSeconds === undefined ? "–" : `${(peerSeconds / row.coldSeconds).toFixed(2)} ×`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [head, "| ---: ".repeat(8) + "|", ...lines].join("\n");
}

function seconds(value: number): string {
  return `${value.toFixed(3)} s`;
}

function readArguments(args: readonly string[]): Result<Request> {
  let request: Request = { sizes: [10, 500, 5_000, 20_000], runs: 3, peerMost: 5_000 };
  const rest = args.flatMap((word) => word.split("="));
  while (rest.length > 0) {
    const [name, value = ""] = rest.splice(0, 2);
    const numbers = value.split(",").map(Number);
    const [first] = numbers;
    if (first === undefined || !numbers.every((it) => Number.isInteger(it) && it > 0)) {
      return fail("BadArguments", `${name} needs a whole number above 0`);
    }
    if (name === "--sizes") request = { ...request, sizes: numbers };
    else if (name === "--runs") request = { ...request, runs: first };
    else if (name === "--peer-most") request = { ...request, peerMost: first };
    else return fail("BadArguments", `unknown option ${name}`);
  }
  return ok(request);
}
