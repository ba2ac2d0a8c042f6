/**
 * Requests to one API server: deadlines, bounds, retries, and the HTTP clients underneath (design D3).
 *
 * Deno's fetch has no TCP keepalive and its HTTP/2 reuse has stalled before, so: HTTP/1.1, one pool for
 * requests and one for watches, a deadline that also covers the body, and new pools after any trouble.
 *
 * @module
 */
import {
  type Clock,
  fail,
  type Failure,
  messageOf,
  ok,
  parseJson,
  type Result,
  Semaphore,
  sleep,
  stringifyJson,
} from "../base/mod.ts";
import { BodyTooLarge, chunksOf, readText } from "./body.ts";
import type { WriteGuard } from "./cluster.ts";
import type { Access } from "./kubeconfig.ts";
import { Rest } from "./rest.ts";
import { failureOf } from "./status.ts";

/** One request. */
export interface ApiRequest {
  /** HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, from the server's root. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string;
  /** `application/json` when absent. */
  readonly accept?: string;
  /** `Impersonate-User`. */
  readonly user?: string;
  /** `If-None-Match`. */
  readonly etag?: string;
  /** Asked in the moment of sending; what it says is the answer then. */
  readonly guard?: WriteGuard;
}

/** An answer that is no failure. */
export interface ApiResponse {
  /** HTTP status: 2xx, or 304 to a request with an `etag`. */
  readonly status: number;
  /** The body, parsed; undefined when there is none. */
  readonly body: unknown;
  /** `ETag`, or empty. */
  readonly etag: string;
  /** About how long it was. */
  readonly sizeBytes: number;
}

/** The `fetch` that is used; tests hand in another. */
export type Fetch = (
  url: string,
  init: RequestInit & { client: Deno.HttpClient },
) => Promise<Response>;

/** What `Deno.createHttpClient` takes. */
export type HttpClientOptions = Deno.CreateHttpClientOptions & Partial<Deno.TlsCertifiedKeyPem>;

/** What a transport needs. */
export interface TransportOptions {
  /** How the server is reached now. */
  access: Access;
  /** Reads anew how it is reached: files that rotate. Absent when nothing rotates. */
  reload?: () => Promise<Result<Access>>;
  /** Time. */
  clock: Clock;
  /** Sends. */
  fetch: Fetch;
  /** Makes a connection pool. */
  createHttpClient: (options: HttpClientOptions) => Deno.HttpClient;
  /** Most requests at once, watches apart. */
  maxInFlight: number;
  /** For a whole request, its body included. */
  timeoutMs: number;
  /** Most bytes of an answer. */
  maxBodyBytes: number;
  /** How long all requests fail at once after the server answered nobody in time; not at all when absent. */
  restMs?: number;
  /** Told of what nobody is told otherwise. */
  log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Tokens are re-read this often; the kubelet renews them long before they end. */
const RELOAD_MS = 60_000;
/** How often a request is repeated after 429 and 503. */
const MOST_REPEATS = 3;
/** Longest `Retry-After` that is waited for. */
const LONGEST_REPEAT_MS = 30_000;
/** Pools are not rebuilt more often than this. */
const REBUILD_MS = 1_000;

/** Sends requests to one server. */
export class Transport {
  readonly #options: TransportOptions;
  readonly #places: Semaphore;
  readonly #rest: Rest;
  readonly #closing = new AbortController();
  /** What is under way. A set of our own, because signals that depend on a long-lived one pile up on it. */
  readonly #active = new Set<AbortController>();
  #access: Access;
  #requests: Deno.HttpClient;
  #watches: Deno.HttpClient;
  #builtMs: number;
  #reloadedMs: number;
  #reloading: Promise<void> | undefined;

  /** Makes the pools; connects at the first request. Throws on a certificate that does not parse. */
  constructor(options: TransportOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#places = new Semaphore(options.maxInFlight);
    this.#rest = new Rest(options.clock, options.restMs ?? 0);
    this.#requests = this.#createPool(options.maxInFlight);
    this.#watches = this.#createPool(0);
    this.#builtMs = this.#reloadedMs = options.clock.monotonicMs();
  }

  /** Base address. */
  get server(): string {
    return this.#access.server;
  }

  /** Sends and reads a whole answer. */
  async send(request: ApiRequest): Promise<Result<ApiResponse>> {
    let isReauthorized = false;
    let isReconnected = false;
    for (let repeats = 0;;) {
      await this.#reloadWhenDue();
      const answer = await this.#places.run(() => this.#attempt(request));
      if (answer.ok) return answer;
      if (answer.code === "Unauthorized" && !isReauthorized && await this.#reload()) {
        isReauthorized = true;
      } else if (answer.code === "Unreachable" && request.method === "GET" && !isReconnected) {
        // A kept connection that the server has closed looks the same as a server that is gone.
        isReconnected = true;
      } else {
        const waitMs = repeatAfterMs(answer);
        if (waitMs === undefined || repeats === MOST_REPEATS) return answer;
        repeats++;
        await sleep(this.#options.clock, waitMs, this.#closing.signal);
      }
      if (this.#closing.signal.aborted) return answer;
    }
  }

  /**
   * Opens an answer without end, until `ending` aborts; the headers must come within the deadline. What
   * follows is the caller's to watch.
   */
  async open(
    request: ApiRequest,
    ending: AbortController,
  ): Promise<Result<AsyncGenerator<Uint8Array<ArrayBuffer>>>> {
    await this.#reloadWhenDue();
    return this.#rest.failure ?? await this.#withDeadline(async (signal) => {
      const response = await this.#fetch(request, this.#watches, signal);
      if (response.ok && response.body !== null) return ok(chunksOf(response.body, signal));
      const text = await this.#readText(response, signal);
      if (response.status === 401) await this.#reload();
      return failureOf(response.status, parseBody(text));
    }, ending);
  }

  /** Makes new pools, as after a watch that went silent. What is under way goes on in the old ones. */
  renewPools(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#closing.signal.aborted || nowMs - this.#builtMs < REBUILD_MS) return;
    this.#rebuild();
  }

  /** Ends everything that is under way. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const active of this.#active) active.abort();
    this.#requests.close();
    this.#watches.close();
  }

  async #attempt(request: ApiRequest): Promise<Result<ApiResponse>> {
    // It may have waited for its place while the process was stopped.
    const refused = request.guard?.() ?? this.#rest.failure;
    if (refused !== undefined) return refused;
    return await this.#withDeadline(async (signal) => {
      const response = await this.#fetch(request, this.#requests, signal);
      const text = await this.#readText(response, signal);
      const body = parseBody(text);
      const isUnchanged = response.status === 304 && request.etag !== undefined;
      if (!response.ok && !isUnchanged) {
        return withRetryAfter(failureOf(response.status, body), response);
      }
      const etag = response.headers.get("etag") ?? "";
      return ok({ status: response.status, body, etag, sizeBytes: text.length });
    });
  }

  /** Runs `step` until it ends, the time is up, or the transport is closed; then `ending` is aborted. */
  async #withDeadline<T>(
    step: (signal: AbortSignal) => Promise<Result<T>>,
    ending: AbortController = new AbortController(),
  ): Promise<Result<T>> {
    let isLate = false;
    const startedMs = this.#options.clock.monotonicMs();
    const timer = this.#options.clock.after(this.#options.timeoutMs, () => {
      isLate = true;
      ending.abort();
    });
    this.#active.add(ending);
    if (this.#closing.signal.aborted) ending.abort();
    try {
      return await step(ending.signal);
    } catch (thrown) {
      const failure = this.#connectionFailure(thrown, isLate);
      if (isLate) this.#rest.noteLate(startedMs, failure);
      return failure;
    } finally {
      this.#active.delete(ending);
      timer.cancel();
    }
  }

  async #fetch(
    request: ApiRequest,
    client: Deno.HttpClient,
    signal: AbortSignal,
  ): Promise<Response> {
    const { method, path, body, contentType = "application/json", etag } = request;
    const { server, token } = this.#access;
    const headers: [string, string][] = [
      ["accept", request.accept ?? "application/json"],
      // A compressed answer could unpack to any size, and the server is near.
      ["accept-encoding", "identity"],
      ["user-agent", "sluice"],
    ];
    if (token !== undefined) headers.push(["authorization", `Bearer ${token}`]);
    if (etag !== undefined) headers.push(["if-none-match", etag]);
    if (body !== undefined) headers.push(["content-type", contentType]);
    if (request.user !== undefined) headers.push(["impersonate-user", request.user]);
    else if (this.#access.user !== undefined) {
      headers.push(["impersonate-user", this.#access.user]);
      for (const group of this.#access.groups ?? []) headers.push(["impersonate-group", group]);
    }
    const response = await this.#options.fetch(`${server}${path}`, {
      method,
      headers,
      client,
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body: stringifyJson(body) }),
    });
    this.#rest.noteAnswer();
    return response;
  }

  #readText(response: Response, signal: AbortSignal): Promise<string> {
    return readText(response, { mostBytes: this.#options.maxBodyBytes, signal });
  }

  #connectionFailure(thrown: unknown, isLate: boolean): Failure {
    const { server } = this.#access;
    if (this.#closing.signal.aborted) return fail("Closed", `The client of ${server} is closed`);
    if (thrown instanceof BodyTooLarge) return fail("TooLarge", `${server}: ${thrown.message}`);
    this.renewPools();
    if (isLate) {
      const seconds = this.#options.timeoutMs / 1000;
      return fail("Timeout", `${server} did not answer within ${seconds} s`, thrown);
    }
    return fail("Unreachable", `Cannot reach ${server}: ${reasonOf(thrown)}`, thrown);
  }

  async #reloadWhenDue(): Promise<void> {
    if (this.#options.reload === undefined) return;
    const ageMs = this.#options.clock.monotonicMs() - this.#reloadedMs;
    if (ageMs >= RELOAD_MS) await this.#reload();
  }

  /** Reads the credentials anew; true when they are others than before. */
  async #reload(): Promise<boolean> {
    if (this.#options.reload === undefined) return false;
    const before = this.#access;
    this.#reloading ??= this.#takeOver(this.#options.reload).finally(() => {
      this.#reloading = undefined;
    });
    await this.#reloading;
    return before !== this.#access;
  }

  async #takeOver(reload: () => Promise<Result<Access>>): Promise<void> {
    this.#reloadedMs = this.#options.clock.monotonicMs();
    const access = await reload();
    if (!access.ok) {
      this.#options.log("cannot re-read credentials, keeping the old ones", { ...access });
      return;
    }
    if (stringifyJson(access.value) === stringifyJson(this.#access)) return;
    const before = this.#access;
    this.#access = access.value;
    try {
      this.#rebuild();
    } catch (thrown) {
      this.#access = before;
      this.#options.log("cannot use new credentials, keeping the old ones", {
        message: messageOf(thrown),
      });
    }
  }

  #rebuild(): void {
    const requests = this.#createPool(this.#options.maxInFlight);
    const watches = this.#createPool(0);
    this.#requests.close();
    this.#watches.close();
    this.#requests = requests;
    this.#watches = watches;
    this.#builtMs = this.#options.clock.monotonicMs();
  }

  #createPool(idleConnections: number): Deno.HttpClient {
    const { caCerts, cert, key, proxyUrl } = this.#access;
    const options: HttpClientOptions = {
      http2: false,
      poolMaxIdlePerHost: idleConnections,
      // Shorter than any load balancer's patience, so that a kept connection is rarely a dead one.
      poolIdleTimeout: 30_000,
    };
    if (caCerts !== undefined) options.caCerts = [caCerts];
    if (cert !== undefined && key !== undefined) Object.assign(options, { cert, key });
    if (proxyUrl !== undefined) options.proxy = { url: proxyUrl };
    return this.#options.createHttpClient(options);
  }
}

function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    return parseJson(text);
  } catch {
    // Proxies answer in prose; who expects an object finds out that this is none.
    return text;
  }
}

/** `Retry-After` in seconds; the HTTP-date form is not used by API servers. */
function withRetryAfter(failure: Failure, response: Response): Failure {
  const retryAfter = response.headers.get("retry-after");
  if (retryAfter === null || !/^\d{1,6}$/.test(retryAfter)) return failure;
  const cause = typeof failure.cause === "object" ? failure.cause : {};
  return { ...failure, cause: { ...cause, retryAfterSeconds: Number(retryAfter) } };
}

/** How long to wait before the same request again, or nothing when that would not help. */
function repeatAfterMs({ cause }: Failure): number | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const status = "httpStatus" in cause ? cause.httpStatus : undefined;
  if (status !== 429 && status !== 503) return undefined;
  const seconds = "retryAfterSeconds" in cause ? Number(cause.retryAfterSeconds) : NaN;
  if (!(seconds >= 0)) return undefined;
  return Math.min(seconds * 1000, LONGEST_REPEAT_MS);
}

/** Deno's words without the address and the local port, which change from call to call. */
function reasonOf(thrown: unknown): string {
  // fetch says "fetch failed" and leaves the why to its cause.
  const inner = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const reason = messageOf(inner)
    .replace(/^error sending request(?: from \S+)? for(?: url)? \S+(?: \([^)]*\))?:? ?/, "")
    .replace(/^client error \(\w+\): /, "");
  if (reason.includes("CaUsedAsEndEntity")) {
    return "its certificate is marked as an authority (CA:TRUE), which cannot serve; " +
      "issue one that is signed by an authority, or one with CA:FALSE";
  }
  return reason || "the connection broke off";
}
