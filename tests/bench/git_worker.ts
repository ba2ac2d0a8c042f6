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

/** Does jobs until nobody can ask for more: `fetch`, or the addresses to poll at once. */
export async function serveJobs(jobs: {
  readonly fetch: (setup: WorkerSetup) => Promise<string>;
  readonly poll?: (setup: WorkerSetup, url: string) => Promise<void>;
}): Promise<void> {
  const setup: WorkerSetup = JSON.parse(Deno.args[0] ?? "{}");
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { value, cost } = await timeStep(async () =>
      line === "fetch"
        ? { commit: await jobs.fetch(setup) }
        : { each: await Promise.all(line.split(" ").map((url) => timePoll(url))) }
    );
    print(JSON.stringify({ ...cost, ...value } satisfies JobAnswer));
  }

  async function timePoll(url: string): Promise<number> {
    const began = systemClock.monotonicMs();
    await jobs.poll?.(setup, url);
    return (systemClock.monotonicMs() - began) / 1_000;
  }
}
