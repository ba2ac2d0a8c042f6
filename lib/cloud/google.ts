/**
 * Google Cloud: a workload's identity becomes an access token (the token exchange of workload identity federation,
 * RFC 8693), as itself or as a service account of Google's that it may act for.
 *
 * @module
 */
import {
  type Expiring,
  fail,
  isRecord,
  ok,
  parseJsonRecord,
  type Result,
  stringifyJson,
} from "../base/mod.ts";
import type { CloudAccount, CloudOptions } from "./access.ts";
import { askJson, askToken } from "./ask.ts";
import { readClaims } from "./claims.ts";
import {
  type Cloud,
  type CloudIdentity,
  type ControllerIdentity,
  endpointOf,
  type Exchange,
  requireVariables,
} from "./login.ts";

const EMAIL = "iam.gke.io/gcp-service-account";
const EMAIL_FORM = /^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}\.iam\.gserviceaccount\.com$/;
const PROVIDER = "gcp.auth.fluxcd.io/workload-identity-provider";
const PROVIDER_FORM =
  /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[^/]{1,100}\/providers\/[^/]{1,100}$/;
/** Who signs for service accounts in GKE. */
const GKE_ISSUER =
  /^https:\/\/container\.googleapis\.com\/v1\/projects\/([^/:]{1,100})\/locations\/[^/:]{1,100}\/clusters\/[^/:]{1,100}$/;
const CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS";
const REMEDY = "name a credential configuration of workload identity federation (gcloud iam " +
  "workload-identity-pools create-cred-config), or an account in spec.serviceAccountName";
const NAMED_BY = `credential_source of ${CREDENTIALS}`;
/** Whoever takes a token only to read who signed it. */
const NOBODY = "sluice";
const LIFETIME = "3600s";

/** Rights of the token that acts as another. */
const ACTS = "https://www.googleapis.com/auth/cloud-platform";

/** Google Cloud; what for are scopes, apart by a space. */
export const GOOGLE: Cloud<{ readonly token: string }> = {
  name: "gcp",
  async ofController({ env, readFile }) {
    const named = requireVariables(env, [CREDENTIALS], REMEDY);
    if (!named.ok) return named;
    const [path = ""] = named.value;
    let text: string;
    try {
      text = await readFile(path);
    } catch (thrown) {
      return fail("Unreadable", `the file that ${CREDENTIALS} names cannot be read`, thrown);
    }
    return parseCredentials(text);
  },
  ofAccount({ annotations }) {
    const [email = "", provider = ""] = [annotations[EMAIL], annotations[PROVIDER]];
    const wrong = misfit(EMAIL, email, EMAIL_FORM) ?? misfit(PROVIDER, provider, PROVIDER_FORM);
    if (wrong !== undefined) return wrong;
    return ok({ email, audience: provider && `//iam.googleapis.com/${provider}` });
  },
  audienceOf: ({ audience = "" }, account) => audience === "" ? poolOf(account) : ok(audience),
  exchange,
};

function misfit(key: string, value: string, form: RegExp) {
  if (value === "" || form.test(value)) return undefined;
  return fail(
    "NotConfigured",
    `invalid ${key} annotation: '${value}'. must match ${form.source}`,
  );
}

/** The file that gcloud writes for workloads outside of Google: nothing in it is secret. */
function parseCredentials(text: string): Result<ControllerIdentity> {
  const plain = parseJsonRecord(text) ?? {};
  const at = (name: string) => typeof plain[name] === "string" ? plain[name] : "";
  const source = isRecord(plain["credential_source"]) ? plain["credential_source"] : {};
  const wordPath = typeof source["file"] === "string" ? source["file"] : "";
  if (at("type") !== "external_account" || wordPath === "" || isRecord(source["format"])) {
    const why = "no credential configuration of type external_account with a file of plain text";
    return fail("NotConfigured", `the file that ${CREDENTIALS} names holds ${why}: ${REMEDY}`);
  }
  const [, email = ""] = /\/serviceAccounts\/([^/:]+):generateAccessToken$/.exec(
    at("service_account_impersonation_url"),
  ) ?? [];
  const isSound = at("audience") !== "" && (email === "" || EMAIL_FORM.test(email));
  if (!isSound) {
    const why = "no audience, or a service account that is none";
    return fail("NotConfigured", `the file that ${CREDENTIALS} names holds ${why}`);
  }
  return ok({ identity: { email, audience: at("audience") }, wordPath, namedBy: NAMED_BY });
}

/**
 * In GKE the pool is that of the cluster's project, which the cluster's own word tells: the metadata server, which
 * would, is closed to this process (design D22).
 */
async function poolOf(account: CloudAccount): Promise<Result<string>> {
  const word = await account.requestToken(NOBODY);
  if (!word.ok) return word;
  const [, project] = GKE_ISSUER.exec(issuerOf(word.value)) ?? [];
  if (project !== undefined) return ok(`${project}.svc.id.goog`);
  const why = `the cluster is none of GKE: the account needs the annotation ${PROVIDER}`;
  return fail("NotConfigured", why);
}

/** Who signed a token. */
function issuerOf(token: string): string {
  const { iss } = readClaims(token);
  return typeof iss === "string" ? iss : "";
}

async function exchange(
  { identity, word, purpose: scopes, access }: Exchange,
  options: CloudOptions,
): Promise<Result<Expiring<{ token: string }>>> {
  const { email = "" } = identity;
  const service = endpointOf(
    options.env,
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_STS",
    "https://sts.googleapis.com",
  );
  if (!service.ok) return service;
  const body = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    audience: audienceFor(identity, word),
    scope: email === "" ? scopes : ACTS,
    "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "subject_token": word,
  };
  const question = { url: `${service.value}/v1/token`, body, secrets: [word] };
  const own = await askToken(question, { ...options, ...access });
  if (!own.ok) return own;
  if (email !== "") return await actAs(email, own.value.value, { scopes, access }, options);
  return ok({ value: { token: own.value.value }, endMs: own.value.endMs });
}

/** As Google names what it was given: the provider, or in GKE the pool together with the cluster. */
function audienceFor({ audience = "" }: CloudIdentity, word: string): string {
  if (audience !== "") return audience;
  const issuer = issuerOf(word);
  const [, project = ""] = GKE_ISSUER.exec(issuer) ?? [];
  return `identitynamespace:${project}.svc.id.goog:${issuer}`;
}

/** A token of the service account `email`, by whoever may act for it. */
async function actAs(
  email: string,
  token: string,
  { scopes, access }: { readonly scopes: string; readonly access: Exchange["access"] },
  options: CloudOptions,
): Promise<Result<Expiring<{ token: string }>>> {
  const service = endpointOf(
    options.env,
    "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS",
    "https://iamcredentials.googleapis.com",
  );
  if (!service.ok) return service;
  const url = `${service.value}/v1/projects/-/serviceAccounts/${email}:generateAccessToken`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = stringifyJson({ scope: scopes.split(" "), lifetime: LIFETIME });
  const answer = await askJson({ url, headers, body, secrets: [token] }, { ...options, ...access });
  if (!answer.ok) return answer;
  const { accessToken, expireTime } = answer.value;
  const endMs = Date.parse(String(expireTime));
  if (typeof accessToken !== "string" || accessToken === "" || Number.isNaN(endMs)) {
    return fail("InvalidData", `${url} answered without a token`);
  }
  return ok({ value: { token: accessToken }, endMs });
}
