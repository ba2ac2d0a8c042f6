/**
 * What is asked of a server, and what comes back.
 *
 * @module
 */
import type { Result } from "../base/mod.ts";

/** Certificates of one peer, PEM. */
export interface TlsOptions {
  /** Authorities trusted besides the system's. */
  readonly caCert?: string;
  /** Our own certificate. */
  readonly clientCert?: string;
  /** The key of `clientCert`. */
  readonly clientKey?: string;
}

/**
 * The same trust, for a server that the peer named: who we are is between us and the peer.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tls = { caCert: "CA", clientCert: "CERT", clientKey: "KEY" };
 * assert.deepEqual(withoutClientCert(tls), { caCert: "CA" });
 * ```
 */
export function withoutClientCert({ caCert }: TlsOptions): TlsOptions {
  return { ...(caCert !== undefined && { caCert }) };
}

/** A server that connects for us. */
export interface ProxyOptions {
  /** `http:`, `https:` or `socks5:`, without user information. */
  readonly url: string;
  /** Who to log in as. */
  readonly username?: string;
  /** Password of `username`. */
  readonly password?: string;
}

/** One request; what is left out comes from {@linkcode HttpOptions}. */
export interface HttpRequest {
  /** `http:` or `https:`; user information in it is not sent. */
  readonly url: string;
  /** `GET` unless named. */
  readonly method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `authorization` and `cookie` stay with the origin of `url`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What is sent. */
  readonly body?: Uint8Array | string;
  /** Certificates for this peer. */
  readonly tls?: TlsOptions;
  /** Who connects for us. */
  readonly proxy?: ProxyOptions;
  /**
   * The host that named `url`, where that was not the user: with addresses of the Internet it leads nobody into a
   * network of our own (design D22).
   */
  readonly namedBy?: string;
  /** From the first byte out to the last byte in. */
  readonly timeoutMs?: number;
  /** Longest body that is read. */
  readonly maxBytes?: number;
  /** Of a stream: each chunk is gone when the next one is asked for, which saves memory to whoever copies them. */
  readonly reusesChunks?: boolean;
  /** Calls the request off. */
  readonly signal?: AbortSignal;
  /** Further tries after `Unreachable` and 429, 502, 503, 504; none unless named. */
  readonly retries?: number;
  /** Longest pause before such a try; whoever is asked (`retry-after`) to wait for longer gets the answer. 30 seconds. */
  readonly patienceMs?: number;
}

/** An answer with its body read to the end. */
export interface HttpResponse {
  /** Status code. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Headers;
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** The whole body. */
  readonly body: Uint8Array;
}

/** An answer whose body is still arriving; close it unless the body was read to its end. */
export interface HttpStream extends Omit<HttpResponse, "body">, AsyncDisposable {
  /**
   * The body; stops with an `HttpBodyError` when it is too long, too slow or cut.
   * Leaving the loop early closes the connection.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Requests with limits. */
export interface HttpClient extends AsyncDisposable {
  /** Sends a request and reads its answer, whatever its status. */
  fetch(request: HttpRequest): Promise<Result<HttpResponse>>;
  /** Sends a request and hands the body on as it arrives. */
  stream(request: HttpRequest): Promise<Result<HttpStream>>;
}
