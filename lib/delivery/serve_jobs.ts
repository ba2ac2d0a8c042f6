/**
 * The inside of a thread that builds: takes jobs, one after the other, and hands out their answers in parts.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import type { TimeLimit } from "../base/mod.ts";
import {
  type Answer,
  type FromThread,
  LEFT_WORD,
  STOP_WORD,
  type ToThread,
} from "./thread_messages.ts";

/** How a job hears that it is called off: it never waits, so that no signal would reach it. */
export interface StopWord {
  /** The time that ends `limitMs` from now, and at once when the job is called off. */
  timeLimit(limitMs: number): TimeLimit;
}

/** Does what `run` says with every job that comes in; for the first module of a thread. */
export function serveJobs<Request, Head>(
  run: (request: Request, stop: StopWord) => Answer<Head>,
): void {
  if (parentPort === null) throw new TypeError("This module is the first of a thread");
  const port = parentPort;
  let parts: Iterator<string> = [].values();

  function answer(message: ToThread<Request>): FromThread<Head> {
    if (message.kind === "next") {
      const part = parts.next();
      return part.done === true ? { kind: "end" } : { kind: "part", text: part.value };
    }
    const done = work(message.request, new Int32Array(message.words));
    parts = done.parts[Symbol.iterator]();
    return { kind: "done", head: done.head };
  }
  function work(request: Request, words: Int32Array): Answer<Head> {
    try {
      return run(request, stopWord(words));
    } finally {
      Atomics.store(words, LEFT_WORD, 1);
    }
  }
  port.on("message", (message: ToThread<Request>) => {
    // Not in this very call: where the heap is exhausted in it, Deno (2.9) ends it without a word to anybody.
    setTimeout(() => port.postMessage(guarded(() => answer(message))), 0);
  });
  const ready: FromThread<Head> = { kind: "ready" };
  port.postMessage(ready);
}

function guarded<Head>(answer: () => FromThread<Head>): FromThread<Head> {
  try {
    return answer();
  } catch (thrown) {
    const trace = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
    return { kind: "crashed", trace };
  }
}

function stopWord(words: Int32Array): StopWord {
  return {
    timeLimit: (limitMs) => ({
      endMs: performance.now() + limitMs,
      nowMs: () => (Atomics.load(words, STOP_WORD) === 0 ? performance.now() : Infinity),
    }),
  };
}
