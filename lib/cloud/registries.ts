/**
 * Registries of clouds: whoever may read there gets a user and a password for it, good for some hours.
 *
 * Only hosts that are the cloud's own are logged in to: whoever names an image must not choose who gets the token.
 *
 * @module
 */
import { type Expiring, ExpiringCache, fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { TlsOptions } from "../http/mod.ts";
import type { CloudAccess, CloudLogins, CloudOptions } from "./access.ts";
import { askJson } from "./ask.ts";
import { awsHost } from "./aws.ts";
import { readClaims } from "./claims.ts";
import { endpointOf } from "./login.ts";
import { signAwsRequest } from "./signature.ts";

/** Clouds with registries. */
export type RegistryProvider = "aws" | "azure" | "gcp";

/** A user and a password; never to be logged. */
export interface RegistryPassword {
  /** Says what kind of password it is. */
  readonly username: string;
  /** What counts. */
  readonly password: string;
}

/** Where to log in. */
export interface RegistryRequest {
  /** Whose registry it is said to be. */
  readonly provider: RegistryProvider;
  /** Its host, as image names begin: `12.dkr.ecr.eu-west-1.amazonaws.com`. */
  readonly registry: string;
  /** Certificates of this registry. */
  readonly tls?: TlsOptions;
}

/** Logs in to a registry; failures name what is asked and what it said. */
export type LogInToRegistry = (
  request: RegistryRequest,
  access: CloudAccess,
) => Promise<Result<RegistryPassword>>;

/** What a step is done with. */
interface Step {
  readonly request: RegistryRequest;
  readonly access: CloudAccess;
  readonly logins: CloudLogins;
  readonly options: CloudOptions;
  readonly kept: ExpiringCache<RegistryPassword>;
}

/** Opens logins to registries; passwords are kept until shortly before they end. */
export function openRegistryLogins(logins: CloudLogins, options: CloudOptions): LogInToRegistry {
  const kept = new ExpiringCache<RegistryPassword>({ clock: options.clock });
  const steps: Readonly<
    Record<RegistryProvider, (step: Step) => Promise<Result<RegistryPassword>>>
  > = { aws: logInToEcr, azure: logInToAcr, gcp: logInToGoogle };
  return async (request, access) =>
    await steps[request.provider]({ request, access, logins, options, kept });
}

const ECR =
  /^[0-9]{1,30}\.dkr[.-]ecr(-fips)?\.([a-z0-9-]{1,40})\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/;
const ECR_PUBLIC = { registry: "public.ecr.aws", region: "us-east-1" } as const;

/** What differs between the two services of AWS. */
interface EcrService {
  readonly region: string;
  readonly service: "ecr" | "ecr-public";
  readonly host: string;
  readonly variable: string;
  readonly target: string;
}

function ecrServiceOf(registry: string): Result<EcrService> {
  if (registry === ECR_PUBLIC.registry) {
    return ok({
      region: ECR_PUBLIC.region,
      service: "ecr-public",
      host: `api.ecr-public.${ECR_PUBLIC.region}.amazonaws.com`,
      variable: "AWS_ENDPOINT_URL_ECR_PUBLIC",
      target: "SpencerFrontendService.GetAuthorizationToken",
    });
  }
  const [, fips, region = ""] = ECR.exec(registry) ?? [];
  if (region === "") return misfit(registry, "aws", "ACCOUNT.dkr.ecr.REGION.amazonaws.com");
  const host = awsHost(fips === undefined ? "api.ecr" : "ecr-fips", region);
  if (!host.ok) return host;
  return ok({
    region,
    service: "ecr",
    host: host.value,
    variable: "AWS_ENDPOINT_URL_ECR",
    target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
  });
}

async function logInToEcr(step: Step): Promise<Result<RegistryPassword>> {
  const { request: { registry }, access, logins, kept } = step;
  const service = ecrServiceOf(registry);
  if (!service.ok) return service;
  const keys = await logins.awsKeys(service.value.region, access);
  if (!keys.ok) return keys;
  const key = JSON.stringify([service.value.host, keys.value.holder]);
  return await kept.get(key, () => askEcr(service.value, keys.value, step));
}

/** `GetAuthorizationToken`: good for twelve hours, at every registry that the role may read. */
async function askEcr(
  { region, service, host, variable, target }: EcrService,
  keys: Parameters<typeof signAwsRequest>[1],
  { options, access }: Step,
): Promise<Result<Expiring<RegistryPassword>>> {
  const endpoint = endpointOf(options.env, variable, `https://${host}`);
  if (!endpoint.ok) return endpoint;
  const url = new URL(`${endpoint.value}/`);
  const plain = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const signed = { url, body: "{}", headers: plain, service, region };
  const headers = signAwsRequest(signed, keys, options.clock.now());
  const secrets = [keys.secretAccessKey, keys.sessionToken];
  const answer = await askJson({ url: url.href, headers, body: "{}", secrets }, {
    ...options,
    ...access,
  });
  if (!answer.ok) return answer;
  const { authorizationData: given } = answer.value;
  const data = Array.isArray(given) ? given[0] : given;
  const login = isRecord(data) ? passwordIn(data.authorizationToken) : undefined;
  const endMs = isRecord(data) ? Number(data.expiresAt) * 1_000 : NaN;
  if (login === undefined || !(endMs > 0)) {
    return fail("InvalidData", `${url.href} answered without a token`);
  }
  return ok({ value: login, endMs });
}

/** base64 of `AWS:PASSWORD`. */
function passwordIn(token: unknown): RegistryPassword | undefined {
  if (typeof token !== "string") return undefined;
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(token));
    const [, username, password] = /^([^:]+):(.+)$/s.exec(text) ?? [];
    return username === undefined || password === undefined ? undefined : { username, password };
  } catch {
    return undefined;
  }
}

const ACR = /^[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,62}){0,2}\.azurecr\.(io|cn|us|de)$/;
/** Who the token is for that a registry takes: the resource manager of its part of the world. */
const ACR_SCOPES: Readonly<Record<string, string>> = {
  io: "https://management.azure.com/.default",
  cn: "https://management.chinacloudapi.cn/.default",
  us: "https://management.usgovcloudapi.net/.default",
  de: "https://management.microsoftazure.de/.default",
};
/** Stands for "no user, but a refresh token". */
const ACR_USER = "00000000-0000-0000-0000-000000000000";
/** Registries say in the token when it ends; what does not is good for this at least. */
const LEAST_ACR_MS = 60 * 60_000;

async function logInToAcr(step: Step): Promise<Result<RegistryPassword>> {
  const { request: { registry }, access, logins, kept } = step;
  const [, world = ""] = ACR.exec(registry) ?? [];
  const scope = ACR_SCOPES[world];
  if (scope === undefined) return misfit(registry, "azure", "NAME.azurecr.io");
  const token = await logins.azureToken(scope, access);
  if (!token.ok) return token;
  const key = JSON.stringify([registry, token.value.holder]);
  return await kept.get(key, () => askAcr(token.value.token, step));
}

/** The registry gives a token of its own for one of Entra. */
async function askAcr(
  token: string,
  { request: { registry, tls }, access, options }: Step,
): Promise<Result<Expiring<RegistryPassword>>> {
  const url = `https://${registry}/oauth2/exchange`;
  const body = { "grant_type": "access_token", service: registry, "access_token": token };
  const asking = { ...options, ...access, ...(tls && { tls }) };
  const answer = await askJson({ url, body, secrets: [token] }, asking);
  if (!answer.ok) return answer;
  const { refresh_token: password } = answer.value;
  if (typeof password !== "string" || password === "") {
    return fail("InvalidData", `${url} answered without a token`);
  }
  const endMs = endOf(password) ?? options.clock.now() + LEAST_ACR_MS;
  return ok({ value: { username: ACR_USER, password }, endMs });
}

/** When a token ends (RFC 7519 §4.1.4). */
function endOf(token: string): number | undefined {
  const seconds = Number(readClaims(token).exp);
  return seconds > 0 ? seconds * 1_000 : undefined;
}

const GOOGLE = /^(?:(?:[a-z0-9-]{1,62}\.){0,2}gcr\.io|[a-z0-9-]{1,62}-docker\.pkg\.dev)$/;
const GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Google's registries take the token itself. */
async function logInToGoogle({ request, access, logins }: Step): Promise<Result<RegistryPassword>> {
  const { registry } = request;
  if (!GOOGLE.test(registry)) return misfit(registry, "gcp", "REGION-docker.pkg.dev");
  const token = await logins.googleToken(GOOGLE_SCOPE, access);
  return token.ok ? ok({ username: "oauth2accesstoken", password: token.value.token }) : token;
}

function misfit(registry: string, provider: RegistryProvider, form: string): Result<never> {
  const why = `'${registry}' is no registry of spec.provider ${provider}, such as ${form}`;
  return fail("NotConfigured", why);
}
