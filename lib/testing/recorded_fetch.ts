/**
 * A `fetch` that plays a closed list of exchanges; any other request fails the test.
 *
 * @module
 */
import assert from "node:assert/strict";
import { stringifyJson } from "../base/mod.ts";

/** What comes back. */
export interface RecordedAnswer {
  /** 200 when absent. */
  status?: number;
  /** Headers. */
  headers?: Record<string, string>;
  /** Body as JSON. */
  json?: unknown;
  /** Body as it is. */
  text?: string;
  /** Body that the test writes while it is read. */
  stream?: RecordedStream;
  /** The connection fails, with these words in the error's cause. */
  error?: string;
  /** Nothing comes until the request is aborted. */
  hangs?: boolean;
}

/** A request, and what comes back. */
export interface Exchange {
  /** `GET /api/v1/pods?limit=500`. */
  readonly request: string;
  /** Headers that must be there. */
  readonly headers?: Record<string, string>;
  /** What must be sent. */
  readonly body?: unknown;
  /** What comes back. */
  readonly answer: RecordedAnswer;
}

/** A body that a test writes piece by piece. */
export class RecordedStream {
  /** What is read. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #isOver = false;

  /** Starts empty and open. */
  constructor() {
    let taken: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
    this.body = new ReadableStream({
      start: (controller) => {
        taken = controller;
      },
      cancel: () => {
        this.#isOver = true;
      },
    });
    assert.ok(taken);
    this.#controller = taken;
  }

  /** Writes text. */
  write(text: string): void {
    if (!this.#isOver) this.#controller.enqueue(new TextEncoder().encode(text));
  }

  /** Writes one line of JSON. */
  event(type: string, object: unknown): void {
    this.write(`${stringifyJson({ type, object })}\n`);
  }

  /** Ends the body. */
  end(): void {
    if (!this.#isOver) this.#controller.close();
    this.#isOver = true;
  }

  /** Breaks the body off. */
  break(thrown: unknown): void {
    if (!this.#isOver) this.#controller.error(thrown);
    this.#isOver = true;
  }
}

/** Plays exchanges: of those that are the same, in their order. */
export class RecordedFetch {
  /** Requests so far, in order. */
  readonly requests: string[] = [];
  readonly #origin: string;
  readonly #left: Exchange[];
  readonly #unexpected: string[] = [];

  /** Answers for the server at `origin`. */
  constructor(origin: string, exchanges: readonly Exchange[]) {
    this.#origin = origin;
    this.#left = [...exchanges];
  }

  /** Adds exchanges. */
  expect(...exchanges: Exchange[]): void {
    this.#left.push(...exchanges);
  }

  /** The function to hand in. */
  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    const request = `${init.method ?? "GET"} ${url.replace(this.#origin, "")}`;
    this.requests.push(request);
    const at = this.#left.findIndex((exchange) => exchange.request === request);
    const [exchange] = at < 0 ? [] : this.#left.splice(at, 1);
    if (exchange === undefined) {
      this.#unexpected.push(request);
      return Promise.reject(new TypeError(`no exchange for ${request}`));
    }
    const wrong = differenceOf(exchange, init);
    if (wrong !== undefined) this.#unexpected.push(`${request}: ${wrong}`);
    return answer(exchange.answer, init.signal ?? undefined);
  };

  /** Fails the test unless exactly the exchanges took place. */
  verify(): void {
    const left = this.#left.map(({ request }) => request);
    assert.deepEqual({ unexpected: this.#unexpected, left }, { unexpected: [], left: [] });
  }
}

function differenceOf(exchange: Exchange, init: RequestInit): string | undefined {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(exchange.headers ?? {})) {
    if (headers.get(name) !== value) return `header ${name} is ${headers.get(name)}`;
  }
  if (exchange.body === undefined) return undefined;
  const wanted = stringifyJson(exchange.body);
  return init.body === wanted ? undefined : `body is ${init.body}`;
}

function answer(recorded: RecordedAnswer, signal: AbortSignal | undefined): Promise<Response> {
  if (recorded.error !== undefined) {
    // As Deno's fetch puts it.
    return Promise.reject(new TypeError("fetch failed", { cause: new Error(recorded.error) }));
  }
  if (recorded.hangs === true) {
    return new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason))
    );
  }
  const { stream } = recorded;
  // fetch itself breaks a body off when its request is aborted.
  signal?.addEventListener("abort", () => stream?.break(signal.reason));
  const { status = 200, headers = {}, json, text } = recorded;
  const body = stream?.body ?? text ?? (json === undefined ? null : stringifyJson(json));
  return Promise.resolve(new Response(body, { status, headers }));
}
