/**
 * The git clients that are measured: ours, the real git, isomorphic-git.
 *
 * @module
 */
import { captureText } from "../../tools/process.ts";
import { type Cost, MIB, peakOf, timeCommand } from "./cost.ts";
import type { JobAnswer, WorkerSetup } from "./git_worker.ts";
import { LineWorker } from "./line_worker.ts";
import { readProcessCost } from "./process_cost.ts";

/** What a clone took. */
export interface CloneCost extends Cost {
  /** Without the start of the process, where the client can be asked. */
  readonly inside?: Cost;
  readonly peakMib?: number;
}

/** A client with a repository of its own. */
export interface Client extends AsyncDisposable {
  readonly name: string;
  /** Fetches the branch `main` of depth 1 into nothing, as a process of its own. */
  clone(): Promise<CloneCost>;
  /** The same in a process that has cloned another repository of this server before, where it can go on. */
  cloneInRunning?(): Promise<Cost>;
  /** Fetches it once more. */
  fetch(): Promise<Cost>;
  /** The commit that is there now. */
  commit(): Promise<string>;
}

/** How to reach the server, as files too: the real git takes no other form. */
export interface Reach extends WorkerSetup {
  readonly caFile?: string;
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
  /** Another repository of the same server, a small one. */
  readonly otherUrl?: string;
}

/** The real git: each step is a process. */
export function realGit(reach: Reach): Client {
  const { url, folder } = reach;
  const env = gitEnvironment(reach);
  const clone = ["git", "clone", "--quiet", "--bare", "--depth=1", "--branch=main", url, folder];
  const fetch = ["git", "-C", folder, "fetch", "--quiet", "--depth=1", "origin", "+main:main"];
  return {
    name: "git",
    clone: () => timeCommand(clone, "/dev/null", env),
    fetch: () => timeCommand(fetch, "/dev/null", env),
    async commit() {
      const printed = await captureText(["git", "-C", folder, "rev-parse", "main"], { env });
      if (!printed.ok) throw new Error(printed.message);
      return printed.value.trim();
    },
    [Symbol.asyncDispose]: () => removeFolder(folder),
  };
}

/** Most memory of a clone by the real git, in a run of its own. */
export async function realGitPeak(reach: Reach): Promise<number> {
  const { url, folder } = reach;
  const command = ["git", "clone", "--quiet", "--bare", "--depth=1", "--branch=main", url, folder];
  try {
    return await peakOf(command, gitEnvironment(reach));
  } finally {
    await removeFolder(folder);
  }
}

/** Ours: in memory, with no right but to connect. */
export function ourGit(reach: Reach): WorkerClient {
  return new WorkerClient("ours", reach, ["--allow-net", "--ignore-env"], "git_ours.ts");
}

/** isomorphic-git, in a bare folder. */
export function isomorphicGit(reach: Reach): WorkerClient {
  const flags = ["--allow-net", "--allow-read", "--allow-write", "--ignore-env"];
  if (reach.caFile !== undefined) flags.push(`--cert=${reach.caFile}`);
  return new WorkerClient("isomorphic-git", reach, flags, "git_isomorphic.ts");
}

/** A client that runs on as a process, as a controller does. */
export class WorkerClient implements Client {
  readonly name: string;
  readonly #reach: Reach;
  readonly #start: () => LineWorker;
  #running: LineWorker | undefined;
  #commit = "";

  /** The worker `module` under the flags. */
  constructor(name: string, reach: Reach, flags: readonly string[], module: string) {
    this.name = name;
    this.#reach = reach;
    this.#start = () => new LineWorker(module, flags, [JSON.stringify(setupOf(reach))]);
  }

  async clone(): Promise<CloneCost> {
    await this[Symbol.asyncDispose]();
    const began = performance.now();
    const inside = await this.ask("fetch");
    const wallSeconds = (performance.now() - began) / 1_000;
    this.#commit = inside.commit ?? "";
    const { cpuSeconds, peakBytes } = await readProcessCost(this.#running?.pid ?? 0);
    return { wallSeconds, cpuSeconds, inside, peakMib: Math.round(peakBytes / MIB) };
  }

  async cloneInRunning(): Promise<Cost> {
    await this[Symbol.asyncDispose]();
    const other = await this.ask(`other ${this.#reach.otherUrl}`);
    const { wallSeconds, cpuSeconds, commit } = await this.ask("fetch");
    if (commit === other.commit) throw new Error("both repositories have the same commit");
    return { wallSeconds, cpuSeconds };
  }

  async fetch(): Promise<Cost> {
    const answer = await this.ask("fetch");
    this.#commit = answer.commit ?? "";
    return answer;
  }

  commit(): Promise<string> {
    return Promise.resolve(this.#commit);
  }

  /** Has a job done by the process, which is started when there is none. */
  async ask(job: string): Promise<JobAnswer> {
    this.#running ??= this.#start();
    const answer: JobAnswer = JSON.parse(await this.#running.ask(job));
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.[Symbol.asyncDispose]();
    await removeFolder(this.#reach.folder);
  }
}

function setupOf({ url, folder, caCert, identity, knownHosts }: Reach): WorkerSetup {
  return {
    ...{ url, folder },
    ...(caCert !== undefined && { caCert }),
    ...(identity !== undefined && { identity }),
    ...(knownHosts !== undefined && { knownHosts }),
  };
}

function gitEnvironment({ caFile, identityFile, knownHostsFile }: Reach): Record<string, string> {
  const ssh = ["ssh", "-F", "/dev/null", "-i", identityFile, "-o", "IdentitiesOnly=yes"];
  return {
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...(caFile !== undefined && { GIT_SSL_CAINFO: caFile }),
    ...(identityFile !== undefined && {
      GIT_SSH_COMMAND: [...ssh, "-o", `UserKnownHostsFile=${knownHostsFile}`].join(" "),
    }),
  };
}

async function removeFolder(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
