/**
 * Microsoft Entra: a workload's identity becomes an access token (the protocol's "client credentials with a
 * federated credential").
 *
 * @module
 */
import { type Expiring, fail, ok, type Result } from "../base/mod.ts";
import type { CloudOptions } from "./access.ts";
import { type Asking, askToken } from "./ask.ts";
import { type Cloud, endpointOf, type Exchange, requireVariables } from "./login.ts";

/** Where Entra is in most of the world. */
export const ENTRA = "https://login.microsoftonline.com";
const TENANT = "azure.workload.identity/tenant-id";
const CLIENT = "azure.workload.identity/client-id";
const REMEDY = "give the controller's pod the label azure.workload.identity/use and its account " +
  `the annotation ${CLIENT}, or name an account in spec.serviceAccountName`;

const WORD_FILE = "AZURE_FEDERATED_TOKEN_FILE";

/** Microsoft Entra; what for is a scope. */
export const AZURE: Cloud<{ readonly token: string }> = {
  name: "azure",
  audienceOf: () => ok("api://AzureADTokenExchange"),
  ofController({ env }) {
    const names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", WORD_FILE];
    const found = requireVariables(env, names, REMEDY);
    if (!found.ok) return found;
    const [tenant = "", client = "", wordPath = ""] = found.value;
    const identity = checkTenant({ tenant, client }, "AZURE_TENANT_ID");
    return identity.ok ? ok({ identity: identity.value, wordPath, namedBy: WORD_FILE }) : identity;
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
  exchange,
};

interface Identity extends Readonly<Record<string, string>> {
  readonly tenant: string;
  readonly client: string;
}

/** The tenant is part of the address that is asked. */
function checkTenant(identity: Identity, place: string): Result<Identity> {
  if (isTenant(identity.tenant)) return ok(identity);
  return fail("NotConfigured", `${place} is neither the ID nor the domain of a tenant`);
}

async function exchange(
  { identity: { tenant = "", client = "" }, word, purpose: scope, access }: Exchange,
  options: CloudOptions,
): Promise<Result<Expiring<{ token: string }>>> {
  const authority = endpointOf(options.env, "AZURE_AUTHORITY_HOST", ENTRA);
  if (!authority.ok) return authority;
  const application = { tenant, client, authority: authority.value };
  const question = { scope, proof: { assertion: word } };
  const got = await askEntra(application, question, { ...options, ...access });
  return got.ok ? ok({ value: { token: got.value.value }, endMs: got.value.endMs }) : got;
}

/** An application at Entra. */
export interface EntraApplication {
  /** Its tenant: {@linkcode isTenant}. */
  readonly tenant: string;
  /** Its id. */
  readonly client: string;
  /** Where Entra is, without a slash at its end. */
  readonly authority: string;
}

/** What shows who asks: a password, or a statement that somebody signed whom Entra trusts. */
export type EntraProof =
  | { readonly secret: string }
  | { readonly assertion: string };

const SIGNED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A token for an application ("client credentials"). */
export function askEntra(
  { tenant, client, authority }: EntraApplication,
  { scope, proof }: { readonly scope: string; readonly proof: EntraProof },
  asking: Asking & Pick<CloudOptions, "clock">,
): Promise<Result<Expiring<string>>> {
  const shown = "secret" in proof
    ? { "client_secret": proof.secret }
    : { "client_assertion_type": SIGNED, "client_assertion": proof.assertion };
  const body = {
    "grant_type": "client_credentials",
    "client_id": client,
    scope,
    ...shown,
  };
  const url = `${authority}/${tenant}/oauth2/v2.0/token`;
  return askToken({ url, body, secrets: Object.values(proof) }, asking);
}

/** Whether a text can be the ID or the domain of a tenant, which becomes part of an address. */
export function isTenant(text: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{0,99}$/i.test(text);
}
