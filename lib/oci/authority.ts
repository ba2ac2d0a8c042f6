/**
 * Logging in to a registry: by user and password, or by a token that a server of its choice gives.
 *
 * @module
 */
import {
  type Clock,
  encodeBase64,
  type Expiring,
  ExpiringCache,
  fail,
  isRecord,
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
import type { Challenge } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import { isSuccess, refusal } from "./failure.ts";
import type { ImageName } from "./image_name.ts";
import { isSameSite } from "./site.ts";

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
    request: Pick<HttpRequest, "url" | "headers" | "tls" | "namedBy"> & {
      readonly signal: AbortSignal;
    },
  ): Promise<Result<HttpResponse>>;
}

/** The specification's: what says nothing else holds for a minute. */
const USUAL_SECONDS = 60;
const LONGEST_SECONDS = 12 * 3_600;
/** A token is not used in its last seconds. */
const RESERVE_MS = 10_000;

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
      const header = login && basicHeader(login);
      return { authorize: () => Promise.resolve(ok(header)) };
    }
    const server = tokenServer(challenge, options);
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
    // Whoever has a proxy or an authority of their own can make up tokens: for themselves alone.
    const { origin, login, tls, proxy, signal } = options;
    const key = sha256Hex(JSON.stringify([origin, server.url, login, tls, proxy]));
    if (renew) this.#tokens.forget(key);
    const ask = (called: AbortSignal) => this.#ask(server, options, called);
    const patience = { signal, calledOff: timedOut("GET", server.url) };
    const token = await this.#tokens.get(key, ask, patience);
    if (!token.ok) return token;
    if (!options.secrets.includes(token.value)) options.secrets.push(token.value);
    return ok(`Bearer ${token.value}`);
  }

  async #ask(
    { url, isForeign, isTrusted }: TokenServer,
    { login, tls, name, secrets, send }: AuthorityOptions,
    signal: AbortSignal,
  ): Promise<Result<Expiring<string>>> {
    const got = await send({
      url,
      signal,
      ...(login && isTrusted && { headers: { authorization: basicHeader(login) } }),
      ...(tls && { tls: isForeign ? withoutClientCert(tls) : tls }),
      ...(isForeign && { namedBy: hostnameOf(`https://${name.registry}`) }),
    });
    if (!got.ok) return got;
    if (!isSuccess(got.value)) return refusal({ ...got.value, method: "GET", url }, secrets);
    const token = parseToken(got.value.body);
    if (token === undefined) {
      return fail("InvalidAnswer", `GET ${url}: no token in bearer response`);
    }
    return ok({ value: token.value, endMs: this.#clock.now() + token.seconds * 1_000 });
  }
}

interface TokenServer {
  readonly url: string;
  readonly host: string;
  /** It is on another host than the registry. */
  readonly isForeign: boolean;
  /** It gets the login. */
  readonly isTrusted: boolean;
}

/**
 * Where tokens are given. It gets the login when it belongs to the registry's own site, or when the user has named it
 * for the same login; never in the clear when the registry itself is asked with TLS. And no server of the Internet
 * sends us into our own network (`namedBy` above).
 */
function tokenServer(
  challenge: Challenge,
  { origin, name, login }: Pick<AuthorityOptions, "origin" | "name" | "login">,
): Result<TokenServer> {
  const realm = challenge.parameters.get("realm") ?? "";
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && origin.startsWith("http:"));
  if (url === undefined || !isSafe) {
    return fail("InvalidAnswer", `${origin} names no https address that gives tokens`);
  }
  url.searchParams.set("scope", `repository:${name.repository}:pull`);
  const service = challenge.parameters.get("service");
  if (service !== undefined) url.searchParams.set("service", service);
  const { host, hostname } = url;
  const registry = hostnameOf(origin);
  const isNamed = login?.otherHosts?.some((other) => other === host || other === hostname);
  return ok({
    url: url.href,
    host,
    isForeign: hostname !== registry,
    isTrusted: isSameSite(hostname, registry) || isNamed === true,
  });
}

function hostnameOf(url: string): string {
  return new URL(url).hostname;
}

function parseToken(body: Uint8Array): { value: string; seconds: number } | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  if (!isRecord(answer)) return undefined;
  const value = answer.token || answer.access_token;
  // RFC 6750 §2.1: anything else could not be sent.
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  const said = Number(answer.expires_in);
  return { value, seconds: said > 0 ? Math.min(said, LONGEST_SECONDS) : USUAL_SECONDS };
}

/** A user and a password as they are sent (RFC 7617). */
export function basicHeader({ username, password }: RegistryLogin): string {
  return `Basic ${encodeBase64(new TextEncoder().encode(`${username}:${password}`))}`;
}
