/**
 * An HTTP/1.1 server whose answers are written byte by byte, and whose connections end as a test wants: for what
 * no server does on purpose.
 *
 * @module
 */
import net from "node:net";
import { joinBytes } from "../../lib/base/mod.ts";
import type { Certificate } from "./certificates.ts";

/** One request, read to its end. */
export interface RawRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Where the answer goes. */
  readonly wire: Wire;
}

/** The connection of a request. */
export interface Wire {
  /** Aborted when the client has gone, or the server is closed. */
  readonly gone: AbortSignal;
  /** Sends text or bytes as they are; nothing when the client has gone. */
  write(data: string | Uint8Array): Promise<void>;
  /** Ends the connection with a FIN, whatever was announced. */
  close(): void;
  /** Ends the connection with a RST. */
  reset(): void;
}

/** Answers one request through its wire; the connection stays open for the next one until somebody closes it. */
export type RawHandler = (request: RawRequest) => Promise<unknown>;

/** See the module's description. */
export class RawHttpServer implements AsyncDisposable {
  /** Port on loopback. */
  readonly port: number;
  readonly #inner: Deno.Listener;
  readonly #outer: net.Server;
  readonly #wires = new Set<Connection>();
  /** Connections of clients, by the port from which they are handed on to us. */
  readonly #sockets = new Map<number, net.Socket>();
  readonly #accepting: Promise<void>;

  private constructor(inner: Deno.Listener, outer: net.Server, handler: RawHandler) {
    this.#inner = inner;
    this.#outer = outer;
    const address = outer.address();
    this.port = typeof address === "object" ? address?.port ?? 0 : 0;
    outer.on("connection", (client: net.Socket) => this.#handOn(client));
    this.#accepting = this.#accept(handler);
  }

  /** Listens; over TLS when there is a certificate. */
  static async start(handler: RawHandler, certificate?: Certificate): Promise<RawHttpServer> {
    const at = { hostname: "127.0.0.1", port: 0 };
    const inner = certificate === undefined
      ? Deno.listen(at)
      : Deno.listenTls({ ...at, cert: certificate.cert, key: certificate.key });
    const outer = net.createServer();
    await new Promise<void>((resolve) => outer.listen(0, at.hostname, () => resolve()));
    return new RawHttpServer(inner, outer, handler);
  }

  /** Ends every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#inner.close();
    for (const wire of this.#wires) wire.close();
    for (const socket of this.#sockets.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#outer.close(() => resolve()));
    await this.#accepting;
  }

  /** Deno's listeners know no RST, node's know it only below TLS: so there is one of each. */
  #handOn(client: net.Socket): void {
    const address = this.#inner.addr;
    if (address.transport !== "tcp") throw new TypeError("the inner listener is no TCP listener");
    const own = net.connect(address.port, address.hostname);
    let key = 0;
    own.once("connect", () => {
      key = own.localPort ?? 0;
      this.#sockets.set(key, client);
      client.pipe(own).pipe(client);
    });
    for (const end of [client, own]) {
      end.setNoDelay(true);
      end.on("error", () => {});
      end.on("close", () => {
        client.destroy();
        own.destroy();
        this.#sockets.delete(key);
      });
    }
  }

  async #accept(handler: RawHandler): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for await (const conn of this.#inner) serving.push(this.#serve(conn, handler));
    } catch {
      // A handshake that failed ends the iteration of no listener but of one that is closed.
    }
    await Promise.all(serving);
  }

  async #serve(conn: Deno.Conn, handler: RawHandler): Promise<void> {
    const { remoteAddr } = conn;
    const port = remoteAddr.transport === "tcp" ? remoteAddr.port : 0;
    const wire = new Connection(conn, () => this.#sockets.get(port)?.resetAndDestroy());
    this.#wires.add(wire);
    try {
      for (;;) {
        const request = await wire.readRequest();
        if (request === undefined) break;
        await handler({ ...request, wire });
      }
    } finally {
      wire.close();
      this.#wires.delete(wire);
    }
  }
}

class Connection implements Wire {
  readonly #conn: Deno.Conn;
  readonly #reset: () => void;
  readonly #gone = new AbortController();
  #unread = new Uint8Array();
  #wake = () => {};

  constructor(conn: Deno.Conn, reset: () => void) {
    this.#conn = conn;
    this.#reset = reset;
    void this.#read();
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** The next request, or nothing when the client has gone. Ours send bodies with their length. */
  async readRequest(): Promise<Omit<RawRequest, "wire"> | undefined> {
    const head = await this.#take((bytes) => {
      const end = new TextDecoder().decode(bytes).indexOf("\r\n\r\n");
      return end < 0 ? undefined : end + 4;
    });
    if (head === undefined) return undefined;
    const [first = "", ...lines] = new TextDecoder().decode(head).trimEnd().split("\r\n");
    const [method = "", path = ""] = first.split(" ");
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }));
    const length = Number(headers.get("content-length") ?? 0);
    const body = await this.#take((bytes) => bytes.length < length ? undefined : length);
    return body && { method, path, headers, body };
  }

  async write(data: string | Uint8Array): Promise<void> {
    const bytes = joinBytes(data);
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#conn.write(bytes.subarray(sent));
      }
    } catch {
      this.#end();
    }
  }

  close(): void {
    this.#end();
    try {
      this.#conn.close();
    } catch {
      // Closed already.
    }
  }

  reset(): void {
    this.#reset();
    this.close();
  }

  async #take(
    lengthOf: (bytes: Uint8Array<ArrayBuffer>) => number | undefined,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const length = lengthOf(this.#unread);
      if (length !== undefined) {
        const taken = this.#unread.slice(0, length);
        this.#unread = this.#unread.slice(length);
        return taken;
      }
      if (this.#gone.signal.aborted) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Reads all the time, so that the end of the client is noticed in the middle of an answer. */
  async #read(): Promise<void> {
    const buffer = new Uint8Array(64 << 10);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        this.#unread = joinBytes(this.#unread, buffer.slice(0, count));
        this.#wake();
      }
    } catch {
      // The connection is closed.
    }
    this.#end();
  }

  #end(): void {
    this.#gone.abort();
    this.#wake();
  }
}
