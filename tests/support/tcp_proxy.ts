/**
 * A TCP proxy in front of a server, to take the server away from its clients: at once, or without a word.
 *
 * @module
 */

import { listenApart } from "../../tools/free_port.ts";
import { whenFree } from "./taken_port.ts";

/** Where a server listens. */
export interface Address {
  /** Name or address. */
  readonly hostname: string;
  /** Port. */
  readonly port: number;
}

/** Forwards connections to one address, or each to its own. */
export class TcpProxy implements AsyncDisposable {
  /** Port on loopback; the same for the proxy's whole life. */
  readonly port: number;
  /** Bytes that have passed, both ways. */
  bytes = 0;
  /** Clients so far. */
  clients = 0;
  /** Most clients at once so far. */
  mostClients = 0;
  readonly #target: Address | ((client: number) => Address);
  readonly #delayMs: number;
  readonly #open = new Set<Deno.Conn>();
  #listener: Deno.TcpListener;
  #accepting: Promise<void>;
  #clients = 0;
  #silenced = new Set<Deno.Conn>();
  /** Resolved when what is held back may pass. */
  #held = Promise.withResolvers<void>();

  /** Starts to forward to `target`, which may differ by how many came before; `delayMs` later, as if it were far away. */
  constructor(target: Address | ((client: number) => Address), { delayMs = 0 } = {}) {
    this.#target = target;
    this.#delayMs = delayMs;
    this.#held.resolve();
    this.#listener = listenApart((port) => Deno.listen({ hostname: "127.0.0.1", port }));
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** How many connections are open, both sides counted. */
  get connections(): number {
    return this.#open.size;
  }

  /** Nothing passes any more until {@linkcode TcpProxy.release}; what is sent meanwhile waits. */
  hold(): void {
    this.#held = Promise.withResolvers<void>();
  }

  /** Lets everything pass. */
  release(): void {
    this.#held.resolve();
  }

  /** The server is gone: connections break, new ones are refused. */
  async stop(): Promise<void> {
    this.release();
    closeQuietly(this.#listener);
    for (const connection of this.#open) closeQuietly(connection);
    await this.#accepting;
  }

  /** The server is back on the same port, as soon as whoever was given it meanwhile is gone. */
  async start(): Promise<void> {
    const address = { hostname: "127.0.0.1", port: this.port };
    this.#listener = await whenFree(() => Deno.listen(address));
    this.#accepting = this.#accept();
  }

  /** What is open now stays open and carries nothing any more; new connections work. */
  silence(): void {
    this.#silenced = new Set(this.#open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) serving.push(this.#serve(connection));
    await Promise.all(serving);
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    this.#open.add(client);
    this.mostClients = Math.max(this.mostClients, ++this.#clients);
    try {
      const target = this.#target;
      const place = typeof target === "function" ? target(this.clients) : target;
      this.clients++;
      const server = await Deno.connect(place);
      // What was sent in one piece must not wait here for what was before it.
      for (const end of [client, server]) end.setNoDelay();
      this.#open.add(server);
      await Promise.all([this.#pump(client, server, this.#delayMs), this.#pump(server, client)]);
    } catch {
      // The server is down: so is this connection.
      closeQuietly(client);
    }
    this.#open.delete(client);
    this.#clients--;
  }

  async #pump(from: Deno.Conn, to: Deno.Conn, delayMs = 0): Promise<void> {
    const buffer = new Uint8Array(64 << 10);
    let delayed = Promise.resolve();
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) break;
        this.bytes += count;
        await this.#held.promise;
        if (this.#silenced.has(from)) continue;
        if (delayMs === 0) await writeAll(to, buffer.subarray(0, count));
        else {
          const sent = writeLater(to, buffer.slice(0, count), { after: delayed, delayMs });
          // What cannot be written any more shows at the next read.
          delayed = sent.catch(() => {});
        }
      }
    } catch {
      // A connection that breaks ends its other half.
    }
    await delayed;
    closeQuietly(from);
    closeQuietly(to);
    this.#open.delete(from);
  }
}

/** A piece waits as long as it would have travelled, not longer for the piece before it. */
async function writeLater(
  to: Deno.Conn,
  piece: Uint8Array,
  { after, delayMs }: { readonly after: Promise<void>; readonly delayMs: number },
): Promise<void> {
  const arrived = new Promise((resolve) => setTimeout(resolve, delayMs));
  await Promise.all([arrived, after]);
  await writeAll(to, piece);
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

function closeQuietly(open: { close(): void }): void {
  try {
    open.close();
  } catch {
    // Closed already.
  }
}
