/**
 * A bounded number of threads, and those who wait for one.
 *
 * @module
 */
import { fail, type Result, type Timer } from "../base/mod.ts";
import {
  type BuildThread,
  startThread,
  type ThreadJob,
  type ThreadOptions,
} from "./build_thread.ts";

/** Threads that do not end although they were given up take processors from everybody: no more of them. */
const MOST_STUCK = 2;
/** How often the first in the queue lets somebody pass who has worked with the free thread before. */
const MOST_PASSED = 3;
/** A thread that nobody needs gives its memory back. */
const IDLE_MS = 5 * 60_000;

/** A place for a thread. */
interface Slot<Request, Head> {
  thread?: BuildThread<Request, Head> | undefined;
  isBusy: boolean;
  idle?: Timer | undefined;
}

interface Waiting<Request, Head> {
  readonly key: string;
  readonly take: (slot: Slot<Request, Head> | undefined) => void;
  passed: number;
}

/** Hands out threads: first come, first served, but for those who come back to a thread that knows them. */
export class ThreadQueue<Request, Head> {
  readonly #options: ThreadOptions;
  readonly #slots: Slot<Request, Head>[];
  readonly #waiting: Waiting<Request, Head>[] = [];
  /** Where the builds of a key were done last. */
  readonly #homes = new Map<string, Slot<Request, Head>>();
  readonly #closing = new AbortController();
  #retired: BuildThread<Request, Head>[] = [];

  /** No thread is started yet. */
  constructor(options: ThreadOptions, threads: number) {
    this.#options = options;
    this.#slots = Array.from({ length: threads }, () => ({ isBusy: false }));
  }

  /** Does a job in a thread, as soon as one is free. Codes: those of the thread, `Cancelled`, `Unavailable`. */
  async run(key: string, job: ThreadJob<Request>): Promise<Result<Head>> {
    const signal = AbortSignal.any([job.signal, this.#closing.signal]);
    const slot = await this.#take(key, signal);
    if (slot === undefined) return fail("Cancelled", "The build was called off");
    try {
      const thread = this.#threadOf(slot);
      if (!thread.ok) return thread;
      return await thread.value.run({ ...job, signal });
    } finally {
      this.#release(slot);
    }
  }

  /** Calls off what runs or waits, and ends the threads. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const slot of this.#slots) {
      slot.idle?.cancel();
      await slot.thread?.end();
      slot.thread = undefined;
    }
  }

  #take(key: string, signal: AbortSignal): Promise<Slot<Request, Head> | undefined> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(undefined);
      const waiting: Waiting<Request, Head> = {
        key,
        passed: 0,
        take: (slot) => {
          signal.removeEventListener("abort", leave);
          resolve(slot);
        },
      };
      const leave = (): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        waiting.take(undefined);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
      this.#serve();
    });
  }

  /** Gives free places to those who wait. */
  #serve(): void {
    for (;;) {
      const [first] = this.#waiting;
      const free = this.#slots.filter(({ isBusy }) => !isBusy);
      if (first === undefined || free.length === 0) return;
      const next = this.#nextFor(first, free);
      // Home if that is free, else a thread that runs already.
      const home = this.#homes.get(next.key);
      const slot = free.find((it) => it === home) ?? free.find((it) => it.thread) ?? free[0];
      if (slot === undefined) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#seat(next, slot);
    }
  }

  #nextFor(
    first: Waiting<Request, Head>,
    free: readonly Slot<Request, Head>[],
  ): Waiting<Request, Head> {
    if (first.passed >= MOST_PASSED) return first;
    const returning = this.#waiting.find(({ key }) =>
      free.some((it) => it === this.#homes.get(key))
    );
    if (returning === undefined || returning === first) return first;
    first.passed++;
    return returning;
  }

  #seat({ key, take }: Waiting<Request, Head>, slot: Slot<Request, Head>): void {
    slot.isBusy = true;
    slot.idle?.cancel();
    this.#homes.delete(key);
    this.#homes.set(key, slot);
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > MOST_HOMES && oldest !== undefined) this.#homes.delete(oldest);
    take(slot);
  }

  #threadOf(slot: Slot<Request, Head>): Result<BuildThread<Request, Head>> {
    if (slot.thread?.isUsable) return { ok: true, value: slot.thread };
    this.#retired = this.#retired.filter(({ isStuck }) => isStuck);
    if (this.#retired.length >= MOST_STUCK) {
      return fail(
        "Unavailable",
        `${this.#retired.length} earlier builds ran out of time and do not end; restart the controller, and make ` +
          "what they build smaller",
      );
    }
    const started = startThread<Request, Head>(this.#options);
    slot.thread = started.ok ? started.value : undefined;
    return started;
  }

  #release(slot: Slot<Request, Head>): void {
    slot.isBusy = false;
    if (slot.thread?.isUsable === false) {
      this.#retired.push(slot.thread);
      slot.thread = undefined;
    }
    if (slot.thread !== undefined && !this.#closing.signal.aborted) {
      slot.idle = this.#options.clock.after(IDLE_MS, () => {
        void slot.thread?.end();
        slot.thread = undefined;
      });
    }
    this.#serve();
  }
}

const MOST_HOMES = 10_000;
