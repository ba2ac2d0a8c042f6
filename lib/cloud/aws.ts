/**
 * AWS: a workload's identity becomes the keys of a role (`AssumeRoleWithWebIdentity` of the Security Token Service).
 *
 * @module
 */
import { type Expiring, fail, maskSecrets, ok, type Result } from "../base/mod.ts";
import { bodyExcerpt, type HttpResponse } from "../http/mod.ts";
import type { AwsKeys, CloudOptions } from "./access.ts";
import { ask } from "./ask.ts";
import { type Cloud, endpointOf, type Exchange, requireVariables } from "./login.ts";

const ROLE = "eks.amazonaws.com/role-arn";
const ROLE_FORM = /^arn:aws[\w-]*:iam::[0-9]{1,30}:role\/.{1,200}$/;
const WORD_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE";
const REMEDY = `give the controller's account the annotation ${ROLE} (IRSA), ` +
  "or name an account in spec.serviceAccountName";
/** The service takes no longer names, and no other signs. */
const MOST_SESSION = 64;

type Keys = Omit<AwsKeys, "holder">;

/** AWS; what for is a region. */
export const AWS: Cloud<Keys> = {
  name: "aws",
  audienceOf: () => ok("sts.amazonaws.com"),
  ofController({ env }) {
    const found = requireVariables(env, ["AWS_ROLE_ARN", WORD_FILE], REMEDY);
    if (!found.ok) return found;
    const [role = "", wordPath = ""] = found.value;
    const session = env("AWS_ROLE_SESSION_NAME") || "sluice";
    const identity = checkRole({ role, session }, "AWS_ROLE_ARN");
    return identity.ok ? ok({ identity: identity.value, wordPath, namedBy: WORD_FILE }) : identity;
  },
  ofAccount({ namespace, name, annotations }) {
    const identity = { role: annotations[ROLE] ?? "", session: `${name}.${namespace}` };
    return checkRole(identity, `${ROLE} annotation`);
  },
  exchange: assumeRole,
};

interface Identity extends Readonly<Record<string, string>> {
  readonly role: string;
  readonly session: string;
}

function checkRole(identity: Identity, place: string): Result<Identity> {
  const { role } = identity;
  if (ROLE_FORM.test(role)) return ok(identity);
  return fail("NotConfigured", `invalid ${place}: '${role}'. must match ${ROLE_FORM.source}`);
}

async function assumeRole(
  { identity: { role = "", session = "" }, word, purpose: region, access }: Exchange,
  options: CloudOptions,
): Promise<Result<Expiring<Keys>>> {
  const endpoint = tokenService(region, options.env);
  if (!endpoint.ok) return endpoint;
  const name = access.account === undefined ? session : `${session}.${region}.fluxcd.io`;
  const body = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: name.replace(/[^\w+=,.@-]/g, "-").slice(0, MOST_SESSION),
    WebIdentityToken: word,
  };
  const question = { url: `${endpoint.value}/`, body, secrets: [word] };
  const answer = await ask(question, { ...options, ...access });
  return answer.ok ? readRoleKeys(answer.value, [word]) : answer;
}

/** Where the Security Token Service of a region is. */
export function tokenService(region: string, env: CloudOptions["env"]): Result<string> {
  const host = awsHost("sts", region);
  return host.ok ? endpointOf(env, "AWS_ENDPOINT_URL_STS", `https://${host.value}`) : host;
}

/** The public host of a service in a region. */
export function awsHost(service: string, region: string): Result<string> {
  if (!/^[a-z]{2,4}(-[a-z0-9]{1,20}){1,5}$/.test(region)) {
    return fail("NotConfigured", `'${region}' is no region of AWS`);
  }
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return ok(`${service}.${region}.${domain}`);
}

/** The keys of a role, out of the service's answer; `secrets` are kept out of the failure. */
export function readRoleKeys(
  { status, body, url }: HttpResponse,
  secrets: readonly string[],
): Result<Expiring<Keys>> {
  const text = new TextDecoder().decode(body);
  if (status !== 200) {
    const said = [element(text, "Code"), element(text, "Message")].filter(Boolean).join(": ");
    const why = maskSecrets(said || bodyExcerpt(body, secrets), secrets);
    return fail("HttpStatus", `${url} answered ${status}: ${why}`);
  }
  const [accessKeyId, secretAccessKey, sessionToken, ends] = [
    element(text, "AccessKeyId"),
    element(text, "SecretAccessKey"),
    element(text, "SessionToken"),
    element(text, "Expiration"),
  ];
  const endMs = Date.parse(ends);
  if (!accessKeyId || !secretAccessKey || !sessionToken || Number.isNaN(endMs)) {
    return fail("InvalidData", `${url} answered without keys`);
  }
  return ok({ value: { accessKeyId, secretAccessKey, sessionToken }, endMs });
}

/** The text of the one element of that name; the service's answers nest no two of the same. */
function element(xml: string, name: string): string {
  const from = xml.indexOf(`<${name}>`);
  const to = xml.indexOf(`</${name}>`, from);
  const text = from < 0 || to < 0 ? "" : xml.slice(from + name.length + 2, to).trim();
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, sign) => ENTITIES[sign] ?? "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};
