/**
 * `deno task bench image`: what image automation takes, part by part.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { openProgress, print, type Progress } from "../../tools/terminal.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import type { ImagePart, PartReport } from "./image_part.ts";
import { POLICIES } from "./image_policies.ts";
import { TAGS } from "./image_tags.ts";
import { UPDATES } from "./image_updates.ts";
import { listOf, readOptions, wholeNumbers } from "./options.ts";

/** By name; each is a file of its own. */
const PARTS: Readonly<Record<string, ImagePart>> = {
  tags: TAGS,
  policies: POLICIES,
  updates: UPDATES,
};

const HELP = `Measures image automation, part by part.

Usage: deno task bench image [--parts NAME[,NAME…]] [--runs N] [--NAME N]

Options:
  --parts NAME[,NAME…]  parts to measure (default ${Object.keys(PARTS).join(",")})
  --runs N              runs of each; medians are printed (default 3)
${
  Object.entries(PARTS).map(([name, { what, size }]) =>
    `  ${`--${name} N`.padEnd(22)}${what} (default ${size})`
  ).join("\n")
}
  --help                show this

Prints a table for each part, the goals, and the same as one line of JSON.
`;

interface Request {
  readonly runs: number;
  /** Parts by name, with their sizes. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "image",
  help: HELP,
  read: readArguments,
  measure,
});

async function measure(request: Request): Promise<Result<void>> {
  const reports = await runImageBench(request, openProgress());
  for (const { table, goals } of reports.values()) print(`${table}\n\n${goals.join("\n")}\n`);
  const parts = Object.fromEntries([...reports].map(([name, { figures }]) => [name, figures]));
  print(JSON.stringify({ bench: "image", parts }));
  return ok(undefined);
}

/** Measures the parts that are asked for, one after the other. */
export async function runImageBench(
  { runs, sizes }: Request,
  progress: Progress,
): Promise<ReadonlyMap<string, PartReport>> {
  const reports = new Map<string, PartReport>();
  for (const [name, size] of sizes) {
    const report = await PARTS[name]?.measure(size, { runs, progress });
    if (report !== undefined) reports.set(name, report);
  }
  return reports;
}

function readArguments(args: readonly string[]): Result<Request> {
  const names = Object.keys(PARTS);
  const given = readOptions(args, ["--parts", "--runs", ...names.map((name) => `--${name}`)]);
  if (!given.ok) return given;
  const runs = wholeNumbers(given.value, "--runs", [3]);
  if (!runs.ok) return runs;
  const sizes = new Map<string, number>();
  for (const name of listOf(given.value, "--parts") ?? names) {
    const part = PARTS[name];
    if (part === undefined) {
      return fail("BadArguments", `--parts knows no ${name}, but ${names.join(", ")}`);
    }
    const size = wholeNumbers(given.value, `--${name}`, [part.size]);
    if (!size.ok) return size;
    sizes.set(name, size.value[0] ?? part.size);
  }
  return ok({ runs: runs.value[0] ?? 1, sizes });
}
