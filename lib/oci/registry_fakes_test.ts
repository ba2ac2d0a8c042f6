/**
 * A registry that answers as a test says, for the tests of this folder.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ok, type Resolve, type Result } from "../base/mod.ts";
import { openHttp } from "../http/mod.ts";
import { FakeClock } from "../testing/fake_clock.ts";
import { type ImageAccess, type OciClient, openOci } from "./client.ts";
import type { TagList } from "./tags.ts";

/** What is asked for in most tests. */
export const ACCESS: ImageAccess = { image: "reg.io/org/app", insecure: false, login: undefined };
/** A login. */
export const LOGIN = { username: "me", password: "hunter22" };
/** The first page. */
export const LIST = "GET https://reg.io/v2/org/app/tags/list?n=1000";
/** The question that opens a conversation. */
export const PING = "GET https://reg.io/v2/";
/** The question for a token. */
export const TOKEN =
  "GET https://auth.reg.io/token?scope=repository%3Aorg%2Fapp%3Apull&service=reg.io";
/** A digest of nothing. */
export const DIGEST = `sha256:${"a".repeat(64)}`;

/** Makes an answer. */
export type Answer = (request: Request) => Response | Promise<Response>;

/** Answers of a registry by request; the last one of a list is given again. */
export type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

/** What {@linkcode fakeRegistry} gives. */
export interface FakeRegistry {
  readonly oci: OciClient;
  readonly clock: FakeClock;
  readonly requests: string[];
  /** Which of them came with a certificate of ours. */
  readonly clientCerts: string[];
}

/** A client whose registries answer so; `requests` has each with its `authorization`, and what else matters. */
export function fakeRegistry(
  answers: Answers,
  { clock = new FakeClock(), resolve }: { clock?: FakeClock; resolve?: Resolve } = {},
): FakeRegistry {
  const requests: string[] = [];
  const clientCerts: string[] = [];
  const counts = new Map<string, number>();
  const http = openHttp({
    clock,
    ...(resolve && { resolve }),
    transport(request, tls) {
      const asked = `${request.method} ${request.url}`;
      const etag = request.headers.get("if-none-match");
      const condition = etag === null ? "" : ` if not ${etag}`;
      requests.push(`${asked} ${request.headers.get("authorization") ?? "-"}${condition}`);
      if (tls?.clientCert !== undefined) clientCerts.push(asked);
      const count = counts.get(asked) ?? 0;
      counts.set(asked, count + 1);
      const known = answers[asked];
      assert.ok(known !== undefined, `no answer to ${asked}`);
      const list = typeof known === "function" ? [known] : known;
      request.signal.throwIfAborted();
      const answer = list[count] ?? list.at(-1);
      return Promise.resolve(request).then(answer);
    },
  });
  return { oci: openOci(http, clock), clock, requests, clientCerts };
}

/** No demands. */
export function empty(): Response {
  return Response.json({});
}

/** Nobody is there. */
export function broken(): Response {
  throw new TypeError("tcp connect error: Connection refused (os error 111)");
}

/** A page. */
export function tags(list: readonly string[], link?: string): Answer {
  return () => Response.json({ name: "org/app", tags: list }, link ? { headers: { link } } : {});
}

/** The same by a registry that says when it changes. */
export function taggedPage(list: readonly string[], etag: string, link?: string): Answer {
  return ({ headers }) => {
    if (headers.get("if-none-match") === etag) return new Response(null, { status: 304 });
    const answer = Response.json({ tags: list }, { headers: { etag } });
    if (link !== undefined) answer.headers.set("link", link);
    return answer;
  };
}

/** An answer of that status. */
export function refused(status: number, body: unknown): Answer {
  return () => Response.json(body, { status });
}

/** Demands a login. */
export function challenge(header: string): Answer {
  return () => new Response(null, { status: 401, headers: { "www-authenticate": header } });
}

/** Only the tags of a list. */
export function tagsOf(list: Result<TagList>): Result<readonly string[]> {
  return list.ok ? ok(list.value.tags) : list;
}

/** A result in one line. */
export function said(result: Result<unknown>): string {
  return result.ok ? "ok" : `${result.code}: ${result.message}`;
}

/** Demands a token, where it knows who gives it. */
export const BEARER = challenge(
  'Basic realm="x", Bearer realm="https://auth.reg.io/token",service="reg.io"',
);
