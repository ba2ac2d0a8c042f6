/**
 * `deno task bench git`: our git client beside the real one and isomorphic-git, in the same run.
 *
 * @module
 */
import { fail, ok, type Result } from "../../lib/base/mod.ts";
import { openProgress, print } from "../../tools/terminal.ts";
import { type BenchMain, benchMain } from "./bench.ts";
import { measureClients, type Row, startServers } from "./git_measure.ts";
import { measurePolls } from "./git_polls.ts";
import { clientsTable, goals, pollsTable } from "./git_report.ts";
import { makeRepository, REPOSITORIES, type RepositoryShape } from "./git_repositories.ts";
import { listOf, readOptions, wholeNumbers } from "./options.ts";

const HELP =
  `Clones and fetches with ours, the real git and isomorphic-git, from git http-backend and sshd.

Usage: deno task bench git [--sizes NAME[,NAME…]] [--runs N] [--polls N]

Options:
  --sizes NAME[,NAME…]  repositories: ${
    Object.keys(REPOSITORIES).join(", ")
  } (default: all but tiny)
  --runs N              runs of each; medians are printed (default 3)
  --polls N             repositories that are polled at once (default 200)
  --help                show this

Prints a table (time that passed, in parentheses processor time), the goals, and the same as one line of JSON.
Fails when the clients do not end at the same commit.
`;

/** What a running process has cloned before; like none of the others. */
const OTHER: RepositoryShape = { files: 20, fileBytes: 500, commits: 0, content: "manifests" };

interface Request {
  readonly sizes: readonly string[];
  readonly runs: number;
  readonly polls: number;
}

/** Reads the arguments, measures and prints; gives the exit code. */
export const main: BenchMain = benchMain({
  name: "git",
  help: HELP,
  read: readArguments,
  measure: measure,
});

async function measure(request: Request): Promise<Result<void>> {
  const { rows, polls } = await runGitBench(request);
  print(clientsTable(rows));
  print(`\n${goals(rows).join("\n")}\n`);
  print(pollsTable(polls));
  print(JSON.stringify({ bench: "git", rows, polls }));
  return ok(undefined);
}

/** Measures repositories by both transports, then polls the last. */
export async function runGitBench({ sizes, runs, polls }: Request) {
  const progress = openProgress();
  const scratch = await Deno.makeTempDir({ prefix: "sluice-bench-" });
  try {
    await using servers = await startServers(scratch);
    const rows: Row[] = [];
    const other = `${scratch}/other.git`;
    await makeRepository(other, OTHER);
    let folder = "";
    for (const name of sizes) {
      const shape = REPOSITORIES[name];
      if (shape === undefined) continue;
      progress.update(`making ${name}`);
      folder = `${scratch}/${name}.git`;
      await makeRepository(folder, shape);
      for (const transport of ["https", "ssh"] as const) {
        progress.update(`${name} by ${transport}`);
        const subject = { name, folder, shape };
        rows.push(...await measureClients(servers, transport, subject, { runs, scratch, other }));
      }
    }
    progress.update(`polling ${polls}`);
    return { rows, polls: await measurePolls(servers, folder, polls) };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

function readArguments(args: readonly string[]): Result<Request> {
  const given = readOptions(args, ["--sizes", "--runs", "--polls"]);
  if (!given.ok) return given;
  const [, ...usual] = Object.keys(REPOSITORIES);
  const sizes = listOf(given.value, "--sizes") ?? usual;
  const unknown = sizes.find((name) => !(name in REPOSITORIES));
  if (unknown !== undefined) {
    const known = Object.keys(REPOSITORIES).join(", ");
    return fail("BadArguments", `--sizes knows no ${unknown}, but ${known}`);
  }
  const runs = wholeNumbers(given.value, "--runs", [3]);
  if (!runs.ok) return runs;
  const polls = wholeNumbers(given.value, "--polls", [200]);
  if (!polls.ok) return polls;
  const [[oneRuns = 1], [onePolls = 1]] = [runs.value, polls.value];
  return ok({ sizes, runs: oneRuns, polls: onePolls });
}
