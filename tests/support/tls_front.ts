/**
 * An HTTPS server that demands a client certificate and hands on to a plain server: Deno's own demands none.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Certificates } from "./certificates.ts";

/** A front that listens. */
export interface TlsFront extends AsyncDisposable {
  /** `https://127.0.0.1:PORT` */
  readonly url: string;
}

/** Serves what `target`, an address without path, serves. */
export function startTlsFront(target: string, { ca, server }: Certificates): Promise<TlsFront> {
  const front = createServer(
    { ...server, ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => void handOn(target, request, response),
  );
  return new Promise((resolve) => {
    front.listen(0, "127.0.0.1", () => {
      const address = front.address();
      const port = typeof address === "object" ? address?.port : undefined;
      resolve({
        url: `https://127.0.0.1:${port}`,
        [Symbol.asyncDispose]: () => new Promise((done) => front.close(() => done())),
      });
    });
  });
}

async function handOn(
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of request) chunks.push(new Uint8Array(chunk));
  const headers = new Headers();
  for (const name of ["accept", "authorization", "content-type", "git-protocol"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const method = request.method ?? "GET";
  const answer = await fetch(`${target}${request.url}`, {
    method,
    headers,
    ...(method === "POST" && { body: new Blob(chunks) }),
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(await answer.bytes());
}
