/**
 * Servers of `/healthz`, `/readyz` and `/metrics`.
 *
 * @module
 */
import { fail, messageOf, ok, type Result } from "../base/mod.ts";
import type { Metrics } from "./metrics.ts";

/** What a probe is told: nothing when all is well, else the reason. */
export type Probe = () => string | undefined;

/** A running server. */
export interface Server extends AsyncDisposable {
  /** The port it listens on, also when the address left it open. */
  readonly port: number;
}

/**
 * Reads an address as Go writes it: `:8080`, `127.0.0.1:0`, `[::1]:9440`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseListenAddress(":8080"), {
 *   ok: true,
 *   value: { hostname: "0.0.0.0", port: 8080 },
 * });
 * ```
 */
export function parseListenAddress(address: string): Result<{ hostname: string; port: number }> {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]*):([0-9]{1,5})$/.exec(address);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    return fail("InvalidAddress", `"${address.slice(0, 100)}" is not an address such as :8080`);
  }
  const hostname = (match[1] ?? "").replace(/^\[|\]$/g, "");
  return ok({ hostname: hostname === "" ? "0.0.0.0" : hostname, port });
}

/** Serves `/healthz` (alive) and `/readyz` (may take traffic) on `address`. */
export function serveHealth(
  address: string,
  probes: { live: Probe; ready: Probe },
): Result<Server> {
  return serve(address, (path) => {
    if (path === "/healthz") return answerProbe(probes.live);
    if (path === "/readyz") return answerProbe(probes.ready);
    return undefined;
  });
}

/** Serves `/metrics` on `address`. */
export function serveMetrics(address: string, metrics: Metrics): Result<Server> {
  return serve(address, async (path) => {
    if (path !== "/metrics") return undefined;
    const text = await metrics.text();
    return new Response(text, { headers: { "content-type": metrics.contentType } });
  });
}

function answerProbe(probe: Probe): Response {
  const trouble = probe();
  return trouble === undefined ? new Response("ok") : new Response(`${trouble}\n`, { status: 503 });
}

type Answer = Response | undefined;

function serve(
  address: string,
  answer: (path: string) => Answer | Promise<Answer>,
): Result<Server> {
  const where = parseListenAddress(address);
  if (!where.ok) return where;
  async function handle(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("only GET\n", { status: 405 });
    }
    const found = await answer(new URL(request.url).pathname);
    return found ?? new Response("not found\n", { status: 404 });
  }
  try {
    const server = Deno.serve({ ...where.value, onListen: () => {} }, handle);
    return ok({
      port: server.addr.port,
      [Symbol.asyncDispose]: () => server.shutdown(),
    });
  } catch (error) {
    return fail("AddressInUse", `Cannot listen on ${address}: ${messageOf(error)}`, error);
  }
}
