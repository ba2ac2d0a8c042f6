/**
 * A proxy that disturbs: between the controllers and their API server, or between them and their artifacts.
 *
 * What nobody asked to be disturbed passes. Answers are handed on with their length, watches line by line.
 *
 * @module
 */
import { parseJson, stringifyJson } from "../../lib/base/mod.ts";
import { chunksOf } from "../../lib/kube/body.ts";
import { readWatch, type WatchEvent } from "../../lib/kube/watch_stream.ts";
import { refusal } from "../../lib/testing/recorded_cluster.ts";
import type { Certificates } from "./certificates.ts";
import { RawHttpServer, type RawRequest, type Wire } from "./raw_http.ts";

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** A request on its way. */
export interface Call extends Pick<RawRequest, "method" | "path" | "body" | "wire"> {
  /** The server's own answer; to another path, if one is given. */
  ask(path?: string): Promise<Answer>;
  /** Sends an answer; `announced` is the length it claims to have. */
  send(answer: Answer, announced?: number): Promise<void>;
}

/** What happens to a call; it is passed on as usual where the answer is `pass`. */
export type Fault = (call: Call) => Promise<unknown> | unknown;

/** What becomes of an event of a watch: this, other events, or none. */
export type EventFault = (event: WatchEvent) => readonly WatchEvent[];

/** What a client was told without a change: an event of a watch, or a whole answer. */
export interface Passed {
  readonly path: string;
  readonly event?: WatchEvent;
  /** HTTP status. */
  readonly status: number;
  /** When it was asked for, by the clock of the wall. */
  readonly askedMs: number;
}

/** Which calls: a method, or any, and something in the path. */
export interface Which {
  readonly method?: string;
  readonly path: RegExp;
}

/** Where a proxy hands on to, and what it is itself. */
export interface FaultProxyOptions {
  /** `https://127.0.0.1:PORT`; asked for at each call where it is known late. */
  readonly target: () => string;
  /** Authority of the target. */
  readonly caCert?: string;
  /** Serves over TLS as this server. */
  readonly certificates?: Certificates;
}

/** Headers that speak of one connection alone, and what we say ourselves. */
const OWN_HEADERS = ["connection", "content-length", "transfer-encoding", "host", "date"];

/** A watch that a client has open. */
export class OpenWatch {
  readonly path: string;
  readonly wire: Wire;
  /** Changes what passes. */
  onEvent: EventFault = (event) => [event];
  /** How much of the next event is sent before the connection breaks, from 0 to 1. */
  cutAt: number | undefined;
  /** How it breaks then. */
  breaks: "close" | "reset" = "close";
  #isSilent = false;

  /** Of a call whose head has been sent. */
  constructor({ path, wire }: Pick<Call, "path" | "wire">) {
    this.path = path;
    this.wire = wire;
  }

  /** Stays open and carries nothing any more. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Ends it as a server does. */
  async end(): Promise<void> {
    await this.wire.write("0\r\n\r\n");
    this.wire.close();
  }

  /** Sends an event, which may be none; false where it does not come through. */
  async send(event: WatchEvent | string): Promise<boolean> {
    if (this.#isSilent) return false;
    const line = new TextEncoder().encode(
      typeof event === "string" ? event : `${stringifyJson({ ...event })}\n`,
    );
    const length = this.cutAt === undefined ? line.length : Math.floor(this.cutAt * line.length);
    await this.wire.write(`${line.length.toString(16)}\r\n`);
    await this.wire.write(line.subarray(0, length));
    if (this.cutAt === undefined) await this.wire.write("\r\n");
    else if (this.breaks === "reset") this.wire.reset();
    else this.wire.close();
    return this.cutAt === undefined && !this.wire.gone.aborted;
  }
}

/** See the module's description. */
export class FaultProxy implements AsyncDisposable {
  /** `METHOD path` of all calls so far. */
  readonly calls: string[] = [];
  /** Watches that are open now. */
  readonly watches = new Set<OpenWatch>();
  /** Connections of calls that a fault deals with now. */
  readonly disturbed = new Set<Wire>();
  /** Told of all that came through as it was. */
  onPassed: (passed: Passed) => void = () => {};
  readonly #options: FaultProxyOptions;
  readonly #client: Deno.HttpClient;
  readonly #faults = new Set<{ which: Which; fault: Fault; left: number }>();
  #server: RawHttpServer | undefined;

  private constructor(options: FaultProxyOptions) {
    this.#options = options;
    const { caCert } = options;
    this.#client = Deno.createHttpClient({
      http2: false,
      ...(caCert !== undefined && { caCerts: [caCert] }),
    });
  }

  /** Listens. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    const { certificates } = options;
    proxy.#server = await RawHttpServer.start((call) => proxy.#serve(call), certificates?.server);
    return proxy;
  }

  /** Port on loopback. */
  get port(): number {
    return this.#server?.port ?? 0;
  }

  /** Disturbs these calls until the returned function is called, or so many times. */
  disturb(which: Which, fault: Fault, times = Infinity): () => void {
    const entry = { which, fault, left: times };
    this.#faults.add(entry);
    return () => this.#faults.delete(entry);
  }

  /** The open watches of such a path. */
  watchesOf(path: RegExp): OpenWatch[] {
    return [...this.watches].filter((watch) => path.test(watch.path));
  }

  async #serve(request: RawRequest): Promise<void> {
    const { method, path, body, wire } = request;
    this.calls.push(`${method} ${path}`);
    const call: Call = {
      method,
      path,
      body,
      wire,
      ask: (other) => this.#ask({ ...request, path: other ?? path }),
      send: (answer, announced) => send(wire, answer, announced),
    };
    try {
      const fault = this.#faultOf(method, path);
      if (fault !== undefined) {
        if (await this.#disturb(call, fault) !== "pass") return;
      }
      if (isWatch(call)) await this.#watch(request);
      else await this.#pass(call);
    } catch (thrown) {
      // The server is away, or the client has gone.
      if (!wire.gone.aborted) await send(wire, { status: 502, body: String(thrown) });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#client.close();
  }

  async #pass(call: Call): Promise<void> {
    const askedMs = Date.now();
    const answer = await call.ask();
    await call.send(answer);
    this.onPassed({ path: call.path, status: answer.status, askedMs });
  }

  /** A fault may fail, as when the client goes in the middle of it. */
  async #disturb(call: Call, fault: Fault): Promise<unknown> {
    this.disturbed.add(call.wire);
    try {
      return await fault(call);
    } finally {
      this.disturbed.delete(call.wire);
    }
  }

  #faultOf(method: string, path: string): Fault | undefined {
    for (const entry of this.#faults) {
      const { which } = entry;
      if (entry.left <= 0 || (which.method ?? method) !== method || !which.path.test(path)) {
        continue;
      }
      entry.left--;
      return entry.fault;
    }
    return undefined;
  }

  #fetch({ method, path, headers, body, wire }: RawRequest): Promise<Response> {
    const passed = new Headers(headers);
    for (const name of OWN_HEADERS) passed.delete(name);
    return fetch(`${this.#options.target()}${path}`, {
      method,
      headers: passed,
      client: this.#client,
      redirect: "manual",
      signal: wire.gone,
      ...(body.length > 0 && { body }),
    });
  }

  async #ask(request: RawRequest): Promise<Answer> {
    const response = await this.#fetch(request);
    const { status, headers } = response;
    return { status, headers: Object.fromEntries(headers), body: await response.bytes() };
  }

  async #watch(request: RawRequest): Promise<void> {
    const askedMs = Date.now();
    const response = await this.#fetch(request);
    if (!response.ok || response.body === null) {
      const { status, headers } = response;
      const body = await response.bytes();
      return await send(request.wire, { status, headers: Object.fromEntries(headers), body });
    }
    await request.wire.write(headOf(200, { "content-type": "application/json" }, "chunked"));
    const watch = new OpenWatch(request);
    this.watches.add(watch);
    try {
      // The client may go while nothing comes: the signal of the request alone would not end that.
      const chunks = chunksOf(response.body, request.wire.gone);
      for await (const event of readWatch(chunks)) {
        for (const sent of watch.onEvent(event)) {
          const isThrough = await watch.send(sent);
          if (isThrough) this.onPassed({ path: watch.path, event: sent, status: 200, askedMs });
        }
      }
      await watch.end();
    } finally {
      this.watches.delete(watch);
    }
  }
}

async function send(
  wire: Wire,
  { status, headers = {}, body = "" }: Answer,
  announced?: number,
): Promise<void> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  await wire.write(headOf(status, headers, announced ?? bytes.length));
  // No body belongs to these, whatever their length says.
  if (status !== 304 && status !== 204) await wire.write(bytes);
  if (announced !== undefined) wire.close();
}

function headOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  length: number | "chunked",
): string {
  const lines = Object.entries(headers)
    .filter(([name]) => !OWN_HEADERS.includes(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const framing = length === "chunked" ? "transfer-encoding: chunked" : `content-length: ${length}`;
  return `HTTP/1.1 ${status} x\r\n${lines.join("")}${framing}\r\n\r\n`;
}

/** Answers without asking the server. */
export function answerWith(answer: Answer): Fault {
  return (call) => call.send(answer);
}

/** The server does what was asked, and nobody hears of it. The answer to a watch has no end to wait for. */
export async function loseAnswer(call: Call): Promise<void> {
  if (!isWatch(call)) await call.ask();
  call.wire.reset();
}

/** The answer breaks off in the middle. */
export async function halveAnswer(call: Call): Promise<void> {
  if (isWatch(call)) return call.wire.reset();
  const answer = await call.ask();
  const body = answer.body ?? "";
  await call.send({ ...answer, body: body.slice(0, body.length / 2) }, body.length);
}

function isWatch({ path }: Pick<Call, "path">): boolean {
  return /[?&]watch=true/.test(path);
}

/** The request does not reach the server. */
export function loseRequest({ wire }: Call): void {
  wire.reset();
}

/** Says nothing until the client has had enough. */
export function keepSilent({ wire }: Call): Promise<void> {
  return new Promise((resolve) => {
    if (wire.gone.aborted) return resolve();
    wire.gone.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Refuses as an API server does. */
export function refuse(
  code: number,
  reason: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return answerWith({
    status: code,
    headers: { "content-type": "application/json", ...headers },
    body: stringifyJson(refusal(code, reason, message)),
  });
}

/** What a proxy on the way, or a portal of a hotel, answers to everything. */
export const HTML_PAGE: Answer = {
  status: 200,
  headers: { "content-type": "text/html" },
  body: "<!DOCTYPE html><html><body>Please log in to the network</body></html>",
};

/** The JSON in an answer, changed. */
export function changeJson(answer: Answer, change: (body: unknown) => unknown): Answer {
  const { body = "" } = answer;
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  return { ...answer, body: stringifyJson(change(parseJson(text))) };
}
