/**
 * One thread that builds: a `node:worker_threads` worker with a heap of limited size.
 *
 * A thread that is busy cannot be ended: `terminate()` takes effect when it next waits, and says "exit" long before
 * (Deno 2.9, denoland/deno#35657). So whoever gives it up does not wait for its end; {@linkcode BuildThread.isStuck}
 * tells whether it still runs.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { type Clock, fail, type Failure, messageOf, ok, type Result } from "../base/mod.ts";
import {
  type FromThread,
  JOB_WORDS,
  LEFT_WORD,
  STOP_WORD,
  type ToThread,
} from "./thread_messages.ts";

/** Time that a job gets beyond its own limit to come to its end. */
const GRACE_MS = 5_000;
/** To read its modules takes a thread a tenth of a second, on a machine that has nothing else to do. */
const START_MS = 60_000;

/** What a thread is made of. */
export interface ThreadOptions {
  /** Its first module, which calls `serveJobs`. */
  readonly url: URL;
  /** Most memory of its heap. */
  readonly heapMib: number;
  /** Time. */
  readonly clock: Clock;
  /** Time that a job gets beyond its own limit, if not five seconds. */
  readonly graceMs?: number;
}

/** A piece of work for a thread. */
export interface ThreadJob<Request> {
  /** Time until the job has to end by itself; asked when it begins. */
  limitMs(): number;
  /** What the thread's module expects, the time included; crosses by structured clone. */
  request(limitMs: number): Request;
  /** Calls the job off. */
  readonly signal: AbortSignal;
  /** Takes the answer's parts in their order. */
  onPart(text: string): void;
}

/** Works on one job at a time. */
export class BuildThread<Request, Head> {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  /** Resolves when it waits for the first job, or is gone. */
  readonly #ready: Promise<void>;
  readonly #setReady: () => void;
  #isUsable = true;
  #wasRetired = false;
  /** The words of the last job. */
  #words: Int32Array | undefined;
  /** Takes what the thread says next; `undefined` stands for its end. */
  #hear: ((message: FromThread<Head> | undefined) => void) | undefined;
  #lastWords: Failure | undefined;

  /** Starts it. */
  constructor(worker: Worker, options: ThreadOptions) {
    this.#worker = worker;
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ready = promise;
    this.#setReady = resolve;
    worker.on("message", (message: FromThread<Head>) => {
      if (message.kind === "ready") return this.#setReady();
      this.#hear?.(message);
    });
    worker.on("error", (error) => {
      this.#lastWords ??= this.#wordsOf(error);
      this.#lose();
    });
    worker.on("exit", () => this.#lose());
    // An idle thread keeps nobody's process running.
    worker.unref();
  }

  /** True when it was given up in the middle of a job that has not ended since. */
  get isStuck(): boolean {
    return this.#wasRetired && this.#lastWords === undefined && !isLeft(this.#words);
  }

  /** False once it has died or was given up. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /**
   * Does a job. Failure codes: `Cancelled`, and those after which the thread is of no more use:
   * `MemorySpent`, `TimeSpent`, `ThreadLost`. Throws where the job threw: that is a bug.
   */
  async run(job: ThreadJob<Request>): Promise<Result<Head>> {
    this.#worker.ref();
    try {
      await this.#untilReady();
      return job.signal.aborted ? calledOff() : await this.#work(job);
    } finally {
      this.#worker.unref();
    }
  }

  async #untilReady(): Promise<void> {
    const timer = this.#options.clock.after(START_MS, () => this.retire());
    await this.#ready;
    timer.cancel();
  }

  async #work(job: ThreadJob<Request>): Promise<Result<Head>> {
    const { clock, graceMs = GRACE_MS } = this.#options;
    const limitMs = job.limitMs();
    if (limitMs <= 0) return fail("TimeSpent", "no thread was free in time");
    const memory = new SharedArrayBuffer(JOB_WORDS * Int32Array.BYTES_PER_ELEMENT);
    const words = this.#words = new Int32Array(memory);
    // The second wall: whatever loop forgets to look at the time, its caller does not wait for it.
    let timer = clock.after(limitMs + graceMs, () => this.retire());
    const stop = (): void => {
      Atomics.store(words, STOP_WORD, 1);
      timer.cancel();
      timer = clock.after(graceMs, () => this.retire());
    };
    job.signal.addEventListener("abort", stop, { once: true });
    try {
      const first = await this.#ask({ kind: "job", request: job.request(limitMs), words: memory });
      if (job.signal.aborted) return calledOff();
      if (first === undefined) return this.#death();
      if (first.kind === "crashed") throw new Error(`A build thread failed: ${first.trace}`);
      if (first.kind !== "done") throw new TypeError(`A build thread said ${first.kind} first`);
      return await this.#takeParts(first.head, job);
    } finally {
      timer.cancel();
      job.signal.removeEventListener("abort", stop);
    }
  }

  /** Gives it up: what it does fails, and it ends when it can. */
  retire(): void {
    this.#wasRetired = true;
    this.#lose();
    void this.#worker.terminate();
  }

  /** Ends it, when it waits for work at once; does not wait for a job. */
  async end(): Promise<void> {
    if (!isLeft(this.#words)) return this.retire();
    this.#lose();
    await this.#worker.terminate();
  }

  async #takeParts(head: Head, job: ThreadJob<Request>): Promise<Result<Head>> {
    for (;;) {
      // Asked for one by one: the event loop turns between two of them.
      const message = await this.#ask({ kind: "next" });
      if (message === undefined) return this.#death();
      if (message.kind === "crashed") throw new Error(`A build thread failed: ${message.trace}`);
      if (job.signal.aborted) return calledOff();
      if (message.kind === "end") return ok(head);
      if (message.kind === "part") job.onPart(message.text);
    }
  }

  #ask(message: ToThread<Request>): Promise<FromThread<Head> | undefined> {
    return new Promise((resolve) => {
      if (!this.#isUsable) return resolve(undefined);
      this.#hear = resolve;
      this.#worker.postMessage(message);
    });
  }

  #lose(): void {
    this.#isUsable = false;
    this.#setReady();
    this.#hear?.(undefined);
  }

  #death(): Result<never> {
    if (this.#lastWords !== undefined) return this.#lastWords;
    if (!this.#wasRetired) return fail("ThreadLost", "the thread of the build ended");
    if (this.#words === undefined) {
      return fail("ThreadLost", "the thread of the build did not start");
    }
    return fail("TimeSpent", "it did not end in time");
  }

  #wordsOf(error: unknown): Failure {
    if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") {
      return fail("MemorySpent", `it needs more than ${this.#options.heapMib} MiB of memory`);
    }
    return fail("ThreadLost", `the thread of the build ended: ${messageOf(error)}`);
  }
}

function calledOff(): Failure {
  return fail("Cancelled", "The build was called off");
}

/** A thread without a job has nothing to leave. */
function isLeft(words: Int32Array | undefined): boolean {
  return words === undefined || Atomics.load(words, LEFT_WORD) !== 0;
}

/** Starts a thread; code `CannotStart` when its module may not be read. */
export function startThread<Request, Head>(
  options: ThreadOptions,
): Result<BuildThread<Request, Head>> {
  try {
    const worker = new Worker(options.url, {
      // A thread would otherwise get a copy of ours, all of it asked for, at whatever moment it starts.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: options.heapMib },
    });
    return ok(new BuildThread(worker, options));
  } catch (thrown) {
    const remedy = "let the process read the folder that its program lies in (--allow-read)";
    return fail("CannotStart", `Cannot start a build thread: ${messageOf(thrown)}; ${remedy}`);
  }
}
