/**
 * One way out for events: a bounded queue, emptied by one sender that tries again after failures.
 *
 * @module
 */
import { type Clock, type Result, sleep } from "../base/mod.ts";
import type { Happening } from "./event_message.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Sends one event; a failure of code `Permanent` is not tried again. */
export type SendEvent = (event: Happening, signal: AbortSignal) => Promise<Result<void>>;

/** How a sink works. */
export interface EventSinkOptions {
  /** For metrics and log. */
  name: "kubernetes" | "webhook";
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  send: SendEvent;
}

const MOST_QUEUED = 1_000;
const MOST_TRIES = 5;
const FIRST_RETRY_MS = 1_000;

/** Sends in the order in which events came. */
export class EventSink {
  readonly #options: EventSinkOptions;
  readonly #queue: Happening[] = [];
  readonly #closed = new AbortController();
  #sending: Promise<void> | undefined;

  /** Empty. */
  constructor(options: EventSinkOptions) {
    this.#options = options;
  }

  /** Takes an event, or counts it as lost when too many wait. */
  add(event: Happening): void {
    if (this.#closed.signal.aborted) return;
    if (this.#queue.length >= MOST_QUEUED) {
      this.#options.metrics.countLostEvent(this.#options.name, "full");
      return;
    }
    this.#queue.push(event);
    this.#sending ??= this.#sendAll();
  }

  /** Waits until the queue is empty, at most `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    if (this.#sending === undefined) return;
    const over = new AbortController();
    const sending = this.#sending.finally(() => over.abort());
    await Promise.race([sending, sleep(this.#options.clock, timeoutMs, over.signal)]);
  }

  /** Drops what is left. */
  close(): void {
    this.#closed.abort();
    this.#queue.length = 0;
  }

  async #sendAll(): Promise<void> {
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      await this.#sendOne(event);
    }
    this.#sending = undefined;
  }

  async #sendOne(event: Happening): Promise<void> {
    const { name, clock, log, metrics, send } = this.#options;
    const { signal } = this.#closed;
    for (let attempt = 1;; attempt++) {
      if (signal.aborted) return;
      const sent = await send(event, signal);
      if (sent.ok) return;
      if (sent.code === "Permanent" || attempt === MOST_TRIES) {
        metrics.countLostEvent(name, "failed");
        log.info("event lost", { sink: name, reason: event.reason, error: sent.message });
        return;
      }
      await sleep(clock, FIRST_RETRY_MS * 2 ** (attempt - 1), signal);
    }
  }
}
