/**
 * Logging in to a registry: by user and password, or by a token that a server of its choice gives.
 *
 * @module
 */
import {
  type Clock,
  type Expiring,
  ExpiringCache,
  fail,
  ok,
  type Result,
  sha256Hex,
} from "../base/mod.ts";
import {
  type HttpRequest,
  type HttpResponse,
  type ProxyOptions,
  timedOut,
  type TlsOptions,
  withoutClientCert,
} from "../http/mod.ts";
import { basicHeader } from "./basic.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { isSuccess, refusal } from "./failure.ts";
import type { ImageName } from "./image_name.ts";
import { findTokenServer, hostnameOf, parseToken, type TokenServer } from "./token_server.ts";

/** What is sent as `authorization`. */
export interface Authority {
  /** The header; another than before when `renew` says that the last was refused. */
  authorize(renew: boolean): Promise<Result<string | undefined>>;
  /** Why the login was kept back, where it was. */
  readonly keptBack?: string;
}

/** Who logs in where. */
export interface AuthorityOptions {
  /** What the registry demands. */
  readonly challenge: Challenge | undefined;
  /** Its address: `https://ghcr.io`. */
  readonly origin: string;
  readonly name: ImageName;
  readonly login: RegistryLogin | undefined;
  readonly tls: TlsOptions | undefined;
  readonly proxy: ProxyOptions | undefined;
  /** Gets the token as well, so that no message shows it. */
  readonly secrets: string[];
  /** Ends the run that asks. */
  readonly signal: AbortSignal;
  /** Asks, within the limits of the session but for its end. */
  send(
    request: Pick<HttpRequest, "method" | "url" | "headers" | "body" | "tls" | "namedBy"> & {
      readonly signal: AbortSignal;
    },
  ): Promise<Result<HttpResponse>>;
}

/** A token is not used in its last seconds. */
const RESERVE_MS = 10_000;
/** Statuses of a server that does not know a question. */
const UNKNOWN: readonly number[] = [404, 405];

/** Tokens by who asked where for what; a login that is another gets others. */
export class TokenCache {
  readonly #clock: Clock;
  readonly #tokens: ExpiringCache<string>;

  /** Has none yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tokens = new ExpiringCache({ clock, reserveMs: RESERVE_MS });
  }

  /** How to log in where `challenge` is demanded. */
  authority(options: AuthorityOptions): Authority {
    const { challenge, login } = options;
    if (challenge?.scheme !== "bearer") {
      const header = plainLogin(challenge, options);
      return { authorize: () => Promise.resolve(header) };
    }
    const server = findTokenServer(challenge, options);
    if (!server.ok) return { authorize: () => Promise.resolve(server) };
    const { host, isTrusted } = server.value;
    const isKeptBack = login !== undefined && !isTrusted;
    const reason = `the login was kept from ${host}, which is another site: ` +
      "whoever wants it to go there names that host in the same docker configuration";
    return {
      authorize: (renew) => this.#authorize(server.value, options, renew),
      ...(isKeptBack && { keptBack: reason }),
    };
  }

  /** Docker's token protocol: the registry names a server that gives tokens for a scope. */
  async #authorize(
    server: TokenServer,
    options: AuthorityOptions,
    renew: boolean,
  ): Promise<Result<string | undefined>> {
    const { origin, login, tls, proxy, signal } = options;
    const [{ method, url }] = server.questions;
    // Whoever has a proxy or an authority of their own can make up tokens: for themselves alone.
    const key = sha256Hex(JSON.stringify([origin, server.questions, login, tls, proxy]));
    if (renew) this.#tokens.forget(key);
    const ask = (called: AbortSignal) => this.#ask(server, options, called);
    const patience = { signal, calledOff: timedOut(method, url) };
    const token = await this.#tokens.get(key, ask, patience);
    if (!token.ok) return token;
    if (!options.secrets.includes(token.value)) options.secrets.push(token.value);
    return ok(`Bearer ${token.value}`);
  }

  async #ask(
    { questions: [first, second], isForeign }: TokenServer,
    { tls, name, secrets, send }: AuthorityOptions,
    signal: AbortSignal,
  ): Promise<Result<Expiring<string>>> {
    const common = {
      signal,
      ...(tls && { tls: isForeign ? withoutClientCert(tls) : tls }),
      ...(isForeign && { namedBy: hostnameOf(`https://${name.registry}`) }),
    };
    const answer = await send({ ...first, ...common });
    const isUnknown = answer.ok && UNKNOWN.includes(answer.value.status);
    const asksAgain = isUnknown && second !== undefined;
    const { method, url } = asksAgain ? second : first;
    const got = asksAgain ? await send({ ...second, ...common }) : answer;
    if (!got.ok) return got;
    if (!isSuccess(got.value)) return refusal({ ...got.value, method, url }, secrets);
    const token = parseToken(got.value.body);
    if (token === undefined) {
      return fail("InvalidAnswer", `${method} ${url}: no token in bearer response`);
    }
    return ok({ value: token.value, endMs: this.#clock.now() + token.seconds * 1_000 });
  }
}

/** Where nobody gives tokens: a user and a password, or nothing. */
function plainLogin(
  challenge: Challenge | undefined,
  { origin, login }: Pick<AuthorityOptions, "origin" | "login">,
): Result<string | undefined> {
  if (login === undefined) return ok(undefined);
  const isTokenAlone = login.identityToken !== undefined && login.password === "";
  if (!isTokenAlone) return ok(basicHeader(login));
  if (challenge === undefined) return ok(undefined);
  const why = "demands a user and a password, and the docker configuration has an identitytoken";
  return fail("Unauthorized", `${origin} ${why}`);
}
