/**
 * Stands between a source controller's file server and whoever fetches from it, and may spoil what passes.
 *
 * @module
 */

/**
 * What becomes of an answer: nothing, a bit flipped in its middle, or a `Content-Length` that promises more than comes,
 * or less.
 */
export type RelayMode = "honest" | "flipped" | "promises more" | "promises less";

/** A relay on loopback; it knows where to ask once {@linkcode ArtifactRelay.upstream} is set. */
export class ArtifactRelay implements AsyncDisposable {
  /** What becomes of the next answers. */
  mode: RelayMode = "honest";
  /** `http://host:port` of the real server. */
  upstream = "";
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;

  /** Begins to listen. */
  constructor() {
    this.#accepting = this.#accept();
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const answering: Promise<void>[] = [];
    for await (const client of this.#listener) answering.push(this.#answer(client));
    await Promise.all(answering);
  }

  /** By hand, as a server of Deno's cannot lie about the length of what it sends. */
  async #answer(client: Deno.Conn): Promise<void> {
    using connection = client;
    try {
      const head = await readHead(connection);
      const [, path = ""] = head.split(" ");
      const answer = await fetch(`${this.upstream}${path}`);
      const { bytes, promised } = spoil(await answer.bytes(), this.mode);
      const lines = [
        `HTTP/1.1 ${answer.status} ${answer.statusText}`,
        `content-length: ${promised}`,
        "connection: close",
      ];
      await writeAll(connection, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
      await writeAll(connection, bytes);
    } catch {
      // The client has gone; that is all there is to know.
    }
  }
}

function spoil(bytes: Uint8Array, mode: RelayMode): { bytes: Uint8Array; promised: number } {
  const { length } = bytes;
  if (mode === "promises more") return { bytes, promised: length + 10 };
  if (mode === "promises less") return { bytes: bytes.subarray(0, -10), promised: length - 10 };
  return { bytes: mode === "flipped" ? flipBit(bytes) : bytes, promised: length };
}

/** The same bytes, with another bit in the middle. */
export function flipBit(bytes: Uint8Array): Uint8Array {
  const middle = bytes.length >> 1;
  return bytes.with(middle, (bytes[middle] ?? 0) ^ 1);
}

async function readHead(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(4_096);
  for (let head = "";;) {
    const count = await connection.read(buffer);
    if (count === null) return head;
    head += new TextDecoder().decode(buffer.subarray(0, count));
    if (head.includes("\r\n\r\n")) return head;
  }
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}
