/**
 * AWS: a workload's identity becomes the keys of a role (`AssumeRoleWithWebIdentity` of the Security Token Service).
 *
 * @module
 */
import { type Expiring, fail, maskSecrets, ok, type Result } from "../base/mod.ts";
import { bodyExcerpt, type HttpResponse } from "../http/mod.ts";
import type { AwsKeys, CloudAccess, CloudOptions } from "./access.ts";
import {
  type Cloud,
  type CloudIdentity,
  endpointOf,
  keepLogins,
  postForm,
  requireVariables,
} from "./login.ts";

const ROLE = "eks.amazonaws.com/role-arn";
const ROLE_FORM = /^arn:aws[\w-]*:iam::[0-9]{1,30}:role\/.{1,200}$/;
const REMEDY = `give the controller's account the annotation ${ROLE} (IRSA), ` +
  "or name an account in spec.serviceAccountName";
/** The service takes no longer names, and no other signs. */
const MOST_SESSION = 64;

type Keys = Omit<AwsKeys, "holder">;

const AWS: Cloud = {
  audience: "sts.amazonaws.com",
  wordFile: "AWS_WEB_IDENTITY_TOKEN_FILE",
  ofController(env) {
    const found = requireVariables(env, ["AWS_ROLE_ARN", AWS.wordFile], REMEDY);
    if (!found.ok) return found;
    const [role = ""] = found.value;
    return checkRole({ role, session: env("AWS_ROLE_SESSION_NAME") || "sluice" }, "AWS_ROLE_ARN");
  },
  ofAccount({ namespace, name, annotations }) {
    const identity = { role: annotations[ROLE] ?? "", session: `${name}.${namespace}` };
    return checkRole(identity, `${ROLE} annotation`);
  },
};

function checkRole(
  identity: { role: string; session: string },
  place: string,
): Result<CloudIdentity> {
  const { role } = identity;
  if (ROLE_FORM.test(role)) return ok(identity);
  return fail("NotConfigured", `invalid ${place}: '${role}'. must match ${ROLE_FORM.source}`);
}

/** Logs in to AWS: what `openClouds()` hands on. */
export function openAws(
  options: CloudOptions,
): (region: string, access: CloudAccess) => Promise<Result<AwsKeys>> {
  const logIn = keepLogins<Keys>(AWS, options);
  return (region, access) => {
    const ask = (identity: CloudIdentity, word: string) =>
      assumeRole({ ...identity, word, region }, access, options);
    return logIn({ access, purpose: region, ask });
  };
}

async function assumeRole(
  { role = "", session = "", word = "", region = "" }: Readonly<Record<string, string>>,
  access: CloudAccess,
  options: CloudOptions,
): Promise<Result<Expiring<Keys>>> {
  const endpoint = tokenService(region, options.env);
  if (!endpoint.ok) return endpoint;
  const name = access.account === undefined ? session : `${session}.${region}.fluxcd.io`;
  const form = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: name.replace(/[^\w+=,.@-]/g, "-").slice(0, MOST_SESSION),
    WebIdentityToken: word,
  };
  const answer = await postForm(options, `${endpoint.value}/`, form, access);
  return answer.ok ? readRoleKeys(answer.value, [word]) : answer;
}

/** Where the Security Token Service of a region is. */
export function tokenService(region: string, env: CloudOptions["env"]): Result<string> {
  if (!/^[a-z]{2,4}(-[a-z0-9]{1,20}){1,5}$/.test(region)) {
    return fail("NotConfigured", `'${region}' is no region of AWS`);
  }
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return endpointOf(env, "AWS_ENDPOINT_URL_STS", `https://sts.${region}.${domain}`);
}

/** The keys of a role, out of the service's answer; `secrets` are kept out of the failure. */
export function readRoleKeys(
  { status, body, url }: HttpResponse,
  secrets: readonly string[],
): Result<Expiring<Keys>> {
  const text = new TextDecoder().decode(body);
  if (status !== 200) {
    const said = [element(text, "Code"), element(text, "Message")].filter(Boolean).join(": ");
    const why = maskSecrets(said || bodyExcerpt(body), secrets);
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
