/**
 * Applications of Microsoft Entra whose password or certificate is in a Secret.
 *
 * @module
 */
import { ExpiringCache, fail, ok, type Result } from "../base/mod.ts";
import { askEntra, ENTRA, type EntraApplication, isTenant } from "../cloud/mod.ts";
import { parseFields } from "../yaml/mod.ts";
import {
  type ClientCertificate,
  parseClientCertificate,
  signStatement,
} from "./azure_certificate.ts";
import { type KeyServerOptions, parseServerUrl } from "./key_server.ts";

/** An application with its password or its certificate. */
export interface AzureCredentials extends EntraApplication {
  /** What shows that it is the one. */
  readonly proof: { readonly secret: string } | { readonly certificate: ClientCertificate };
}

/** Gives a token for a scope. */
export type AzureLogin = (scope: string) => Promise<Result<string>>;

const NEEDED =
  "it needs tenantId and clientId with clientSecret or clientCertificate, or tenant, " +
  "appId and password";

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
  const plain = parseFields(text);
  if (plain === undefined) return fail("InvalidKeys", "it is no YAML or JSON with fields");
  const at = (name: string) =>
    plain[name] === undefined || plain[name] === null ? "" : String(plain[name]);
  const isOwn = at("clientSecret") !== "" || at("clientCertificate") !== "";
  const [tenant, client] = isOwn ? [at("tenantId"), at("clientId")] : [at("tenant"), at("appId")];
  const secret = at("clientSecret") || (isOwn ? "" : at("password"));
  if (!tenant || !client || (secret === "" && !isOwn)) return fail("InvalidKeys", NEEDED);
  if (!isTenant(tenant)) {
    return fail("InvalidKeys", "its tenant is neither an ID nor a domain");
  }
  const url = parseServerUrl(at("authorityHost") || ENTRA, "authorityHost");
  if (!url.ok) return url;
  const application = { tenant, client, authority: url.value.href.replace(/\/+$/, "") };
  if (secret !== "") return ok({ ...application, proof: { secret } });
  const certificate = parseClientCertificate({
    pem: at("clientCertificate"),
    password: at("clientCertificatePassword"),
    sendsChain: at("clientCertificateSendChain") === "true",
  });
  return certificate.ok
    ? ok({ ...application, proof: { certificate: certificate.value } })
    : certificate;
}

/** Logs in with credentials; a token is asked for once. */
export function azureLogin(
  { proof, ...application }: AzureCredentials,
  options: KeyServerOptions,
): AzureLogin {
  const kept = new ExpiringCache<string>({ clock: options.clock });
  return (scope) =>
    kept.get(scope, async () => {
      const shown = "secret" in proof
        ? proof
        : { assertion: await signStatement(application, proof.certificate, options.clock.now()) };
      return await askEntra(application, { scope, proof: shown }, options);
    });
}
