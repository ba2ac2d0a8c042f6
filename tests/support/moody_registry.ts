/**
 * A registry with one tag that says when its list changes, and that is busy when a test wants it to be: the real one
 * does neither.
 *
 * @module
 */

/** On loopback, without TLS. */
export class MoodyRegistry implements AsyncDisposable {
  /** How it answered whoever wanted its list, and when. */
  readonly lists: { readonly status: number; readonly atMs: number }[] = [];
  /** For so long it wants to be left alone; 0 when it is not busy. */
  busySeconds = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Begins to listen. */
  constructor() {
    const place = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(place, (request) => this.#answer(request));
  }

  /** `127.0.0.1:PORT`, as image names begin. */
  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer({ url, headers }: Request): Response {
    if (!url.includes("/tags/list")) return Response.json({});
    const answer = this.#list(headers.get("if-none-match"));
    this.lists.push({ status: answer.status, atMs: performance.now() });
    return answer;
  }

  #list(known: string | null): Response {
    if (this.busySeconds > 0) {
      const errors = [{ code: "TOOMANYREQUESTS", message: "slow down" }];
      const headers = { "retry-after": `${this.busySeconds}` };
      return Response.json({ errors }, { status: 429, headers });
    }
    const etag = '"one"';
    if (known === etag) return new Response(null, { status: 304, headers: { etag } });
    return Response.json({ tags: ["1.0.0"] }, { headers: { etag } });
  }
}
