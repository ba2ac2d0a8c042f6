/**
 * A conversation with one registry about one repository.
 *
 * @module
 */
import { type Budget, type Clock, fail, type Failure, ok, type Result } from "../base/mod.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../http/mod.ts";
import { type Authority, TokenCache } from "./authority.ts";
import { basicHeader } from "./basic.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { isSuccess, refusal } from "./failure.ts";
import { challengeOf, KnownWays, type Reached, type Way } from "./reach.ts";

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
  return reached.ok ? ok(new Conversation(http, options, memory, reached.value)) : reached;
}

class Conversation implements Session {
  readonly origin: string;
  readonly #http: HttpClient;
  readonly #options: SessionOptions;
  readonly #memory: RegistryMemory;
  readonly #login: RegistryLogin | undefined;
  /** What no message shows; tokens are added. */
  readonly #secrets: string[];
  #challenge: Challenge | undefined;
  #authority: Authority;
  #renewals = 0;

  constructor(
    http: HttpClient,
    options: SessionOptions,
    memory: RegistryMemory,
    { origin, challenge, isElsewhere }: Reached,
  ) {
    this.origin = origin;
    this.#http = http;
    this.#options = options;
    this.#memory = memory;
    this.#login = isElsewhere ? undefined : options.login;
    this.#secrets = secretsOf(this.#login);
    this.#challenge = challenge;
    this.#authority = this.#authorityFor(challenge);
  }

  async request(asked: SessionRequest): Promise<Result<HttpResponse>> {
    const first = await this.#ask(asked, false);
    const isRefused = first.ok && first.value.status === 401 && this.#renew(first.value);
    const got = isRefused ? await this.#ask(asked, true) : first;
    if (got.ok && isAnswer(got.value, asked)) return got;
    // The next session finds out anew what this one took for granted.
    if (!got.ok || got.value.status === 401) this.#memory.ways.forget(this.#options);
    return got.ok ? this.#refusal(asked, got.value) : got;
  }

  async #ask(asked: SessionRequest, renew: boolean): Promise<Result<HttpResponse>> {
    const authorization = await this.#authority.authorize(renew);
    if (!authorization.ok) return authorization;
    const { method = "GET", path, accept, etag, maxBytes, isContinued = false } = asked;
    return await this.#send({
      url: this.origin + path,
      method,
      headers: {
        ...(accept !== undefined && { accept }),
        ...(etag !== undefined && { "if-none-match": etag }),
        ...(authorization.value !== undefined && { authorization: authorization.value }),
      },
      maxBytes: Math.min(maxBytes, this.#options.budget.bytes),
      ...(!isContinued && { patienceMs: PATIENCE_MS }),
    });
  }

  async #send(request: HttpRequest): Promise<Result<HttpResponse>> {
    const { tls, proxy, budget } = this.#options;
    return await this.#http.fetch({
      maxBytes: Math.min(MOST_TOKEN_BYTES, budget.bytes),
      signal: budget.signal,
      retries: RETRIES,
      ...(tls && { tls }),
      ...(proxy && { proxy }),
      ...request,
    });
  }

  #authorityFor(challenge: Challenge | undefined): Authority {
    const { name, tls, proxy, budget: { signal } } = this.#options;
    return this.#memory.tokens.authority({
      ...{ challenge, name, tls, proxy, signal, origin: this.origin, login: this.#login },
      secrets: this.#secrets,
      send: (request) => this.#send(request),
    });
  }

  /** Whether there is another way to be let in than the one that was just refused. */
  #renew(answer: HttpResponse): boolean {
    // Where the registry keeps its blobs others may refuse us; how to log in is not theirs to say.
    const isOwn = new URL(answer.url).origin === this.origin;
    const demanded = (isOwn ? challengeOf(answer) : undefined) ?? this.#challenge;
    const isOther = demanded?.scheme !== this.#challenge?.scheme;
    if (this.#renewals >= MOST_RENEWALS) return false;
    if (demanded?.scheme !== "bearer" && !isOther) return false;
    this.#renewals++;
    this.#challenge = demanded;
    this.#authority = this.#authorityFor(demanded);
    return true;
  }

  #refusal({ method = "GET", path }: SessionRequest, answer: HttpResponse): Failure {
    const refused = refusal({ ...answer, method, url: this.origin + path }, this.#secrets);
    const { keptBack } = this.#authority;
    if (refused.code !== "Unauthorized" || keptBack === undefined) return refused;
    return fail(refused.code, `${refused.message} (${keptBack})`, refused.cause);
  }
}

function isAnswer(answer: HttpResponse, { etag }: SessionRequest): boolean {
  return isSuccess(answer) || (answer.status === 304 && etag !== undefined);
}

function secretsOf(login: RegistryLogin | undefined): string[] {
  if (login === undefined) return [];
  const { password, identityToken = "" } = login;
  // As it stands in the form that it is sent in.
  const [, encoded = ""] = new URLSearchParams({ token: identityToken }).toString().split("=");
  const hidden = [password, basicHeader(login).slice("Basic ".length), identityToken, encoded];
  return hidden.filter((secret) => secret !== "");
}
