/**
 * Builds that nobody has to wait for: small ones at once, large ones in threads with a limited heap (design D7).
 *
 * Nobody knows beforehand how large a build is: a tree of thousands of files may hold one small Kustomization, and a
 * few lines may ask for gigabytes. So each build begins here under a budget that ends it before anybody notices, and
 * one that comes to that end is done again in a thread, from then on at once.
 *
 * @module
 */
import { getHeapStatistics } from "node:v8";
import {
  type Budget,
  type Clock,
  fail,
  type Failure,
  type FileTree,
  limitTime,
  ok,
  type Result,
} from "../base/mod.ts";
import type { Manifests } from "./build.ts";
import {
  attemptManifests,
  type AttemptOptions,
  type BuildHead,
  type BuildRequest,
  type SharedRemote,
} from "./build_job.ts";
import { exceeded } from "./exceeded.ts";
import { openManifestCache } from "./manifest_cache.ts";
import { ManifestsReader } from "./manifests_reader.ts";
import type { RemoteAttempt, Remotes } from "./remote_builds.ts";
import type { OpenedResources } from "./sealed_resource.ts";
import { type SharedTree, shareTree } from "./shared_tree.ts";
import type { BuildSpec } from "./spec.ts";
import { ThreadQueue } from "./thread_queue.ts";

/** A build that is asked for. */
export interface BuildJob extends Omit<AttemptOptions, "cache" | "remotes"> {
  /** Whose build it is, such as `namespace/name`: those of one go to the same thread. */
  readonly key: string;
  /** The files. */
  readonly tree: FileTree;
  /** What to build of them. */
  readonly spec: BuildSpec;
  /** Remote bases that were fetched; absent: they are refused. */
  readonly remotes?: Remotes;
}

/** Builds, a bounded number at once. */
export interface BuildPool extends AsyncDisposable {
  /**
   * Does what {@linkcode buildManifests} does, with what it needs besides: see `buildWithRemotes`. Further failure
   * codes: `Cancelled` when `budget.signal` aborts, `Unavailable` and `CannotStart` when no thread can be had.
   */
  build(job: BuildJob): Promise<RemoteAttempt<Manifests>>;
}

/** What a pool needs, and how large it is. */
export interface BuildPoolOptions {
  /** Time. */
  readonly clock: Clock;
  /** Most threads. Default: 2, so that one that is stuck holds up nobody. */
  readonly threads?: number;
  /** Most memory of the heap of one thread. Default: a quarter of the process's own limit, at least 384 MiB. */
  readonly heapMib?: number;
  /** Most time that a build gets, whatever its budget says. Default: five minutes. */
  readonly limitMs?: number;
  /** First module of a thread, if not ours. */
  readonly threadUrl?: URL;
  /** Time beyond its limit after which a build that does not end is given up. Default: five seconds. */
  readonly graceMs?: number;
}

/**
 * What a build may spend without a thread: some 20 ms of work on two cores of 2026, 100 resources. To start a
 * thread takes longer than that, and 30 MiB.
 */
const SMALL = { bytes: 128 << 10, entries: 20_000, resources: 150 };
/** Neither does a build of little text that does much with it hold up everybody else for long. */
const SMALL_MS = 100;
/** When threads cannot be had, what slows a small build down is likely the machine. */
const LAST_RESORT_MS = 1_000;
/** The index of a larger tree takes too long to look through. */
const SMALL_TREE = 5_000;
/** Whose builds are known to be large; who is forgotten pays a small try. */
const MOST_KNOWN = 10_000;

/** 20,000 resources take 300; two such threads fit into the gigabyte of the usual pod. */
const LEAST_HEAP_MIB = 384;
/** Two threads get half of what the process itself may have, which knows the limit of its container. */
const HEAP_SHARE = 4;
/** What a build reads or prints is at most this part of its heap: one text beyond all bounds would end the process. */
const TEXT_SHARE = 3;
const LIMIT_MS = 5 * 60_000;
const THREADS = 2;
/** What small builds leave for each other. */
const CACHE_BYTES = 32 << 20;

/**
 * Opens a pool; its threads start when they are needed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defaultBudget, systemClock, treeOf } from "../base/mod.ts";
 * await using pool = openBuildPool({ clock: systemClock });
 * const tree = treeOf({ "a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" });
 * const built = await pool.build({ key: "apps/a", tree, spec: {}, budget: defaultBudget() });
 * assert.equal(built.result.ok && built.result.value.objects[0]?.metadata.name, "a");
 * ```
 */
export function openBuildPool(options: BuildPoolOptions): BuildPool {
  return new Pool(options);
}

class Pool implements BuildPool {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #mostBytes: number;
  readonly #cache = openManifestCache(CACHE_BYTES);
  readonly #queue: ThreadQueue<BuildRequest, BuildHead>;
  /** Keys of large builds, the latest last. */
  readonly #large = new Set<string>();
  /** Trees are shared once, however many are built from them. */
  readonly #shared = new WeakMap<FileTree, Promise<SharedTree>>();

  constructor(options: BuildPoolOptions) {
    const { clock, threads = THREADS, heapMib = usualHeapMib(), limitMs = LIMIT_MS } = options;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#mostBytes = Math.floor((heapMib * 2 ** 20) / TEXT_SHARE);
    const { threadUrl = workerUrl(), graceMs } = options;
    const thread = { url: threadUrl, heapMib, clock, ...(graceMs !== undefined && { graceMs }) };
    this.#queue = new ThreadQueue(thread, threads);
  }

  async build(job: BuildJob): Promise<RemoteAttempt<Manifests>> {
    if (job.budget.signal.aborted) return failed(fail("Cancelled", "The build was called off"));
    if (!this.#large.has(job.key)) {
      const built = this.#buildHere(job, SMALL_MS);
      if (built !== undefined) return built;
      this.#remember(job.key);
    }
    const built = await this.#buildInThread(job);
    const isUnavailable = !built.result.ok && built.result.code === "Unavailable";
    return isUnavailable ? this.#buildHere(job, LAST_RESORT_MS) ?? built : built;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.close();
  }

  /** Builds on the spot; nothing when that is too much for the spot. */
  #buildHere(job: BuildJob, limitMs: number): RemoteAttempt<Manifests> | undefined {
    const { tree, spec, ...options } = job;
    const cache = this.#cache;
    if (tree.size > SMALL_TREE) return undefined;
    const budget = limitTime(smaller(job.budget), this.#clock, limitMs);
    const built = attemptManifests(tree, spec, { ...options, budget, cache });
    return !built.result.ok && built.result.code === "BudgetExceeded" ? undefined : built;
  }

  async #buildInThread(job: BuildJob): Promise<RemoteAttempt<Manifests>> {
    const { signal } = job.budget;
    const lastMs = this.#clock.monotonicMs() + this.#limitMs;
    const tree = await this.#share(job.tree);
    const remotes = job.remotes && await this.#shareRemotes(job.remotes);
    const reader = new ManifestsReader();
    const head = await this.#queue.run(job.key, {
      signal,
      limitMs: () => Math.min(lastMs - this.#clock.monotonicMs(), timeLeft(job.budget)),
      request: (limitMs) => ({
        ...requestOf(job, tree, this.#mostBytes),
        ...(remotes && { remotes }),
        limitMs,
      }),
      onPart: (text) => reader.read(text),
    });
    if (!head.ok) return failed(lossOf(head));
    const { result, needed, sealed, elapsedMs } = head.value;
    if (!result.ok) return { result, needed, ...(sealed !== undefined && { sealed }) };
    const manifests = reader.finish(result.value);
    if (isSmall(manifests, tree, elapsedMs)) this.#large.delete(job.key);
    return { result: ok(manifests), needed };
  }

  async #shareRemotes(remotes: Remotes): Promise<ReadonlyMap<string, Result<SharedRemote>>> {
    const shared = new Map<string, Result<SharedRemote>>();
    for (const [address, remote] of remotes) {
      if (!remote.ok) {
        shared.set(address, fail(remote.code, remote.message));
        continue;
      }
      const { tree, ...rest } = remote.value;
      shared.set(address, ok({ ...rest, memory: (await this.#share(tree)).memory }));
    }
    return shared;
  }

  #share(tree: FileTree): Promise<SharedTree> {
    const shared = this.#shared.get(tree) ?? shareTree(tree, this.#clock);
    this.#shared.set(tree, shared);
    return shared;
  }

  #remember(key: string): void {
    this.#large.delete(key);
    this.#large.add(key);
    const [oldest] = this.#large;
    if (this.#large.size > MOST_KNOWN && oldest !== undefined) this.#large.delete(oldest);
  }
}

function failed(failure: Failure): RemoteAttempt<never> {
  return { result: failure, needed: [] };
}

/** How a build's loss of its thread is told. */
function lossOf(failure: Failure): Failure {
  switch (failure.code) {
    case "MemorySpent":
    case "TimeSpent":
      return exceeded(failure.message, failure);
    case "ThreadLost":
      return fail("BuildFailed", `kustomize build failed: ${failure.message}`, failure);
    default:
      return failure;
  }
}

function timeLeft({ time }: Budget): number {
  return time === undefined ? Infinity : time.endMs - time.nowMs();
}

function requestOf(
  { spec, budget, variables, strictSubstitution, opened }: BuildJob,
  { memory }: SharedTree,
  mostBytes: number,
): Omit<BuildRequest, "limitMs"> {
  const { entries, depth, resources } = budget;
  const bytes = Math.min(budget.bytes, mostBytes);
  return {
    memory,
    spec,
    variables,
    ...(strictSubstitution !== undefined && { strictSubstitution }),
    ...(opened !== undefined && { opened: withoutCauses(opened) }),
    limits: { bytes, entries, depth, resources },
  };
}

/** What lay under a failure may be anything, also what no thread can hand over. */
function withoutCauses(opened: OpenedResources): OpenedResources {
  return new Map(
    [...opened].map(([name, text]) => [name, text.ok ? text : fail(text.code, text.message)]),
  );
}

/** Far below the limits, so that a build near to them does not go to and fro. */
function isSmall({ filesRead, objects }: Manifests, tree: FileTree, elapsedMs: number): boolean {
  let bytes = 0;
  for (const path of filesRead) bytes += tree.get(path)?.sizeBytes ?? 0;
  return elapsedMs < SMALL_MS / 4 && bytes < SMALL.bytes / 4 &&
    objects.length < SMALL.resources / 2;
}

function smaller(budget: Budget): Budget {
  return {
    ...budget,
    bytes: Math.min(budget.bytes, SMALL.bytes),
    entries: Math.min(budget.entries, SMALL.entries),
    resources: Math.min(budget.resources, SMALL.resources),
  };
}

function usualHeapMib(): number {
  const limitMib = getHeapStatistics().heap_size_limit / 2 ** 20;
  return Math.max(LEAST_HEAP_MIB, Math.floor(limitMib / HEAP_SHARE));
}

/** Beside this module, or beside the bundle that holds it. */
function workerUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./build_worker.${extension}`, import.meta.url);
}
