/**
 * Logging in to GitHub as an app: a signed statement is exchanged for a token that lasts an hour.
 *
 * @module
 */
import { tlsIn } from "./certificates.ts";
import { createPrivateKey, type KeyObject } from "node:crypto";
import {
  bodyExcerpt,
  type HttpClient,
  type HttpResponse,
  type ProxyOptions,
  type TlsOptions,
} from "../http/mod.ts";
import {
  type Clock,
  type Expiring,
  ExpiringCache,
  fail,
  isRecord,
  ok,
  parseJson,
  parseJsonRecord,
  type Result,
  sha256Hex,
} from "../base/mod.ts";
import type { SecretData } from "./credentials.ts";

/** An app, and where it is installed. */
export interface GithubApp {
  /** Number of the app. */
  readonly id: string;
  /** What its statements are signed with. */
  readonly key: KeyObject;
  /** Number of the installation; found by `owner` when absent. */
  readonly installation?: string;
  /** The user or organisation that has installed it. */
  readonly owner?: string;
  /** The API, without a slash at its end. */
  readonly baseUrl: string;
  /** Authorities trusted besides the system's, PEM. */
  readonly caCert?: string;
  /** Who connects for us. */
  readonly proxy?: ProxyOptions;
  /** Names all of this, for the cache. */
  readonly cacheKey: string;
}

/** The API of the public service. */
const PUBLIC_API = "https://api.github.com";
/** GitHub takes statements of at most ten minutes, and clocks differ. */
const STATEMENT_SECONDS = 540;
const CLOCK_SKEW_SECONDS = 60;
const MOST_PAGES = 50;
const PAGE = 100;
const LIMITS = { timeoutMs: 30_000, maxBytes: 4 << 20, retries: 1 } as const;

/** Whether a Secret is made for an app. */
export function hasGithubApp(data: SecretData): boolean {
  return (data.get("githubAppID") ?? "") !== "";
}

/**
 * The app that a Secret describes (contract/common.md §14).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = readGithubApp(new Map([["githubAppID", "1"]]), "ns/s");
 * assert.equal(!got.ok && got.message, "invalid secret 'ns/s': key 'githubAppPrivateKey' is missing");
 * ```
 */
export function readGithubApp(
  data: SecretData,
  secretName: string,
  proxy?: ProxyOptions,
): Result<GithubApp> {
  const at = (key: string) => data.get(key)?.trim() ?? "";
  const invalid = (why: string) =>
    fail("InvalidCredentials", `invalid secret '${secretName}': ${why}`);
  const missing = ["githubAppID", "githubAppPrivateKey"].find((key) => at(key) === "");
  if (missing !== undefined) return invalid(`key '${missing}' is missing`);
  const [id, installation, owner] = [
    at("githubAppID"),
    at("githubAppInstallationID"),
    at("githubAppInstallationOwner"),
  ];
  if ((installation === "") === (owner === "")) {
    return invalid("one of 'githubAppInstallationOwner' and 'githubAppInstallationID' must be set");
  }
  const isNumber = (text: string) => /^\d{1,20}$/.test(text);
  if (!isNumber(id)) return invalid("key 'githubAppID' is no number");
  if (owner === "" && !isNumber(installation)) {
    return invalid("key 'githubAppInstallationID' is no number");
  }
  const base = URL.parse(at("githubAppBaseURL") || PUBLIC_API);
  if (base === null || !/^https?:$/.test(base.protocol)) {
    return invalid("key 'githubAppBaseURL' is no http or https URL");
  }
  const key = parseKey(at("githubAppPrivateKey"));
  if (key === undefined) return invalid("key 'githubAppPrivateKey' is no RSA private key");
  const { caCert } = tlsIn(data);
  const contents = [...data].toSorted(([a], [b]) => a < b ? -1 : 1);
  return ok({
    id,
    key,
    ...(owner === "" ? { installation } : { owner }),
    baseUrl: `${base.origin}${base.pathname}`.replace(/\/+$/, ""),
    ...(caCert !== undefined && { caCert }),
    ...(proxy && { proxy }),
    cacheKey: sha256Hex(JSON.stringify([contents, proxy])),
  });
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "rsa" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Tokens of apps, kept until shortly before they end. */
export class GithubTokens {
  readonly #http: HttpClient;
  readonly #clock: Clock;
  readonly #tokens: ExpiringCache<string>;

  /** Asks over `http`. */
  constructor({ http, clock }: { http: HttpClient; clock: Clock }) {
    this.#http = http;
    this.#clock = clock;
    this.#tokens = new ExpiringCache({ clock });
  }

  /** A token that `app` may read repositories with. */
  async get(app: GithubApp): Promise<Result<string>> {
    return await this.#tokens.get(app.cacheKey, async () => {
      const ask = await this.#asker(app);
      const installation = app.installation === undefined
        ? await findInstallation(ask, app.owner ?? "")
        : ok(app.installation);
      return installation.ok ? await exchange(ask, installation.value) : installation;
    });
  }

  async #asker(app: GithubApp): Promise<Ask> {
    const nowSeconds = Math.floor(this.#clock.now() / 1_000);
    // Most controllers never need it, nor do the threads that build.
    const { SignJWT } = await import("jose");
    const statement = await new SignJWT()
      .setProtectedHeader({ alg: "RS256", typ: "JWT" })
      .setIssuer(app.id)
      .setIssuedAt(nowSeconds - CLOCK_SKEW_SECONDS)
      .setExpirationTime(nowSeconds + STATEMENT_SECONDS)
      .sign(app.key);
    const tls: TlsOptions | undefined = app.caCert === undefined
      ? undefined
      : { caCert: app.caCert };
    return async (method, path) => {
      const answer = await this.#http.fetch({
        url: app.baseUrl + path,
        method,
        headers: {
          authorization: `Bearer ${statement}`,
          accept: "application/vnd.github+json",
          "x-github-api-version": "2022-11-28",
        },
        ...LIMITS,
        ...(tls && { tls }),
        ...(app.proxy && { proxy: app.proxy }),
      });
      return answer.ok
        ? readAnswer(`${method} ${app.baseUrl}${path}`, answer.value, statement)
        : answer;
    };
  }
}

/** Sends a request of the API and reads its answer. */
type Ask = (method: "GET" | "POST", path: string) => Promise<Result<unknown>>;

function readAnswer(line: string, answer: HttpResponse, statement: string): Result<unknown> {
  const { status, body } = answer;
  if (status !== 200 && status !== 201) {
    const said = bodyExcerpt(body, [statement]);
    return fail("HttpStatus", `${line}: ${status} ${messageIn(said)}`.trimEnd());
  }
  try {
    return ok(parseJson(new TextDecoder().decode(body)));
  } catch {
    return fail("InvalidData", `${line}: the answer is no JSON`);
  }
}

/** GitHub says what is wrong as `{"message": …}`. */
function messageIn(said: string): string {
  const { message } = parseJsonRecord(said) ?? {};
  return typeof message === "string" ? message : "";
}

async function findInstallation(ask: Ask, owner: string): Promise<Result<string>> {
  for (let page = 1; page <= MOST_PAGES; page++) {
    const listed = await ask("GET", `/app/installations?per_page=${PAGE}&page=${page}`);
    if (!listed.ok) return listed;
    const installations: readonly unknown[] = Array.isArray(listed.value) ? listed.value : [];
    const found = installations.find((installation) => belongsTo(installation, owner));
    if (isRecord(found) && Number.isSafeInteger(found["id"])) return ok(String(found["id"]));
    if (installations.length < PAGE) break;
  }
  return fail("NotFound", `no installation of the app belongs to '${owner}'`);
}

/** GitHub's names differ by more than case. */
function belongsTo(installation: unknown, owner: string): boolean {
  if (!isRecord(installation) || !isRecord(installation["account"])) return false;
  const { login } = installation["account"];
  return typeof login === "string" && login.toLowerCase() === owner.toLowerCase();
}

async function exchange(ask: Ask, installation: string): Promise<Result<Expiring<string>>> {
  const answer = await ask("POST", `/app/installations/${installation}/access_tokens`);
  if (!answer.ok) return answer;
  const { token, expires_at: ends } = isRecord(answer.value) ? answer.value : {};
  const endMs = typeof ends === "string" ? Date.parse(ends) : NaN;
  if (typeof token !== "string" || token === "" || Number.isNaN(endMs)) {
    return fail("InvalidData", "GitHub answered without a token");
  }
  return ok({ value: token, endMs });
}
