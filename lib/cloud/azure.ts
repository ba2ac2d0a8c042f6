/**
 * Microsoft Entra: a workload's identity becomes an access token (the protocol's "client credentials with a
 * federated credential").
 *
 * @module
 */
import {
  type Expiring,
  fail,
  isRecord,
  maskSecrets,
  ok,
  parseJson,
  type Result,
} from "../base/mod.ts";
import { bodyExcerpt, type HttpResponse } from "../http/mod.ts";
import type { CloudAccess, CloudOptions, CloudToken } from "./access.ts";
import {
  type Cloud,
  type CloudIdentity,
  endpointOf,
  keepLogins,
  postForm,
  requireVariables,
} from "./login.ts";

const AUTHORITY = "https://login.microsoftonline.com";
const TENANT = "azure.workload.identity/tenant-id";
const CLIENT = "azure.workload.identity/client-id";
const REMEDY = "give the controller's pod the label azure.workload.identity/use and its account " +
  `the annotation ${CLIENT}, or name an account in spec.serviceAccountName`;

const AZURE: Cloud = {
  audience: "api://AzureADTokenExchange",
  wordFile: "AZURE_FEDERATED_TOKEN_FILE",
  ofController(env) {
    const names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", AZURE.wordFile];
    const found = requireVariables(env, names, REMEDY);
    if (!found.ok) return found;
    const [tenant = "", client = ""] = found.value;
    return checkTenant({ tenant, client }, "AZURE_TENANT_ID");
  },
  ofAccount({ annotations }) {
    const lacking = ([["tenant", TENANT], ["client", CLIENT]] as const).find(([, key]) =>
      !annotations[key]
    );
    if (lacking !== undefined) {
      const [what, key] = lacking;
      const why = `azure ${what} ID is not set in the service account annotation ${key}`;
      return fail("NotConfigured", why);
    }
    const [tenant = "", client = ""] = [annotations[TENANT], annotations[CLIENT]];
    return checkTenant({ tenant, client }, `annotation ${TENANT}`);
  },
};

/** The tenant is part of the address that is asked. */
function checkTenant(
  identity: { tenant: string; client: string },
  place: string,
): Result<CloudIdentity> {
  if (/^[a-z0-9][a-z0-9.-]{0,99}$/i.test(identity.tenant)) return ok(identity);
  return fail("NotConfigured", `${place} is neither the ID nor the domain of a tenant`);
}

/** Logs in to Azure: what `openClouds()` hands on. */
export function openAzure(
  options: CloudOptions,
): (scope: string, access: CloudAccess) => Promise<Result<CloudToken>> {
  const logIn = keepLogins<{ readonly token: string }>(AZURE, options);
  return (scope, access) => {
    const ask = (identity: CloudIdentity, word: string) =>
      exchange({ ...identity, word, scope }, access, options);
    return logIn({ access, purpose: scope, ask });
  };
}

async function exchange(
  { tenant = "", client = "", word = "", scope = "" }: Readonly<Record<string, string>>,
  access: CloudAccess,
  options: CloudOptions,
): Promise<Result<Expiring<{ token: string }>>> {
  const authority = endpointOf(options.env, "AZURE_AUTHORITY_HOST", AUTHORITY);
  if (!authority.ok) return authority;
  const form = {
    "grant_type": "client_credentials",
    "client_id": client,
    scope,
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": word,
  };
  const url = `${authority.value}/${tenant}/oauth2/v2.0/token`;
  const answer = await postForm(options, url, form, access);
  return answer.ok ? readAnswer(answer.value, word, options.clock.now()) : answer;
}

function readAnswer(
  { status, body, url }: HttpResponse,
  word: string,
  nowMs: number,
): Result<Expiring<{ token: string }>> {
  const said = read(body);
  if (status !== 200) {
    const { error = "", error_description: description = "" } = said;
    const why = wordsOf(description) || wordsOf(error) || bodyExcerpt(body);
    return fail("HttpStatus", `${url} answered ${status}: ${maskSecrets(why, [word])}`);
  }
  const { access_token: token, expires_in: seconds } = said;
  const lifeMs = Number(seconds) * 1_000;
  if (typeof token !== "string" || token === "" || !(lifeMs > 0)) {
    return fail("InvalidData", `${url} answered without a token`);
  }
  return ok({ value: { token }, endMs: nowMs + lifeMs });
}

function read(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const parsed = parseJson(new TextDecoder().decode(body));
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

/** Entra ends its words with the time and the number of the request: the same problem must read the same. */
function wordsOf(said: unknown): string {
  return typeof said === "string" ? said.replace(/\s*Trace ID:.*$/s, "").trim() : "";
}
