/**
 * Servers that give tokens: where they are, whether they get a login, and how they are asked (distribution's token
 * authentication specification, and its OAuth 2.0 form).
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import { basicHeader } from "./basic.ts";
import type { Challenge } from "./challenge.ts";
import type { RegistryLogin } from "./docker_config.ts";
import type { ImageName } from "./image_name.ts";
import { isSameSite } from "./site.ts";

/** A question for a token. */
export interface TokenQuestion {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Who gives tokens. */
export interface TokenServer {
  /** The second one where a server does not know the first. */
  readonly questions: readonly [TokenQuestion, TokenQuestion?];
  readonly host: string;
  /** It is on another host than the registry. */
  readonly isForeign: boolean;
  /** It gets the login. */
  readonly isTrusted: boolean;
}

/** Who wants a token. */
export interface TokenNeed {
  /** The registry's address. */
  readonly origin: string;
  readonly name: ImageName;
  readonly login: RegistryLogin | undefined;
}

/** The specification's: what says nothing else holds for a minute. */
const USUAL_SECONDS = 60;
const LONGEST_SECONDS = 12 * 3_600;
const FORM = { "content-type": "application/x-www-form-urlencoded" } as const;
/** Who asks, in the logs of the server. */
const CLIENT = "sluice";

/**
 * Where tokens are given. It gets the login when it belongs to the registry's own site, or when the user has named it
 * for the same login; never in the clear when the registry itself is asked with TLS. And no server of the Internet
 * sends us into our own network (`isForeign`).
 */
export function findTokenServer(
  challenge: Challenge,
  { origin, name, login }: TokenNeed,
): Result<TokenServer> {
  const realm = challenge.parameters.get("realm") ?? "";
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && origin.startsWith("http:"));
  if (url === undefined || !isSafe) {
    return fail("InvalidAnswer", `${origin} names no https address that gives tokens`);
  }
  const service = challenge.parameters.get("service");
  const scope = `repository:${name.repository}:pull`;
  const asked = { scope, ...(service !== undefined && { service }) };
  const { host, hostname } = url;
  const registry = hostnameOf(origin);
  const isNamed = login?.otherHosts?.some((other) => other === host || other === hostname);
  const isTrusted = isSameSite(hostname, registry) || isNamed === true;
  return ok({
    questions: questionsTo(url, asked, isTrusted ? login : undefined),
    host,
    isForeign: hostname !== registry,
    isTrusted,
  });
}

/** The host of an address, without its port. */
export function hostnameOf(url: string): string {
  return new URL(url).hostname;
}

function questionsTo(
  realm: URL,
  asked: Readonly<Record<string, string>>,
  login: RegistryLogin | undefined,
): TokenServer["questions"] {
  const plain = plainQuestion(realm, asked, login);
  const { identityToken, password } = login ?? {};
  if (identityToken === undefined) return [plain];
  const fields = {
    "grant_type": "refresh_token",
    "refresh_token": identityToken,
    "client_id": CLIENT,
    ...asked,
  };
  const body = new URLSearchParams(fields).toString();
  const exchange = { method: "POST", url: realm.href, headers: FORM, body } as const;
  // Not every server knows the form; a password is good for both.
  return password === "" ? [exchange] : [exchange, plain];
}

/** As every server understands it. */
function plainQuestion(
  realm: URL,
  asked: Readonly<Record<string, string>>,
  login: RegistryLogin | undefined,
): TokenQuestion {
  const url = new URL(realm);
  for (const [field, value] of Object.entries(asked)) url.searchParams.set(field, value);
  const headers: Record<string, string> = login ? { authorization: basicHeader(login) } : {};
  return { method: "GET", url: url.href, headers };
}

/** The token in an answer, and for how long it holds. */
export function parseToken(body: Uint8Array): { value: string; seconds: number } | undefined {
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
