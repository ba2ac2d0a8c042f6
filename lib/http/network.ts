/**
 * The network itself: connections, one pool per set of certificates and proxy.
 *
 * @module
 */
import { sha256Hex } from "../base/mod.ts";
import type { ProxyOptions, TlsOptions } from "./request.ts";

/**
 * Sends one request and follows no redirect; `tls` names certificates beyond the system's, `proxy` who
 * connects for us.
 */
export type Transport = (
  request: Request,
  tls: TlsOptions | undefined,
  proxy: ProxyOptions | undefined,
) => Promise<Response>;

/** Clients with certificates or a proxy that are kept open; the least recently used goes first. */
const MOST_TLS_CLIENTS = 100;

/** Connections, opened when first needed. */
export class Network {
  readonly #clients = new Map<string, Deno.HttpClient>();

  /** Sends over the pool that the certificates and the proxy name. */
  readonly send: Transport = async (request, tls, proxy) =>
    await fetch(request, { client: this.#client(tls, proxy) });

  /** Closes every pool. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(tls: TlsOptions | undefined, proxy: ProxyOptions | undefined): Deno.HttpClient {
    const certificates = [tls?.caCert, tls?.clientCert, tls?.clientKey];
    const way = [proxy?.url, proxy?.username, proxy?.password];
    const key = sha256Hex(JSON.stringify([...certificates, ...way]));
    const kept = this.#clients.get(key);
    if (kept !== undefined) {
      this.#clients.delete(key);
      this.#clients.set(key, kept);
      return kept;
    }
    const { caCert, clientCert: cert, clientKey } = tls ?? {};
    const client = Deno.createHttpClient({
      // One slow stream must not hold up the others of the same host.
      http2: false,
      ...(caCert !== undefined && { caCerts: [caCert] }),
      ...(cert !== undefined && clientKey !== undefined && { cert, key: clientKey }),
      ...(proxy !== undefined && { proxy: proxySettings(proxy) }),
    });
    this.#clients.set(key, client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_TLS_CLIENTS && oldest !== undefined) {
      this.#clients.get(oldest)?.close();
      this.#clients.delete(oldest);
    }
    return client;
  }
}

function proxySettings({ url, username, password }: ProxyOptions): Deno.Proxy {
  const isNamed = username !== undefined || password !== undefined;
  const basicAuth = { username: username ?? "", password: password ?? "" };
  return { url, ...(isNamed && { basicAuth }) };
}
