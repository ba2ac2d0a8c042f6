/**
 * Why a request failed, in words that are the same at every try and hold no secret.
 *
 * @module
 */
import { fail, type Failure, maskSecrets, messageOf, ok, type Result } from "../base/mod.ts";
import type { HttpResponse } from "./request.ts";

/** Names of what can go wrong. */
export type HttpCode =
  | "InvalidUrl"
  | "Unreachable"
  | "NotPermitted"
  | "RefusedAddress"
  | "Timeout"
  | "TooLarge"
  | "HttpStatus";

const MOST_BODY_IN_MESSAGE = 1024;

/** Ends the body of a stream that cannot be read to its end. */
export class HttpBodyError extends Error {
  /** Why. */
  readonly failure: Failure;

  /** Carries `failure`. */
  constructor(failure: Failure) {
    super(failure.message);
    this.name = "HttpBodyError";
    this.failure = failure;
  }
}

/**
 * A URL without user information, for messages.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(publicUrl("https://me:secret@host/a"), "https://host/a");
 * ```
 */
export function publicUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}

/**
 * The start of a body as text, for messages; of a secret that lies across its end no piece is left.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const body = new TextEncoder().encode(`${" ".repeat(1_020)}hunter22`);
 * assert.equal(bodyExcerpt(body, ["hunter22"]).trim(), "****");
 * ```
 */
export function bodyExcerpt(body: Uint8Array, secrets: readonly string[] = []): string {
  const whole = secrets.length === 0
    ? body
    : new TextEncoder().encode(maskSecrets(new TextDecoder().decode(body), secrets));
  return new TextDecoder().decode(whole.subarray(0, MOST_BODY_IN_MESSAGE));
}

/**
 * Turns a status outside 200–299 into a failure that names it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = requireSuccess({ status: 404, headers: new Headers(), url: "http://host/a", body: new Uint8Array() });
 * assert.equal(!got.ok && got.message, "http://host/a answered 404");
 * ```
 */
export function requireSuccess(response: HttpResponse): Result<HttpResponse> {
  if (response.status >= 200 && response.status < 300) return ok(response);
  return fail("HttpStatus", `${publicUrl(response.url)} answered ${response.status}`);
}

/** Go's words for a request whose time was up, or that was called off. */
export function timedOut(method: string, url: string): Failure {
  return fail("Timeout", `${requestLine(method, url)}: context deadline exceeded`);
}

/**
 * Go's words for a request that got no answer, as dashboards and Flux users know them. Through a proxy it is the
 * proxy that was not reached.
 */
export function unreachable(
  method: string,
  url: string,
  thrown: unknown,
  proxyUrl?: string,
): Failure {
  const { peer, hostname } = peerOf(proxyUrl ?? url);
  const text = `${messageOf(thrown)} ${causeText(thrown)}`;
  // The runtime's own refusal stays one, however often it is asked.
  if (/requires net access|NotCapable/i.test(text)) {
    const why = `access to ${peer} is not permitted`;
    return fail("NotPermitted", `${requestLine(method, url)}: ${why}`, thrown);
  }
  const why = proxyUrl === undefined
    ? reason(text, peer, hostname)
    : proxyReason(text, peer, hostname);
  return fail("Unreachable", `${requestLine(method, url)}: ${why}`, thrown);
}

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([["https:", 443], ["socks5:", 1080]]);

function peerOf(url: string): { peer: string; hostname: string } {
  const { host, port, protocol, hostname } = new URL(url);
  return { peer: port === "" ? `${host}:${DEFAULT_PORTS.get(protocol) ?? 80}` : host, hostname };
}

function proxyReason(text: string, peer: string, hostname: string): string {
  if (/proxy authentication required|socks.*auth/i.test(text)) {
    return "Proxy Authentication Required";
  }
  const why = reason(text, peer, hostname);
  if (why.startsWith("dial tcp")) return `proxyconnect tcp: ${why}`;
  return /tunnel|socks/i.test(text) ? `the proxy ${peer} did not connect` : why;
}

/** `Get "http://host/a"`: how Go's client begins its messages. */
export function requestLine(method: string, url: string): string {
  return `${method.charAt(0)}${method.slice(1).toLowerCase()} "${publicUrl(url)}"`;
}

function causeText(thrown: unknown): string {
  return thrown instanceof Error && thrown.cause !== undefined ? messageOf(thrown.cause) : "";
}

/** Deno's text carries addresses and error numbers that vary; only its kind is kept. */
function reason(text: string, peer: string, hostname: string): string {
  if (/connection refused/i.test(text)) return `dial tcp ${peer}: connect: connection refused`;
  if (/dns error|failed to lookup|name or service/i.test(text)) {
    return `dial tcp: lookup ${hostname}: no such host`;
  }
  if (/unknownissuer|unknown issuer|self.?signed/i.test(text)) {
    return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
  }
  if (/notvalidforname/i.test(text)) {
    return `tls: failed to verify certificate: x509: certificate is not valid for ${hostname}`;
  }
  if (/expired/i.test(text)) {
    return "tls: failed to verify certificate: x509: certificate has expired";
  }
  if (/certificate|tls|handshake/i.test(text)) return "tls: handshake failed";
  if (/network unreachable|no route|host unreachable/i.test(text)) {
    return `dial tcp ${peer}: connect: no route to host`;
  }
  if (/requests to port \d+ are blocked/i.test(text)) {
    return `dial tcp ${peer}: the port is blocked for HTTP`;
  }
  return "the connection was closed";
}
