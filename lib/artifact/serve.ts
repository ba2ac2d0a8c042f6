/**
 * The file server over the storage, plain as Go's: no login, listings, ranges.
 *
 * @module
 */
import { fail, messageOf, ok, type Result } from "../base/mod.ts";
import type { Disk, DiskEntry } from "./disk.ts";

/** A server that is running. */
export interface ArtifactServer extends AsyncDisposable {
  /** Port that it listens on. */
  readonly port: number;
}

const SECOND_MS = 1000;
const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ["gz", "application/gzip"],
  ["tgz", "application/gzip"],
  ["json", "application/json"],
  ["yaml", "text/plain; charset=utf-8"],
]);
const PLAIN = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };

/**
 * Serves the folder until it is disposed of. The address is `host:port` or `:port` for every interface;
 * port 0 takes a free one.
 */
export function serveArtifacts(disk: Disk, address: string): Result<ArtifactServer> {
  const [, hostname, digits] = /^(.*):(\d{1,5})$/.exec(address) ?? [];
  if (hostname === undefined) return fail("InvalidAddress", `"${address}" is not host:port`);
  const host = hostname.replace(/^\[|\]$/g, "");
  try {
    const server = Deno.serve(
      {
        hostname: host === "" ? "0.0.0.0" : host,
        port: Number(digits),
        onListen: () => {},
        onError: () => new Response("500 internal server error\n", { status: 500, headers: PLAIN }),
      },
      (request) => answerFileRequest(disk, request),
    );
    return ok({ port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() });
  } catch (thrown) {
    return fail("Unavailable", `Cannot listen on ${address}: ${messageOf(thrown)}`, thrown);
  }
}

/**
 * Answers one request; every method is read like GET, as Go's file server does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openDisk } from "./disk.ts";
 * const request = new Request("http://host/%2e%2e%2fetc/passwd");
 * assert.equal((await answerFileRequest(openDisk("/data"), request)).status, 404);
 * ```
 */
export async function answerFileRequest(disk: Disk, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const path = safePath(pathname);
  const entry = path === undefined ? undefined : await disk.stat(path);
  if (path === undefined || entry === undefined || entry.kind === "other") {
    return new Response("404 page not found\n", { status: 404, headers: PLAIN });
  }
  const isFolder = entry.kind === "folder";
  const base = pathname.split("/").filter((part) => part !== "").at(-1) ?? "";
  if (isFolder !== pathname.endsWith("/")) return redirect(isFolder ? `${base}/` : `../${base}`);
  const headers = new Headers({ "last-modified": httpDate(entry) });
  if (isUnchanged(request, entry)) return new Response(null, { status: 304, headers });
  const response = isFolder
    ? await listing(disk, path, headers)
    : fileResponse(disk, path, entry, { request, headers });
  if (request.method !== "HEAD") return response;
  await response.body?.cancel();
  return new Response(null, response);
}

/** Nothing for a path that leaves the storage or names a hidden file: those are half written. */
function safePath(pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes("\0") || decoded.includes("\\")) return undefined;
  const parts = decoded.split("/").filter((part) => part !== "");
  return parts.some((part) => part.startsWith(".")) ? undefined : parts.join("/");
}

function redirect(location: string): Response {
  return new Response(null, { status: 301, headers: { location } });
}

function httpDate(entry: DiskEntry): string {
  return new Date(entry.modifiedMs).toUTCString();
}

/** RFC 9110 §13.1.3: dates have whole seconds. */
function isUnchanged(request: Request, entry: DiskEntry): boolean {
  const since = Date.parse(request.headers.get("if-modified-since") ?? "");
  return Math.floor(entry.modifiedMs / SECOND_MS) * SECOND_MS <= since;
}

async function listing(disk: Disk, path: string, headers: Headers): Promise<Response> {
  const lines: string[] = [];
  for (const name of await disk.list(path)) {
    if (name.startsWith(".")) continue;
    const entry = await disk.stat(path === "" ? name : `${path}/${name}`);
    if (entry === undefined || entry.kind === "other") continue;
    const shown = escapeHtml(entry.kind === "folder" ? `${name}/` : name);
    lines.push(`<a href="${encodeURI(shown)}">${shown}</a>\n`);
  }
  headers.set("content-type", "text/html; charset=utf-8");
  return new Response(`<!doctype html>\n<pre>\n${lines.join("")}</pre>\n`, { headers });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function fileResponse(
  disk: Disk,
  path: string,
  entry: DiskEntry,
  { request, headers }: { request: Request; headers: Headers },
): Response {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  headers.set("content-type", CONTENT_TYPES.get(ending) ?? "application/octet-stream");
  headers.set("accept-ranges", "bytes");
  const size = entry.sizeBytes;
  const range = parseRange(usableRange(request, entry), size);
  if (range === "none") {
    const refused = { ...PLAIN, "content-range": `bytes */${size}` };
    return new Response("invalid range: failed to overlap\n", { status: 416, headers: refused });
  }
  const { start, end } = range ?? { start: 0, end: size };
  headers.set("content-length", String(end - start));
  if (range !== undefined) headers.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const body = ReadableStream.from(disk.read(path, start, end));
  return new Response(body, { status: range === undefined ? 200 : 206, headers });
}

/** RFC 9110 §13.1.5: a range of another version of the file is not what was asked for. */
function usableRange(request: Request, entry: DiskEntry): string | null {
  const condition = request.headers.get("if-range");
  if (condition !== null && condition !== httpDate(entry)) return null;
  return request.headers.get("range");
}

/** One range of bytes; several at once are answered with the whole file, which is allowed. */
function parseRange(
  text: string | null,
  size: number,
): { start: number; end: number } | "none" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "none" : { start: size - count, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return start >= end ? "none" : { start, end };
}
