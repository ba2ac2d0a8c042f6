/**
 * Data keys that are sealed with a key of an Azure Key Vault.
 *
 * @module
 */
import { ExpiringCache, fail, isRecord, ok, type Result, stringifyJson } from "../base/mod.ts";
import { askEntra, askJson, type EntraApplication, isTenant } from "../cloud/mod.ts";
import { parseOne, toPlain } from "../yaml/mod.ts";
import { bytesOf, type KeyServerOptions, parseServerUrl } from "./key_server.ts";
import type { OpenWith } from "./master_key.ts";

/** An application with its secret. */
export interface AzureCredentials extends EntraApplication {
  /** Its password. */
  readonly secret: string;
}

/** Gives a token for a scope. */
export type AzureLogin = (scope: string) => Promise<Result<string>>;

const AUTHORITY = "https://login.microsoftonline.com/";
const API_VERSION = "7.4";
/** Where vaults are, in each of the clouds. A token must not go anywhere else, whatever a file in git names. */
const VAULTS =
  /^[a-z0-9-]+\.((?:vault\.azure|managedhsm\.azure)\.(?:net|cn)|(?:vault|managedhsm)\.usgovcloudapi\.net)$/;
const NAME = /^[A-Za-z0-9-]{1,127}$/;

/**
 * The credentials of an entry `sops.azure-kv`, in the names of Flux or of `az`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const got = parseAzureCredentials('{"appId": "a", "password": "p", "tenant": "t"}');
 * assert.equal(got.ok && got.value.client, "a");
 * ```
 */
export function parseAzureCredentials(text: string): Result<AzureCredentials> {
  const parsed = parseOne(text, { mode: "lenient" });
  const plain = parsed.ok ? toPlain(parsed.value) : undefined;
  if (!isRecord(plain)) return fail("InvalidKeys", "it is no YAML or JSON with fields");
  const at = (name: string) =>
    plain[name] === undefined || plain[name] === null ? "" : String(plain[name]);
  if (at("clientCertificate") !== "" && at("clientSecret") === "") {
    return fail("InvalidKeys", "clientCertificate is not supported yet; use clientSecret");
  }
  const [tenant, client, secret] = at("clientSecret") !== ""
    ? [at("tenantId"), at("clientId"), at("clientSecret")]
    : [at("tenant"), at("appId"), at("password")];
  if (!tenant || !client || !secret) {
    return fail(
      "InvalidKeys",
      "it needs tenantId, clientId and clientSecret, or tenant, appId and password",
    );
  }
  if (!isTenant(tenant)) {
    return fail("InvalidKeys", "its tenant is neither an ID nor a domain");
  }
  const authority = parseServerUrl(at("authorityHost") || AUTHORITY, "authorityHost");
  if (!authority.ok) return authority;
  const { href } = authority.value;
  return ok({ tenant, client, secret, authority: href.replace(/\/+$/, "") });
}

/** Logs in with credentials; a token is asked for once. */
export function azureLogin(credentials: AzureCredentials, options: KeyServerOptions): AzureLogin {
  const kept = new ExpiringCache<string>({ clock: options.clock });
  const proof = { secret: credentials.secret };
  return (scope) => kept.get(scope, () => askEntra(credentials, { scope, proof }, options));
}

/** Opens with whoever `login` makes us. */
export function openWithAzure(login: AzureLogin, options: KeyServerOptions): OpenWith<"azure"> {
  return async ({ vaultUrl, name, version, sealed }) => {
    const vault = parseServerUrl(vaultUrl, "vault_url");
    if (!vault.ok) return vault;
    const [, domain] = VAULTS.exec(vault.value.hostname) ?? [];
    if (domain === undefined || vault.value.protocol !== "https:" || vault.value.port !== "") {
      return fail("InvalidUrl", `${vault.value.host} is no host of Azure Key Vault`);
    }
    if (!NAME.test(name) || (version !== "" && !NAME.test(version))) {
      return fail("InvalidUrl", "its name or version is none of a key");
    }
    const token = await login(`https://${domain}/.default`);
    if (!token.ok) return token;
    const path = ["keys", name, ...(version === "" ? [] : [version]), "decrypt"].join("/");
    const url = new URL(`/${path}?api-version=${API_VERSION}`, vault.value).href;
    const question = {
      url,
      headers: { authorization: `Bearer ${token.value}`, "content-type": "application/json" },
      body: stringifyJson({ alg: "RSA-OAEP-256", value: sealed }),
      secrets: [token.value],
    };
    const answer = await askJson(question, options);
    return answer.ok ? bytesOf(answer.value, "value", url) : answer;
  };
}
