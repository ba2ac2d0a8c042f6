/**
 * Smart HTTP: one GET that asks what the server can do, one POST per command.
 *
 * @module
 */
import { type Budget, fail, Meter, ok, type Result } from "../base/mod.ts";
import {
  bodyExcerpt,
  type HttpClient,
  type HttpStream,
  publicUrl,
  readAll,
  type TlsOptions,
} from "../http/mod.ts";
import { readAdvertisement } from "./advertisement.ts";
import type { Credentials } from "./client.ts";
import { PktReader } from "./pkt_line.ts";
import type { Program, Service, Transport } from "./transport.ts";

/** The budget's signal ends a fetch; this only bounds one that has none. */
const LONGEST_MS = 3_600_000;
const MOST_ERROR_BYTES = 1024;

/** Speaks to `program` of the repository at `url`. */
export function httpTransport(
  http: HttpClient,
  url: string,
  login: Credentials | undefined,
  program: Program,
): Transport {
  const list = `/info/refs?service=${program}`;
  const { base, user } = splitUrl(url);
  const secrets = secretsOf(login, user);
  const proxy = login?.proxy;
  const common = { timeoutMs: LONGEST_MS, ...tlsOf(login), ...(proxy && { proxy }) };

  async function advertise(budget: Budget): Promise<Result<Service>> {
    const asked = base + list;
    const headers = { ...authorization(login, user), "git-protocol": "version=2", accept: "*/*" };
    const opened = await http.stream({ ...common, url: asked, headers, ...limits(budget) });
    if (!opened.ok) return opened;
    await using answer = opened.value;
    if (answer.status !== 200) return await statusFailure(answer, base + list, secrets);
    if (!answer.url.endsWith(list)) {
      return fail("InvalidUrl", `${asked} redirects to what is no git repository`);
    }
    const type = answer.headers.get("content-type") ?? "";
    if (!type.startsWith(`application/x-${program}-advertisement`)) {
      return fail("RepositoryNotFound", `repository not found: ${base} answers no git client`);
    }
    const advertisement = await readAdvertisement(
      new PktReader(answer.body),
      new Meter(budget),
      program,
    );
    return ok({ advertisement, url: answer.url.slice(0, -list.length) });
  }

  async function send(
    service: Service,
    command: Uint8Array,
    budget: Budget,
  ): Promise<Result<HttpStream>> {
    // A redirect may have led to another origin; the login stays where it belongs.
    const isSameOrigin = new URL(service.url).origin === new URL(base).origin;
    const isVersion2 = service.advertisement.version === 2;
    const headers = {
      ...(isSameOrigin && authorization(login, user)),
      ...(isVersion2 && { "git-protocol": "version=2" }),
      "content-type": `application/x-${program}-request`,
      accept: `application/x-${program}-result`,
    };
    const opened = await http.stream({
      ...common,
      url: `${service.url}/${program}`,
      method: "POST",
      headers,
      body: command,
      reusesChunks: true,
      ...limits(budget),
    });
    if (!opened.ok || opened.value.status === 200) return opened;
    await using answer = opened.value;
    return await statusFailure(answer, base + list, secrets);
  }

  return { advertise, send, [Symbol.dispose]: () => {} };
}

function limits(budget: Budget): { maxBytes: number; signal: AbortSignal } {
  return { maxBytes: budget.bytes, signal: budget.signal };
}

interface UserInfo {
  readonly username: string;
  readonly password: string;
}

function splitUrl(url: string): { base: string; user: UserInfo } {
  const { username, password } = new URL(url);
  const user = { username: decode(username), password: decode(password) };
  return { base: publicUrl(url).replace(/\/+$/, ""), user };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function authorization(
  login: Credentials | undefined,
  user: UserInfo,
): { authorization: string } | Record<never, never> {
  if (login?.bearerToken !== undefined) return { authorization: `Bearer ${login.bearerToken}` };
  const username = login?.username ?? user.username;
  const password = login?.password ?? (login?.username === undefined ? user.password : "");
  if (username === "" && password === "") return {};
  return { authorization: `Basic ${base64(`${username}:${password}`)}` };
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

function tlsOf(login: Credentials | undefined): { tls: TlsOptions } | Record<never, never> {
  const { caCert, clientCert, clientKey } = login ?? {};
  if (caCert === undefined && clientCert === undefined) return {};
  return {
    tls: {
      ...(caCert !== undefined && { caCert }),
      ...(clientCert !== undefined && { clientCert }),
      ...(clientKey !== undefined && { clientKey }),
    },
  };
}

/** What a server may repeat of us, as it came and as it reads: the login, and the proxy's, which may answer itself. */
function secretsOf(login: Credentials | undefined, user: UserInfo): readonly string[] {
  const { proxy, holder, bearerToken = "" } = login ?? {};
  const username = login?.username ?? user.username;
  const password = login?.password ?? user.password;
  // Without a password the user is a token, and a cloud's user may hold a session's.
  const token = password === "" || holder !== undefined ? username : "";
  const pairs = [[username, password], [proxy?.username ?? "", proxy?.password ?? ""]];
  const written = pairs.map((pair) => pair.join(":")).filter((pair) => pair !== ":").map(base64);
  const secrets = [...written, password, proxy?.password ?? "", bearerToken, token];
  return secrets.filter((secret) => secret !== "");
}

/** Flux's words for each status; servers explain themselves in the body. */
async function statusFailure(
  answer: HttpStream,
  asked: string,
  secrets: readonly string[],
): Promise<Result<never>> {
  const { status } = answer;
  const body = await readStart(answer, secrets);
  if (status === 401) return fail("Unauthorized", `authentication required: ${body}`);
  if (status === 403) return fail("Forbidden", `authorization failed: ${body}`);
  if (status === 404) return fail("RepositoryNotFound", `repository not found: ${body}`);
  const why = `unexpected requesting "${asked}" status code: ${status}`;
  return fail("UnexpectedStatus", `unexpected client error: ${why}`);
}

async function readStart(answer: HttpStream, secrets: readonly string[]): Promise<string> {
  const read = await readAll(firstBytes(answer.body));
  return read.ok ? bodyExcerpt(read.value, secrets) : "";
}

async function* firstBytes(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of body) {
    yield chunk.slice();
    length += chunk.length;
    if (length >= MOST_ERROR_BYTES) return;
  }
}
