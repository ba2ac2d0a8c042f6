/**
 * A conversation with one registry about one repository.
 *
 * @module
 */
import { type Budget, type Clock, fail, ok, type Result } from "../base/mod.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../http/mod.ts";
import { type Authority, basicHeader, TokenCache } from "./authority.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { isSuccess, refusal } from "./failure.ts";
import { challengeOf, KnownWays, type Way } from "./reach.ts";

/** How a registry may be spoken to. */
export interface SessionOptions extends Way {
  readonly login: RegistryLogin | undefined;
  readonly budget: Budget;
}

/** One request within a session. */
export interface SessionRequest {
  readonly method?: "GET" | "HEAD";
  /** Below the registry's address, with a leading slash. */
  readonly path: string;
  readonly accept?: string;
  /** Sent as `if-none-match`; then 304 is an answer. */
  readonly etag?: string;
  readonly maxBytes: number;
  /** Something was built on the answers before: a busy registry is waited for rather than asked for all of it again. */
  readonly isContinued?: boolean;
}

/** A registry that has answered. */
export interface Session {
  /** `https://ghcr.io` */
  readonly origin: string;
  /** Asks; an answer outside 200–299 is a failure, but for 304 to whoever has an `etag`. */
  request(request: SessionRequest): Promise<Result<HttpResponse>>;
}

/** What is known of registries from one session to the next. */
export interface RegistryMemory {
  readonly ways: KnownWays;
  readonly tokens: TokenCache;
}

/** Nothing is known. */
export function openMemory(clock: Clock): RegistryMemory {
  return { ways: new KnownWays(clock), tokens: new TokenCache(clock) };
}

/** Further tries where a registry is busy. */
const RETRIES = 2;
/** Who is to wait for longer holds no worker meanwhile (design D10): the object's next run is then. */
const PATIENCE_MS = 1_000;
const MOST_TOKEN_BYTES = 1 << 20;
/** A long list outlives its token; what is refused again and again is no matter of age. */
const MOST_RENEWALS = 3;

/** Reaches the registry and logs in as it demands. */
export async function openSession(
  http: HttpClient,
  options: SessionOptions,
  memory: RegistryMemory,
): Promise<Result<Session>> {
  const reached = await memory.ways.find(http, options, options.budget);
  if (!reached.ok) return reached;
  const { origin, isElsewhere } = reached.value;
  const login = isElsewhere ? undefined : options.login;
  const { name, tls, proxy, budget } = options;
  const secrets = secretsOf(login);
  let renewals = 0;

  async function send(request: HttpRequest): Promise<Result<HttpResponse>> {
    return await http.fetch({
      maxBytes: Math.min(MOST_TOKEN_BYTES, budget.bytes),
      signal: budget.signal,
      retries: RETRIES,
      ...(tls && { tls }),
      ...(proxy && { proxy }),
      ...request,
    });
  }

  function authorityFor(challenge: Challenge | undefined): Authority {
    const how = { origin, name, login, tls, proxy };
    return memory.tokens.authority({ ...how, challenge, secrets, send });
  }
  let { challenge } = reached.value;
  let authority = authorityFor(challenge);

  async function ask(asked: SessionRequest, renew: boolean): Promise<Result<HttpResponse>> {
    const authorization = await authority.authorize(renew);
    if (!authorization.ok) return authorization;
    const { method = "GET", path, accept, etag, maxBytes, isContinued = false } = asked;
    return await send({
      url: origin + path,
      method,
      headers: {
        ...(accept !== undefined && { accept }),
        ...(etag !== undefined && { "if-none-match": etag }),
        ...(authorization.value !== undefined && { authorization: authorization.value }),
      },
      maxBytes: Math.min(maxBytes, budget.bytes),
      ...(!isContinued && { patienceMs: PATIENCE_MS }),
    });
  }

  /** Whether there is another way to be let in than the one that was just refused. */
  function renewed(answer: HttpResponse): boolean {
    const demanded = challengeOf(answer) ?? challenge;
    const isOther = demanded?.scheme !== challenge?.scheme;
    if (renewals >= MOST_RENEWALS || (demanded?.scheme !== "bearer" && !isOther)) return false;
    renewals++;
    [challenge, authority] = [demanded, authorityFor(demanded)];
    return true;
  }

  async function request(asked: SessionRequest): Promise<Result<HttpResponse>> {
    const first = await ask(asked, false);
    const isRefused = first.ok && first.value.status === 401 && renewed(first.value);
    const got = isRefused ? await ask(asked, true) : first;
    if (got.ok && isAnswer(got.value, asked)) return got;
    // The next session finds out anew what this one took for granted.
    if (!got.ok || got.value.status === 401) memory.ways.forget(options);
    if (!got.ok) return got;
    const { method = "GET", path } = asked;
    const refused = refusal({ ...got.value, method, url: origin + path }, secrets);
    const { keptBack } = authority;
    if (refused.code !== "Unauthorized" || keptBack === undefined) return refused;
    return fail(refused.code, `${refused.message} (${keptBack})`, refused.cause);
  }
  return ok({ origin, request });
}

function isAnswer(answer: HttpResponse, { etag }: SessionRequest): boolean {
  return isSuccess(answer) || (answer.status === 304 && etag !== undefined);
}

function secretsOf(login: RegistryLogin | undefined): string[] {
  return login === undefined ? [] : [login.password, basicHeader(login).slice("Basic ".length)];
}
