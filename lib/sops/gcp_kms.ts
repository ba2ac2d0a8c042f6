/**
 * Data keys that are sealed with Google Cloud KMS.
 *
 * @module
 */
import { createPrivateKey } from "node:crypto";
import {
  type Expiring,
  ExpiringCache,
  fail,
  ok,
  parseJsonRecord,
  type Result,
  stringifyJson,
} from "../base/mod.ts";
import { askJson, askToken } from "../cloud/mod.ts";
import { bytesOf, type KeyServerOptions, parseServerUrl } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";

/** A service account of Google Cloud with its key. */
export interface GcpCredentials {
  /** Who it is. */
  readonly email: string;
  /** Its private key, PEM. */
  readonly privateKey: string;
  /** Names the key. */
  readonly keyId: string;
  /** Where its statements become tokens. */
  readonly tokenUrl: string;
}

const RESOURCE = /^projects\/[^/?#]+\/locations\/[^/?#]+\/keyRings\/[^/?#]+\/cryptoKeys\/[^/?#]+$/;
const TOKEN_URL = "https://oauth2.googleapis.com/token";
/** What a token has to be good for. */
export const GCP_SCOPE = "https://www.googleapis.com/auth/cloudkms";
const STATEMENT_SECONDS = 3_600;

/**
 * The credentials of an entry `sops.gcp-kms`: the JSON of a service account's key.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseGcpCredentials('{"type": "authorized_user"}');
 * assert.match(got.ok ? "" : got.message, /'authorized_user' is not supported/);
 * ```
 */
export function parseGcpCredentials(text: string): Result<GcpCredentials> {
  const plain = parseJsonRecord(text);
  if (plain === undefined) return fail("InvalidKeys", "it is no JSON object");
  const at = (name: string) => typeof plain[name] === "string" ? plain[name] : "";
  if (at("type") !== "service_account") {
    const why = `the type '${at("type").slice(0, 40)}' is not supported`;
    return fail("InvalidKeys", `${why}; give the key of a service account`);
  }
  if (!at("client_email") || !at("private_key")) {
    return fail("InvalidKeys", "it lacks client_email or private_key");
  }
  const tokenUrl = parseServerUrl(at("token_uri") || TOKEN_URL, "token_uri");
  if (!tokenUrl.ok) return tokenUrl;
  return ok({
    email: at("client_email"),
    privateKey: at("private_key"),
    keyId: at("private_key_id"),
    tokenUrl: tokenUrl.value.href,
  });
}

/** Gives a token for {@linkcode GCP_SCOPE}. */
export type GcpLogin = () => Promise<Result<string>>;

/** Logs in as a service account with its key; a token is asked for once. */
export function gcpLogin(credentials: GcpCredentials, options: KeyServerOptions): GcpLogin {
  const kept = new ExpiringCache<string>({ clock: options.clock });
  return () => kept.get("token", () => fetchToken(credentials, options));
}

/** Opens with whoever `login` makes us. */
export function openWithGcp(login: GcpLogin, options: KeyServerOptions): OpenWith<"gcp"> {
  return async ({ resourceId, sealed }) => {
    if (!RESOURCE.test(resourceId) || resourceId.includes("..")) {
      return fail("InvalidUrl", "its resource_id is none of a crypto key");
    }
    const own = options.env("CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS");
    const base = parseServerUrl(
      own || "https://cloudkms.googleapis.com/",
      "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS",
    );
    if (!base.ok) return base;
    const token = await login();
    if (!token.ok) return token;
    const url = new URL(`/v1/${resourceId}:decrypt`, base.value).href;
    const question = {
      url,
      headers: { authorization: `Bearer ${token.value}`, "content-type": "application/json" },
      body: stringifyJson({ ciphertext: sealed }),
      secrets: [token.value],
    };
    const answer = await askJson(question, options);
    return answer.ok ? bytesOf(answer.value, "plaintext", url) : answer;
  };
}

/** RFC 7523: a statement that the account's key signs becomes a token. */
async function fetchToken(
  { email, privateKey, keyId, tokenUrl }: GcpCredentials,
  options: KeyServerOptions,
): Promise<Result<Expiring<string>>> {
  const now = Math.floor(options.clock.now() / 1_000);
  let statement: string;
  try {
    const { SignJWT } = await import("jose");
    statement = await new SignJWT({ scope: GCP_SCOPE })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(keyId !== "" && { kid: keyId }) })
      .setIssuer(email)
      .setAudience(tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(now + STATEMENT_SECONDS)
      .sign(createPrivateKey(privateKey));
  } catch (thrown) {
    return fail(
      "InvalidKeys",
      "the private_key of 'sops.gcp-kms' is no RSA key",
      thrown,
    );
  }
  const body = {
    "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: statement,
  };
  return await askToken({ url: tokenUrl, body, secrets: [statement] }, options);
}
