/**
 * A git client as a process of its own: one line asks for a job, one line says what it took.
 *
 * @module
 */
import { systemClock } from "../../lib/base/mod.ts";
import { print } from "../../tools/terminal.ts";
import type { Cost } from "./cost.ts";
import { linesOf, timeStep } from "./worker.ts";

/** How a worker reaches the server; its first argument, as JSON. */
export interface WorkerSetup {
  readonly url: string;
  /** Where a client that needs a disk may write. */
  readonly folder: string;
  readonly caCert?: string;
  readonly identity?: string;
  readonly knownHosts?: string;
}

/** What a job took inside the process. */
export interface JobAnswer extends Cost {
  /** The commit that is there now; of a poll, how long each repository took. */
  readonly commit?: string;
  readonly each?: readonly number[];
}

/** What a worker can do. */
export interface Jobs {
  /** Brings what is here up to date; gives the commit. */
  readonly fetch: (setup: WorkerSetup) => Promise<string>;
  /** Clones another repository. */
  readonly cloneOther: (setup: WorkerSetup, url: string) => Promise<string>;
  /** Asks where a branch is. */
  readonly poll?: (setup: WorkerSetup, url: string) => Promise<void>;
}

/** Does jobs until nobody can ask for more: `fetch`, `other ADDRESS`, or the addresses to poll at once. */
export async function serveJobs(jobs: Jobs): Promise<void> {
  const setup: WorkerSetup = JSON.parse(Deno.args[0] ?? "{}");
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { value, cost } = await timeStep(() => answer(line));
    print(JSON.stringify({ ...cost, ...value } satisfies JobAnswer));
  }

  async function answer(line: string): Promise<Pick<JobAnswer, "commit" | "each">> {
    if (line === "fetch") return { commit: await jobs.fetch(setup) };
    const [first = "", ...urls] = line.split(" ");
    if (first !== "other") return { each: await Promise.all([first, ...urls].map(timePoll)) };
    const [url = ""] = urls;
    return { commit: await jobs.cloneOther(setup, url) };
  }

  async function timePoll(url: string): Promise<number> {
    const began = systemClock.monotonicMs();
    await jobs.poll?.(setup, url);
    return (systemClock.monotonicMs() - began) / 1_000;
  }
}
