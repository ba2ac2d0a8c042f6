/**
 * A small forward proxy for tests: CONNECT, plain requests and SOCKS 5, with or without a login.
 *
 * @module
 */

/** Where a proxy connects. */
export interface ProxyTarget {
  readonly hostname: string;
  readonly port: number;
}

/** How to start a proxy. */
export interface ForwardProxyOptions {
  /** Where everything goes, whatever was asked for; or where what was asked for goes, as `asked` has it. */
  readonly target: ProxyTarget | ((asked: string) => ProxyTarget);
  /** Demanded of everybody. */
  readonly login?: { readonly username: string; readonly password: string };
}

/** A proxy on loopback. */
export class ForwardProxy implements AsyncDisposable {
  /** What it was asked for, as `CONNECT host:port`, `GET http://…` or `SOCKS host:port`. */
  readonly asked: string[] = [];
  /** How many came without the login. */
  refused = 0;
  readonly #options: ForwardProxyOptions;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  /** Begins to listen. */
  constructor(options: ForwardProxyOptions) {
    this.#options = options;
    this.#accepting = this.#accept();
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) closeQuietly(connection);
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const client of this.#listener) serving.push(this.#serve(client));
    await Promise.all(serving);
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#open.add(client);
    try {
      const first = await readSome(client);
      const rest = first[0] === 5
        ? await this.#socks(client, first)
        : await this.#http(client, first);
      if (rest !== undefined) await this.#forward(client, rest);
    } catch {
      // The client or the target has gone; that is all there is to know.
    } finally {
      closeQuietly(client);
      this.#open.delete(client);
    }
  }

  /** What is to be sent to the target first; nothing when the client is not let in. */
  async #http(client: Deno.Conn, first: Uint8Array): Promise<Uint8Array | undefined> {
    let head = decode(first);
    while (!head.includes("\r\n\r\n")) head += decode(await readSome(client));
    const { login } = this.#options;
    const wanted = login && `Basic ${btoa(`${login.username}:${login.password}`)}`;
    const given = /^proxy-authorization: (.*)\r$/im.exec(head)?.[1];
    if (wanted !== undefined && given !== wanted) {
      this.refused++;
      await client.write(
        encode("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"),
      );
      return undefined;
    }
    const [method = "", place = ""] = head.split(" ");
    this.asked.push(`${method} ${place}`);
    if (method !== "CONNECT") return encode(head.replace(/^proxy-authorization: .*\r\n/im, ""));
    await client.write(encode("HTTP/1.1 200 Connected\r\n\r\n"));
    return new Uint8Array();
  }

  /** RFC 1928 and 1929; clients of tests send each message in one piece. */
  async #socks(client: Deno.Conn, greeting: Uint8Array): Promise<Uint8Array | undefined> {
    const { login } = this.#options;
    const method = login === undefined ? 0 : 2;
    if (!greeting.subarray(2).includes(method)) {
      this.refused++;
      await client.write(Uint8Array.of(5, 0xff));
      return undefined;
    }
    await client.write(Uint8Array.of(5, method));
    if (login !== undefined) {
      const given = await readSome(client);
      const names = [login.username, login.password].map(encode);
      const wanted = [1, ...names.flatMap((name) => [name.length, ...name])];
      const isRight = wanted.length === given.length &&
        wanted.every((byte, at) => byte === given[at]);
      await client.write(Uint8Array.of(1, isRight ? 0 : 1));
      if (!isRight) {
        this.refused++;
        return undefined;
      }
    }
    const request = await readSome(client);
    const host = request[3] === 3
      ? decode(request.subarray(5, -2))
      : request.subarray(4, -2).join(".");
    const port = (request.at(-2) ?? 0) * 256 + (request.at(-1) ?? 0);
    this.asked.push(`SOCKS ${host}:${port}`);
    await client.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
    return new Uint8Array();
  }

  async #forward(client: Deno.Conn, first: Uint8Array): Promise<void> {
    const { target } = this.#options;
    const place = typeof target === "function" ? target(this.asked.at(-1) ?? "") : target;
    const server = await Deno.connect(place);
    this.#open.add(server);
    try {
      if (first.length > 0) await server.write(first);
      await Promise.race([
        server.readable.pipeTo(client.writable),
        client.readable.pipeTo(server.writable),
      ]);
    } finally {
      closeQuietly(server);
      this.#open.delete(server);
    }
  }
}

async function readSome(connection: Deno.Conn): Promise<Uint8Array> {
  const buffer = new Uint8Array(16_384);
  const count = await connection.read(buffer);
  if (count === null) throw new Deno.errors.UnexpectedEof();
  return buffer.slice(0, count);
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It was closed by the other side.
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
