/**
 * A git server that says what a test wants, byte for byte: for answers that git itself would never give.
 *
 * @module
 */
import { joinBytes } from "../../lib/base/mod.ts";
import { pktLine, pktLines } from "../../lib/git/pkt_line.ts";
import { commitObject, gitObjectId, packOf, treeObject } from "../../lib/testing/git_objects.ts";

/** What a repository answers; what is left out is as protocol 2 wants it. */
export interface Reply {
  /** Id of the commit at `refs/heads/main`. */
  readonly id: string;
  /** The pack. */
  readonly pack?: Uint8Array;
  /** The whole answer to a fetch, framed; takes the place of `pack`. */
  readonly fetch?: Uint8Array | (() => AsyncIterable<Uint8Array>);
  /** Lines of the list of refs, or all of it, framed. */
  readonly refs?: readonly string[] | Uint8Array;
  /** The answer to the first question. */
  readonly info?: (request: Request) => Response;
}

/** A line of a tree object: mode, name, and content; a folder's content is lines again. */
export type Line = readonly [
  mode: string,
  name: string | Uint8Array,
  content: string | Uint8Array | Lines,
];
/** A folder; lines in the order they are written. */
export type Lines = readonly Line[];

/** An id that nothing has. */
const UNKNOWN = "ab".repeat(20);

/** A sound commit of these lines: its id, and a pack of all its objects. */
export function commitReply(lines: Lines): Reply {
  const objects = new Map<string, { type: number; content: Uint8Array }>();
  function store(type: 1 | 2 | 3, content: Uint8Array): string {
    const id = gitObjectId(["", "commit", "tree", "blob"][type] ?? "", content);
    objects.set(id, { type, content });
    return id;
  }
  function storeLines(folder: Lines): string {
    return store(
      2,
      treeObject(folder.map(([mode, name, content]) => {
        // Another repository's commit, which no pack brings along; its content is the commit's id.
        if (mode === "160000") {
          return [mode, name, content instanceof Uint8Array ? content.toHex() : UNKNOWN];
        }
        if (typeof content === "string") return [mode, name, store(3, joinBytes(content))];
        const isBytes = content instanceof Uint8Array;
        return [mode, name, isBytes ? store(3, content) : storeLines(content)];
      })),
    );
  }
  const id = store(1, commitObject(storeLines(lines)));
  return { id, pack: packOf([...objects.values()]) };
}

/** Frames a pack as protocol 2 sends it. */
export function packAnswer(pack: Uint8Array): Uint8Array {
  const parts: (string | Uint8Array)[] = [pktLine("packfile\n")];
  for (let at = 0; at < pack.length; at += 60_000) {
    parts.push(bandLine(1, pack.subarray(at, at + 60_000)));
  }
  return joinBytes(...parts, "0000");
}

/** A line on a side band. */
export function bandLine(band: number, bytes: Uint8Array): Uint8Array {
  const length = (bytes.length + 5).toString(16).padStart(4, "0");
  return joinBytes(length, new Uint8Array([band]), bytes);
}

/** One request that was answered. */
export interface Asked {
  /** Method and path. */
  readonly line: string;
  /** What it logged in with. */
  readonly authorization: string | null;
}

/** The server, on loopback. */
export class ScriptedGit implements AsyncDisposable {
  /** What has been asked, oldest first. */
  readonly asked: Asked[] = [];
  readonly #replies = new Map<string, Reply>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Listens. */
  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Where the repository `name` is. */
  urlOf(name: string): string {
    return `http://127.0.0.1:${this.#server.addr.port}/${name}`;
  }

  /** From now on the repository answers so. */
  serve(name: string, reply: Reply): void {
    this.#replies.set(name, reply);
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const authorization = request.headers.get("authorization");
    this.asked.push({ line: `${request.method} ${pathname}`, authorization });
    const [, name = ""] = pathname.split("/");
    const reply = this.#replies.get(name);
    if (reply === undefined) return new Response("no such repository", { status: 404 });
    if (request.method === "GET") return reply.info?.(request) ?? advertisement();
    const command = await request.text();
    if (!command.includes("command=fetch")) return binary(refsOf(reply));
    return binary(reply.fetch ?? packAnswer(reply.pack ?? new Uint8Array()));
  }
}

/** What servers of protocol 2 say first. */
export function advertisement(
  lines: readonly string[] = ["version 2\n", "ls-refs=unborn\n", "fetch=shallow\n"],
): Response {
  return binary(joinBytes(pktLines(["# service=git-upload-pack\n"]), pktLines(lines)));
}

function refsOf({ id, refs = [`${id} refs/heads/main\n`] }: Reply): Uint8Array {
  return refs instanceof Uint8Array ? refs : pktLines(refs);
}

function binary(body: Uint8Array | (() => AsyncIterable<Uint8Array>)): Response {
  const headers = { "content-type": "application/x-git-upload-pack-advertisement" };
  const whole = body instanceof Uint8Array ? [body] : body();
  return new Response(ReadableStream.from<Uint8Array>(whole), { headers });
}
