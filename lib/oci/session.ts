/**
 * A conversation with one registry about one repository: how to reach it, and how to log in.
 *
 * @module
 */
import {
  type Budget,
  encodeBase64,
  fail,
  type Failure,
  isRecord,
  ok,
  type Result,
} from "../base/mod.ts";
import type { HttpClient, HttpResponse, TlsOptions } from "../http/mod.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { refusal } from "./failure.ts";
import type { ImageName } from "./image_name.ts";

/** How a registry may be spoken to. */
export interface SessionOptions {
  readonly name: ImageName;
  /** Whether HTTP without TLS is allowed. */
  readonly insecure: boolean;
  readonly login: RegistryLogin | undefined;
  readonly tls: TlsOptions | undefined;
  readonly budget: Budget;
}

/** One request within a session. */
export interface SessionRequest {
  readonly method?: "GET" | "HEAD";
  /** Below the registry's address, with a leading slash. */
  readonly path: string;
  readonly accept?: string;
  readonly maxBytes: number;
}

/** A registry that has answered. */
export interface Session {
  /** `https://ghcr.io` */
  readonly origin: string;
  /** Asks; an answer outside 200–299 is a failure. */
  request(request: SessionRequest): Promise<Result<HttpResponse>>;
}

type SendOptions = Omit<SessionRequest, "path"> & { url: string; authorization?: string };
type Send = (options: SendOptions) => Promise<Result<HttpResponse>>;

const MOST_TOKEN_BYTES = 1 << 20;
const MOST_PING_BYTES = 1 << 16;
/** Further tries where a registry is busy. */
const RETRIES = 2;

/** Reaches the registry and logs in as it demands. */
export async function openSession(
  http: HttpClient,
  options: SessionOptions,
): Promise<Result<Session>> {
  const reached = await reach(http, options);
  if (!reached.ok) return reached;
  const { origin, challenge } = reached.value;
  const secrets = secretsOf(options.login);
  const { tls, budget } = options;

  const send: Send = async (request) => {
    const got = await http.fetch({
      url: request.url,
      method: request.method ?? "GET",
      headers: {
        ...(request.accept !== undefined && { accept: request.accept }),
        ...(request.authorization !== undefined && { authorization: request.authorization }),
      },
      maxBytes: Math.min(request.maxBytes, budget.bytes),
      signal: budget.signal,
      retries: RETRIES,
      ...(tls && { tls }),
    });
    return got;
  };
  const authority = challenge?.scheme === "bearer"
    ? tokenAuthority({ challenge, origin, send, options, secrets })
    : basicAuthority(options.login);

  async function request(asked: SessionRequest): Promise<Result<HttpResponse>> {
    const url = origin + asked.path;
    for (let attempt = 1;; attempt++) {
      const authorization = await authority.authorize(attempt > 1);
      if (!authorization.ok) return authorization;
      const header = authorization.value;
      const got = await send({
        ...asked,
        url,
        ...(header !== undefined && { authorization: header }),
      });
      if (!got.ok || isSuccess(got.value)) return got;
      // A long list outlives its token; a second one is asked for once.
      if (got.value.status === 401 && authority.canRenew && attempt === 1) continue;
      return refusal({ ...got.value, method: asked.method ?? "GET", url }, secrets);
    }
  }
  return ok({ origin, request });
}

interface Reached {
  readonly origin: string;
  readonly challenge: Challenge | undefined;
}

/** OCI distribution specification, "Determining support": https first, http only where it is allowed. */
async function reach(http: HttpClient, options: SessionOptions): Promise<Result<Reached>> {
  const { name, budget, tls } = options;
  const plain = options.insecure || isNearby(name.registry);
  const failures: Failure[] = [];
  for (const scheme of plain ? ["https", "http"] : ["https"]) {
    const origin = `${scheme}://${name.registry}`;
    const url = `${origin}/v2/`;
    const got = await http.fetch({
      url,
      signal: budget.signal,
      maxBytes: MOST_PING_BYTES,
      ...(tls && { tls }),
    });
    if (got.ok) return reachedBy(got.value, origin, url);
    failures.push(got);
    if (budget.signal.aborted) break;
  }
  const message = failures.map((failure) => failure.message).join("; ");
  return fail(failures.at(-1)?.code ?? "Unreachable", message, failures[0]?.cause);
}

function reachedBy(answer: HttpResponse, origin: string, url: string): Result<Reached> {
  if (isSuccess(answer)) return ok({ origin, challenge: undefined });
  if (answer.status !== 401) return refusal({ ...answer, method: "GET", url }, []);
  const challenges = parseChallenges(answer.headers.get("www-authenticate") ?? "");
  const challenge = challenges.find(({ scheme }) => scheme === "bearer") ??
    challenges.find(({ scheme }) => scheme === "basic");
  if (challenge === undefined) {
    const schemes = challenges.map(({ scheme }) => scheme).join(", ");
    return fail("Unauthorized", `GET ${url}: unrecognized challenge: ${schemes}`);
  }
  return ok({ origin, challenge });
}

/** Flux takes registries on the same machine or network without TLS too. */
function isNearby(registry: string): boolean {
  return /^(localhost|.+\.local|.+\.localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(registry) ||
    /^(10\.\d+|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d+\.\d+(:|$)/.test(registry);
}

/** What is sent as `authorization`. */
interface Authority {
  readonly canRenew: boolean;
  authorize(renew: boolean): Promise<Result<string | undefined>>;
}

function basicAuthority(login: RegistryLogin | undefined): Authority {
  const header = login && basicHeader(login);
  return { canRenew: false, authorize: () => Promise.resolve(ok(header)) };
}

interface TokenOptions {
  readonly challenge: Challenge;
  readonly origin: string;
  readonly send: Send;
  readonly options: SessionOptions;
  /** Gets the token as well, so that no message shows it. */
  readonly secrets: string[];
}

/** Docker's token protocol: the registry names a server that gives tokens for a scope. */
function tokenAuthority({ challenge, origin, send, options, secrets }: TokenOptions): Authority {
  let header: string | undefined;
  async function authorize(renew: boolean): Promise<Result<string | undefined>> {
    if (header !== undefined && !renew) return ok(header);
    const url = tokenUrl(challenge, origin, options.name);
    if (!url.ok) return url;
    const authorization = options.login && basicHeader(options.login);
    const got = await send({
      url: url.value,
      maxBytes: MOST_TOKEN_BYTES,
      ...(authorization !== undefined && { authorization }),
    });
    if (!got.ok) return got;
    if (!isSuccess(got.value)) {
      return refusal({ ...got.value, method: "GET", url: url.value }, secrets);
    }
    const token = parseToken(got.value.body);
    if (token === undefined) {
      return fail("InvalidAnswer", `GET ${url.value}: no token in bearer response`);
    }
    secrets.push(token);
    header = `Bearer ${token}`;
    return ok(header);
  }
  return { canRenew: true, authorize };
}

function tokenUrl(challenge: Challenge, origin: string, name: ImageName): Result<string> {
  const realm = challenge.parameters.get("realm") ?? "";
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  // The login goes there: never without TLS when the registry itself has it.
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && origin.startsWith("http:"));
  if (url === undefined || !isSafe) {
    return fail("InvalidAnswer", `${origin} names no https address that gives tokens`);
  }
  url.searchParams.set("scope", `repository:${name.repository}:pull`);
  const service = challenge.parameters.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  return ok(url.href);
}

function parseToken(body: Uint8Array): string | undefined {
  try {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body));
    const token = isRecord(answer) ? answer.token || answer.access_token : undefined;
    // RFC 6750 §2.1: anything else could not be sent.
    return typeof token === "string" && /^[\x21-\x7e]+$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function basicHeader({ username, password }: RegistryLogin): string {
  return `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}`;
}

function secretsOf(login: RegistryLogin | undefined): string[] {
  return login === undefined ? [] : [login.password, basicHeader(login).slice("Basic ".length)];
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300;
}
