/**
 * A real git server for tests: `git http-backend` behind a small CGI server, on loopback.
 *
 * @module
 */
import { removeFolder } from "../../tools/controlplane/cache_folder.ts";
import { listenApart } from "../../tools/free_port.ts";
import { openRepository, type TestRepository } from "./git_repository.ts";
import { whenFree } from "./taken_port.ts";

/** How the server answers: as it should, 401 to everything, 500 to everything, or never. */
export type GitServerMode = "serve" | "unauthorized" | "broken" | "hang";

/** How to start a git server. */
export interface GitServerOptions {
  /** Demanded of every request. */
  auth?:
    | { username: string; password: string }
    | { bearerToken: string }
    | { isAllowed: (username: string, password: string) => boolean };
  /** PEM certificate and key; HTTPS then. */
  tls?: { cert: string; key: string };
}

/** One request that the server has answered. */
export interface GitRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly status: number;
  /** Bytes of the answer's body, once it is complete. */
  sizeBytes: number;
  /** From the request's head to the answer's end, once it is complete. */
  tookMs: number;
}

/** Starts a git server without repositories. */
export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const folder = await Deno.makeTempDir({ prefix: "sluice-git-" });
  const server = new GitServer(folder, options);
  await server.restart();
  return server;
}

/** A git server; stops and removes its repositories when disposed of. */
export class GitServer implements AsyncDisposable {
  /** What has been asked, oldest first; tests may empty it. */
  readonly requests: GitRequest[] = [];
  /** How the next requests are answered. */
  mode: GitServerMode = "serve";
  readonly #folder: string;
  readonly #options: GitServerOptions;
  #port = 0;
  #http: Deno.HttpServer<Deno.NetAddr> | undefined;
  #closing = new AbortController();
  readonly #readOnly = new Set<string>();

  /** Use {@linkcode startGitServer}. */
  constructor(folder: string, options: GitServerOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** `http://127.0.0.1:PORT`, the same after a restart. */
  get url(): string {
    return `${this.#options.tls ? "https" : "http"}://127.0.0.1:${this.#port}`;
  }

  /** Makes an empty repository, served at `url/NAME.git`. */
  createRepository(name: string, objectFormat?: "sha256"): Promise<TestRepository> {
    return openRepository({
      name,
      ...(objectFormat !== undefined && { objectFormat }),
      url: `${this.url}/${name}.git`,
      bareFolder: `${this.#folder}/served/${name}.git`,
      workFolder: `${this.#folder}/work/${name}`,
    });
  }

  /** Serves a repository that is there, to be read only, at the URL it gives. */
  async serveRepository(name: string, gitFolder: string): Promise<string> {
    const served = `${this.#folder}/served`;
    await Deno.mkdir(served, { recursive: true });
    await Deno.symlink(gitFolder, `${served}/${name}.git`);
    this.#readOnly.add(`/${name}.git/`);
    return `${this.url}/${name}.git`;
  }

  /** Listens (again), on the same port as before. */
  async restart(): Promise<void> {
    if (this.#http !== undefined) return;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    const address = { hostname: "127.0.0.1", signal, onListen: () => {} };
    const handle = (request: Request) => this.#answer(request);
    const { tls } = this.#options;
    const listen = (port: number) => Deno.serve({ ...address, ...tls, port }, handle);
    const known = this.#port;
    this.#http = known === 0 ? listenApart(listen) : await whenFree(() => listen(known));
    this.#port = this.#http.addr.port;
  }

  /** Drops and refuses connections from now on; {@linkcode GitServer.restart} brings it back. */
  async stop(): Promise<void> {
    const http = this.#http;
    this.#http = undefined;
    this.#closing.abort();
    await http?.finished;
  }

  /** Stops it and removes what it served. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await removeFolder(this.#folder);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const began = performance.now();
    const response = await this.#respond(request, url);
    const record: GitRequest = {
      method: request.method,
      path: url.pathname + url.search,
      status: response.status,
      sizeBytes: 0,
      tookMs: performance.now() - began,
    };
    this.requests.push(record);
    const { start, rest } = await takeStart(response.body);
    record.sizeBytes = start.length;
    record.tookMs = performance.now() - began;
    if (rest === undefined) return new Response(start, response);
    const counted = rest.pipeThrough(
      new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(start),
        transform(chunk, controller) {
          record.sizeBytes += chunk.length;
          controller.enqueue(chunk);
        },
        flush() {
          record.tookMs = performance.now() - began;
        },
      }),
    );
    return new Response(counted, response);
  }

  async #respond(request: Request, url: URL): Promise<Response> {
    if (this.mode === "broken") return new Response("the test wants it so", { status: 500 });
    if (this.mode === "hang") await aborted(request.signal);
    if (this.mode === "unauthorized" || !isAllowed(request, this.#options.auth)) {
      const headers = { "www-authenticate": 'Basic realm="git"' };
      return new Response("who are you?", { status: 401, headers });
    }
    const readOnly = [...this.#readOnly].some((path) => url.pathname.startsWith(path));
    return await runBackend(request, url, `${this.#folder}/served`, readOnly);
  }
}

/**
 * A short answer is sent in one piece: in two, the second waits until the client's system has
 * acknowledged the first, which takes it 40 ms (Nagle's algorithm; other servers turn it off).
 */
const START_BYTES = 64 << 10;

/** The start of a body; `rest` is what is left of a long one. */
async function takeStart(body: ReadableStream<Uint8Array<ArrayBuffer>> | null): Promise<{
  start: Uint8Array<ArrayBuffer>;
  rest?: ReadableStream<Uint8Array<ArrayBuffer>>;
}> {
  let start = new Uint8Array(0);
  if (body === null) return { start };
  const reader = body.getReader();
  while (start.length < START_BYTES) {
    const { value, done } = await reader.read();
    if (done) return { start };
    start = concat(start, value);
  }
  reader.releaseLock();
  return { start, rest: body };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

function isAllowed(request: Request, auth: GitServerOptions["auth"]): boolean {
  if (auth === undefined) return true;
  if ("isAllowed" in auth) {
    const given = /^Basic (.*)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
    const [username = "", password = ""] = atob(given).split(":");
    return auth.isAllowed(username, password);
  }
  const expected = "bearerToken" in auth
    ? `Bearer ${auth.bearerToken}`
    : `Basic ${btoa(`${auth.username}:${auth.password}`)}`;
  return request.headers.get("authorization") === expected;
}

/** RFC 3875: the request goes into the environment and standard input, the answer comes out. */
async function runBackend(
  request: Request,
  url: URL,
  root: string,
  readOnly: boolean,
): Promise<Response> {
  const env: Record<string, string> = {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GATEWAY_INTERFACE: "CGI/1.1",
    REQUEST_METHOD: request.method,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REMOTE_ADDR: "127.0.0.1",
  };
  // git lets those push whom the server knows.
  if (!readOnly) env["REMOTE_USER"] = "test";
  for (const [header, variable] of CGI_HEADERS) {
    const value = request.headers.get(header);
    if (value !== null) env[variable] = value;
  }
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  await feed(child, request);
  return await readAnswer(child.stdout);
}

const CGI_HEADERS: readonly (readonly [string, string])[] = [
  ["content-type", "CONTENT_TYPE"],
  ["content-length", "CONTENT_LENGTH"],
  ["content-encoding", "HTTP_CONTENT_ENCODING"],
  ["git-protocol", "GIT_PROTOCOL"],
  ["accept-encoding", "HTTP_ACCEPT_ENCODING"],
];

/** git reads the whole request before it answers, so there is no need to do both at once. */
async function feed(child: Deno.ChildProcess, request: Request): Promise<void> {
  try {
    if (request.body === null) await child.stdin.close();
    else await request.body.pipeTo(child.stdin);
  } catch {
    // git refused the request before it had read it all; its answer says why.
  }
}

async function readAnswer(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Response> {
  const reader = output.getReader();
  let head = new Uint8Array(0);
  let end = -1;
  while (end < 0) {
    const { value, done } = await reader.read();
    if (done) return new Response("git http-backend gave no answer", { status: 502 });
    head = concat(head, value);
    end = findBlankLine(head);
  }
  const headers = new Headers();
  for (const line of new TextDecoder().decode(head.subarray(0, end)).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number.parseInt(headers.get("status") ?? "200");
  headers.delete("status");
  const rest = head.subarray(end + 4);
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(rest),
    async pull(controller) {
      const { value, done } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => reader.cancel(),
  });
  return new Response(body, { status, headers });
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Where `\r\n\r\n` begins. */
function findBlankLine(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < bytes.length; at++) {
    const isBlank = bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 &&
      bytes[at + 3] === 10;
    if (isBlank) return at;
  }
  return -1;
}
