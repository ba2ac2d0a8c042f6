/**
 * The client: one deadline and one byte limit per request, redirects by hand, connections per peer.
 *
 * @module
 */
import {
  addressTrouble,
  type Clock,
  fail,
  type Failure,
  isAddress,
  ok,
  type Random,
  type Resolve,
  type Result,
  sleep,
  systemClock,
  systemResolve,
} from "../base/mod.ts";
import { AddressCheck } from "./address_check.ts";
import { chunksOf, discard, readAll } from "./body.ts";
import { HttpBodyError, publicUrl, requestLine, timedOut, unreachable } from "./failure.ts";
import { Network, type Transport } from "./network.ts";
import {
  type HttpClient,
  type HttpRequest,
  type HttpResponse,
  type HttpStream,
  withoutClientCert,
} from "./request.ts";
import { parseRetryAfter } from "./retry_after.ts";

/** What every request of a client shares. */
export interface HttpOptions {
  /** Sent as `user-agent`. */
  readonly userAgent?: string;
  /** Deadline of a request that names none. */
  readonly timeoutMs?: number;
  /** Body limit of a request that names none. */
  readonly maxBytes?: number;
  /** Time for deadlines and pauses. */
  readonly clock?: Clock;
  /** Chance for the pauses between tries. */
  readonly random?: Random;
  /** Stands in for the network in tests. */
  readonly transport?: Transport;
  /** Finds the addresses of a host, which are judged; the system's, but none where `transport` is given. */
  readonly resolve?: Resolve;
}

const MOST_REDIRECTS = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WORTH_RETRYING = new Set([429, 502, 503, 504]);
/** Headers that must not reach another origin. */
const SECRET_HEADERS = [
  "authorization",
  "cookie",
  "proxy-authorization",
  "private-token",
  "x-amz-security-token",
];

/**
 * Opens a client.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * await using http = openHttp({ transport: () => Promise.resolve(new Response("hi")) });
 * const got = await http.fetch({ url: "http://host/" });
 * assert.equal(got.ok && new TextDecoder().decode(got.value.body), "hi");
 * ```
 */
export function openHttp(options: HttpOptions = {}): HttpClient {
  const network = new Network();
  const { clock = systemClock } = options;
  const resolve = options.resolve ?? (options.transport === undefined ? systemResolve : undefined);
  const settings: Settings = {
    userAgent: options.userAgent ?? "sluice",
    timeoutMs: options.timeoutMs ?? 60_000,
    maxBytes: options.maxBytes ?? 64 << 20,
    clock,
    random: options.random ?? Math.random,
    transport: options.transport ?? network.send,
    addresses: resolve && new AddressCheck(resolve, clock),
  };
  const stream = (request: HttpRequest) => withRetries(request, settings, openStream);
  const whole = (request: HttpRequest) => withRetries(request, settings, fetchWhole);
  return {
    stream,
    fetch: whole,
    [Symbol.asyncDispose]() {
      network.close();
      return Promise.resolve();
    },
  };
}

interface Settings extends Required<Omit<HttpOptions, "resolve">> {
  readonly addresses: AddressCheck | undefined;
}

type Attempt<T> = (request: HttpRequest, settings: Settings) => Promise<Result<T>>;

interface Retried extends Partial<AsyncDisposable> {
  readonly status: number;
  readonly headers: Headers;
}

async function withRetries<T extends Retried>(
  request: HttpRequest,
  settings: Settings,
  attempt: Attempt<T>,
): Promise<Result<T>> {
  for (let tried = 0;; tried++) {
    const got = await attempt(request, settings);
    const again = got.ok ? WORTH_RETRYING.has(got.value.status) : got.code === "Unreachable";
    if (!again || tried >= (request.retries ?? 0) || request.signal?.aborted) return got;
    const askedMs = got.ok ? parseRetryAfter(got.value.headers) ?? 0 : 0;
    // Whoever wants to be left alone for longer is; the caller sees for how long.
    if (askedMs > (request.patienceMs ?? LONGEST_PAUSE_MS)) return got;
    if (got.ok) await got.value[Symbol.asyncDispose]?.();
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried);
    const waitMs = Math.max(askedMs, pauseMs * (0.5 + settings.random() / 2));
    await sleep(settings.clock, waitMs, request.signal);
  }
}

async function fetchWhole(
  request: HttpRequest,
  settings: Settings,
): Promise<Result<HttpResponse>> {
  const opened = await openStream({ ...request, reusesChunks: false }, settings);
  if (!opened.ok) return opened;
  await using answer = opened.value;
  const body = await readAll(answer.body);
  if (!body.ok) return body;
  return ok({
    status: answer.status,
    headers: answer.headers,
    url: answer.url,
    body: body.value,
  });
}

async function openStream(request: HttpRequest, settings: Settings): Promise<Result<HttpStream>> {
  const url = parseHttpUrl(request.url);
  if (!url.ok) return url;
  const deadline = startDeadline(request, settings);
  const answer = await follow(request, url.value, settings, deadline);
  if (!answer.ok) {
    deadline.end();
    return answer;
  }
  const { response, url: from } = answer.value;
  const maxBytes = request.maxBytes ?? settings.maxBytes;
  const { status, headers } = response;
  const { method = "GET", reusesChunks = false } = request;
  return ok({
    status,
    headers,
    url: from,
    body: boundedBody(response, { method, url: from, maxBytes, reusesChunks }, deadline),
    async [Symbol.asyncDispose]() {
      deadline.end();
      await discard(response);
    },
  });
}

function parseHttpUrl(text: string): Result<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return fail("InvalidUrl", `"${publicUrl(text).slice(0, 200)}" is not an http or https URL`);
  }
  url.username = "";
  url.password = "";
  url.hash = "";
  return ok(url);
}

interface Deadline {
  readonly signal: AbortSignal;
  /** The failure when the time was up, or when the caller called it off. */
  failure(url: string): Failure | undefined;
  end(): void;
}

function startDeadline(request: HttpRequest, settings: Settings): Deadline {
  const timeoutMs = request.timeoutMs ?? settings.timeoutMs;
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = settings.clock.after(timeoutMs, abort);
  const outer = request.signal;
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    failure(url) {
      return controller.signal.aborted ? timedOut(request.method ?? "GET", url) : undefined;
    },
    end() {
      timer.cancel();
      outer?.removeEventListener("abort", abort);
    },
  };
}

interface Answer {
  readonly response: Response;
  readonly url: string;
}

async function follow(
  request: HttpRequest,
  first: URL,
  settings: Settings,
  deadline: Deadline,
): Promise<Result<Answer>> {
  const method = request.method ?? "GET";
  const headers = new Headers({ "user-agent": settings.userAgent, ...request.headers });
  let url = first;
  let { tls } = request;
  for (let hops = 0;; hops++) {
    const asked = { ...request, method, ...(tls && { tls }) };
    const sent = await sendOnce(asked, url, headers, settings, deadline);
    if (!sent.ok) return sent;
    const response = sent.value;
    // Sending a body to an address that the server chose is never what the caller meant.
    const followed = REDIRECTS.has(response.status) && (method === "GET" || method === "HEAD");
    if (!followed) return ok({ response, url: url.href });
    await discard(response);
    if (hops === MOST_REDIRECTS) {
      return fail("HttpStatus", `${first.href} redirects more than ${MOST_REDIRECTS} times`);
    }
    const next = redirectTarget(url, response.headers.get("location"));
    if (!next.ok) return next;
    if (next.value.origin !== url.origin) {
      for (const name of SECRET_HEADERS) headers.delete(name);
      tls = tls && withoutClientCert(tls);
    }
    url = next.value;
  }
}

function redirectTarget(from: URL, location: string | null): Result<URL> {
  const text = location !== null && URL.canParse(location, from.href)
    ? new URL(location, from.href).href
    : "";
  const target = parseHttpUrl(text);
  if (!target.ok) return fail("InvalidUrl", `${from.href} redirects to no http or https URL`);
  if (from.protocol === "https:" && target.value.protocol === "http:") {
    return fail("InvalidUrl", `${from.href} redirects from https to http`);
  }
  return target;
}

async function sendOnce(
  request: HttpRequest & { readonly method: string },
  url: URL,
  headers: Headers,
  settings: Settings,
  deadline: Deadline,
): Promise<Result<Response>> {
  // TypeScript's view of a body excludes shared memory, which no caller of ours has.
  const body = request.body === undefined ? null : new Blob([request.body as BlobPart]);
  const { method } = request;
  const { signal } = deadline;
  const { tls, proxy } = request;
  const line = requestLine(method, url.href);
  const refused = proxy && proxyTargetTrouble(url);
  if (refused !== undefined) {
    return fail("NotPermitted", `${line}: no proxy is asked for ${refused}`);
  }
  if (settings.addresses !== undefined) {
    const { hostname } = proxy === undefined ? url : new URL(proxy.url);
    // Which networks the proxy is in, it knows alone.
    const namedBy = proxy === undefined ? request.namedBy : undefined;
    const allowed = await settings.addresses.check(line, { hostname, namedBy }, signal);
    if (!allowed.ok) return allowed;
  }
  const sent = new Request(url, { method, headers, body, signal, redirect: "manual" });
  try {
    return ok(await settings.transport(sent, tls, proxy));
  } catch (thrown) {
    return deadline.failure(url.href) ?? unreachable(method, url.href, thrown, proxy?.url);
  }
}

/**
 * What is wrong with asking a proxy for `url` (design D22). It alone knows where a name leads; addresses can be
 * judged here.
 */
function proxyTargetTrouble({ hostname }: URL): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return isAddress(address) ? addressTrouble(address) : undefined;
}

interface BodyOptions {
  readonly method: string;
  readonly url: string;
  readonly maxBytes: number;
  readonly reusesChunks: boolean;
}

async function* boundedBody(
  response: Response,
  { method, url, maxBytes, reusesChunks }: BodyOptions,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  try {
    for await (const chunk of response.body === null ? [] : chunksOf(response.body, reusesChunks)) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new HttpBodyError(
          fail("TooLarge", `${publicUrl(url)} answered more than ${maxBytes} bytes`),
        );
      }
      yield chunk;
    }
  } catch (thrown) {
    if (thrown instanceof HttpBodyError) throw thrown;
    throw new HttpBodyError(deadline.failure(url) ?? unreachable(method, url, thrown));
  } finally {
    deadline.end();
  }
}
