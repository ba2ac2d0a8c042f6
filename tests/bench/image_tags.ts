/**
 * Part `tags` of the image benchmark: a scan of one image with many tags in a real registry, beside crane.
 *
 * @module
 */
import { buildTool } from "../../tools/controlplane/build.ts";
import { type Registry, startRegistry } from "../support/registry.ts";
import {
  type Cost,
  formatCost,
  goal,
  markdownTable,
  median,
  medianCost,
  MIB,
  timeCommand,
} from "./cost.ts";
import type { ImagePart, PartOptions, PartReport } from "./image_part.ts";
import type { ScanAnswer } from "./image_tags_worker.ts";
import { LineWorker } from "./line_worker.ts";
import { readProcessCost } from "./process_cost.ts";

/** Lists the tags of an image in a registry that holds nothing else. */
export const TAGS: ImagePart = {
  what: "tags of the image that is scanned",
  size: 10_000,
  measure: measureTags,
};

/** What a scan took. */
interface ScanRow {
  readonly by: string;
  readonly scan: Cost;
  /** Once more, without news. */
  readonly again?: Cost & { readonly requests: number; readonly bytes: number };
  readonly requests?: number;
  readonly bytes?: number;
  /** Most memory of the scan beyond what the process had used before it. */
  readonly grewMib?: number;
}

const IMAGE = "bench/app";
const FLAGS = ["--allow-net", "--ignore-env", "--allow-sys=osRelease"];
const MOST_SECONDS = 2;
const MOST_MIB = 50;
/** A few scans of next to nothing: what is compiled and opened for the first of them is not the scan's. */
const WARM_UPS = 3;
/** Smaller ones are there to see that it runs; crane would be built for nothing. */
const LEAST_FOR_PEER = 1_000;

async function measureTags(size: number, options: PartOptions): Promise<PartReport> {
  const started = await startRegistry();
  if (!started.ok) throw new Error(started.message);
  await using registry = started.value;
  options.progress.update(`pushing ${size} tags`);
  await registry.pushTags("bench/small", ["1.0.0"]);
  await registry.pushTags(IMAGE, Array.from({ length: size }, (_, index) => `1.${index}.0`));
  const rows = [await measureOurs(registry, size, options)];
  if (size >= LEAST_FOR_PEER) rows.push(await measureCrane(registry, size, options));
  const [ours] = rows;
  return { table: tagsTable(size, rows), goals: ours ? goalsOf(ours) : [], figures: rows };
}

async function measureOurs(
  { host }: Registry,
  size: number,
  { runs, progress }: PartOptions,
): Promise<ScanRow> {
  const [first, second]: [ScanAnswer[], ScanAnswer[]] = [[], []];
  const grew: number[] = [];
  for (let run = 0; run < runs; run++) {
    progress.update(`ours, run ${run + 1}`);
    await using scanner = new LineWorker("image_tags_worker.ts", FLAGS);
    const scan = async (image: string): Promise<ScanAnswer> =>
      JSON.parse(await scanner.ask(`${host}/${image}`));
    for (let warmUp = 0; warmUp < WARM_UPS; warmUp++) await scan("bench/small");
    const before = await readProcessCost(scanner.pid);
    first.push(await scan(IMAGE));
    grew.push((await readProcessCost(scanner.pid)).peakBytes - before.peakBytes);
    second.push(await scan(IMAGE));
  }
  const miscounted = [...first, ...second].find(({ tags }) => tags !== size);
  if (miscounted !== undefined) throw new Error(`ours found ${miscounted.tags} of ${size} tags`);
  return {
    by: "ours",
    scan: medianCost(first),
    again: { ...medianCost(second), ...trafficOf(second) },
    ...trafficOf(first),
    grewMib: Math.max(...grew) / MIB,
  };
}

function trafficOf(answers: readonly ScanAnswer[]) {
  return {
    requests: median(answers.map(({ requests }) => requests)),
    bytes: median(answers.map(({ bytes }) => bytes)),
  };
}

async function measureCrane(
  { host }: Registry,
  size: number,
  { runs, progress }: PartOptions,
): Promise<ScanRow> {
  const crane = await buildTool("crane", progress);
  if (!crane.ok) throw new Error(crane.message);
  const output = await Deno.makeTempFile({ prefix: "sluice-bench-" });
  try {
    const costs: Cost[] = [];
    for (let run = 0; run < runs; run++) {
      progress.update(`crane, run ${run + 1}`);
      costs.push(await timeCommand([crane.value, "ls", "--insecure", `${host}/${IMAGE}`], output));
    }
    const listed = (await Deno.readTextFile(output)).trim().split("\n").length;
    if (listed !== size) throw new Error(`crane found ${listed} of ${size} tags`);
    return { by: "crane", scan: medianCost(costs) };
  } finally {
    await Deno.remove(output);
  }
}

function tagsTable(size: number, rows: readonly ScanRow[]): string {
  const columns = ["tags", "by", "scan", "requests", "grew by", "unchanged", "requests"];
  const cells = rows.map(({ by, scan, requests, grewMib, again }) => [
    `${size}`,
    by,
    formatCost(scan),
    `${requests ?? "–"}`,
    grewMib === undefined ? "–" : `${grewMib.toFixed(0)} MiB`,
    again === undefined ? "–" : formatCost(again),
    `${again?.requests ?? "–"}`,
  ]);
  return markdownTable(columns, cells);
}

function goalsOf({ scan, grewMib = 0 }: ScanRow): readonly string[] {
  return [
    goal(
      scan.wallSeconds <= MOST_SECONDS,
      `scan ${scan.wallSeconds.toFixed(2)} s (${MOST_SECONDS})`,
    ),
    goal(grewMib <= MOST_MIB, `${grewMib.toFixed(0)} MiB more (${MOST_MIB})`),
  ];
}
