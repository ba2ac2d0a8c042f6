/**
 * `deno task bench builds`: how long others wait while a large build runs in a thread.
 *
 * @module
 */
import {
  defaultBudget,
  type FileTree,
  ok,
  type Result,
  sleep,
  systemClock,
} from "../../lib/base/mod.ts";
import { type BuildPool, openBuildPool, shareTree } from "../../lib/delivery/mod.ts";
import { readTree } from "../../tools/demo/read_tree.ts";
import { openProgress, print } from "../../tools/terminal.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import { median } from "./cost.ts";
import { changeOneFile, writeOverlay } from "./kustomize_input.ts";
import { readSizes } from "./options.ts";

const HELP =
  `Builds overlays as the kustomize controller does, and looks how late a timer comes meanwhile.

Usage: deno task bench builds [OPTION …]

  --sizes=N,N   resources (default: 100,5000,20000)
  --runs=N      builds of each size (default: 5)`;

/** How often the timer is due. */
const TICK_MS = 5;
const IDLE_MS = 5_000;

interface Request {
  readonly sizes: readonly number[];
  readonly runs: number;
}

interface Row {
  readonly size: number;
  readonly firstSeconds: number;
  readonly changedSeconds: number;
  /** The worst delay of seconds in which nothing is built: what the machine does by itself. */
  readonly idleDelayMs: number;
  /** Median of the worst delays of the runs, and the worst of all. */
  readonly delayMs: number;
  readonly worstDelayMs: number;
}

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "builds",
  help: HELP,
  read: readArguments,
  measure: measureAll,
});

async function measureAll({ sizes, runs }: Request): Promise<Result<void>> {
  const progress = openProgress();
  const scratch = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  const rows: Row[] = [];
  try {
    for (const size of sizes) {
      progress.update(`${size} resources`);
      rows.push(await measure(`${scratch}/${size}`, size, runs));
    }
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  print(table(rows));
  print(JSON.stringify({ bench: "builds", rows }));
  return ok(undefined);
}

async function measure(folder: string, size: number, runs: number): Promise<Row> {
  await writeOverlay(folder, size);
  await using pool = openBuildPool({ clock: systemClock });
  const idle = await watchTimer(() => sleep(systemClock, IDLE_MS));
  const seconds: number[] = [];
  const delays: number[] = [];
  for (let run = 0; run < runs; run++) {
    const tree = await readTree(folder);
    const { value, delayMs } = await watchTimer(() => timeBuild(pool, tree));
    seconds.push(value);
    delays.push(delayMs);
    await changeOneFile(folder, run);
  }
  const [firstSeconds = NaN, ...changed] = seconds;
  return {
    size,
    firstSeconds,
    changedSeconds: median(changed),
    idleDelayMs: idle.delayMs,
    delayMs: median(delays),
    worstDelayMs: Math.max(...delays),
  };
}

async function timeBuild(pool: BuildPool, files: FileTree): Promise<number> {
  const began = performance.now();
  const tree = await shareTree(files, systemClock);
  const job = { key: "bench/overlay", tree, spec: { path: "overlay" }, budget: defaultBudget() };
  const { result } = await pool.build(job);
  if (!result.ok) throw new Error(result.message);
  return (performance.now() - began) / 1_000;
}

/** The most that a timer came too late while `run` ran. */
async function watchTimer<T>(run: () => Promise<T>): Promise<{ value: T; delayMs: number }> {
  let delayMs = 0;
  let dueMs = performance.now() + TICK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delayMs = Math.max(delayMs, now - dueMs);
    dueMs = now + TICK_MS;
  }, TICK_MS);
  try {
    const value = await run();
    // What the build did last delays one tick more.
    await new Promise((resolve) => setTimeout(resolve, 2 * TICK_MS));
    return { value, delayMs };
  } finally {
    clearInterval(timer);
  }
}

function table(rows: readonly Row[]): string {
  const head =
    "| resources | first build | one file changed | timer late without a build | with one, median | at worst |";
  const lines = rows.map((
    { size, firstSeconds, changedSeconds, idleDelayMs, delayMs, worstDelayMs },
  ) =>
    `| ${size} | ${firstSeconds.toFixed(3)} s | ${changedSeconds.toFixed(3)} s | ` +
    `${idleDelayMs.toFixed(1)} ms | ${delayMs.toFixed(1)} ms | ${worstDelayMs.toFixed(1)} ms |`
  );
  return [head, "| ---: ".repeat(6) + "|", ...lines].join("\n");
}

function readArguments(args: readonly string[]): Result<Request> {
  const read = readSizes(args, { "--sizes": [100, 5_000, 20_000], "--runs": [5] });
  if (!read.ok) return read;
  const [sizes = [], [runs = 1] = []] = read.value.values();
  return ok({ sizes, runs });
}
