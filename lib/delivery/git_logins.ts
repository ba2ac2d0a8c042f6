/**
 * How a GitRepository logs in: its Secrets, and what its provider makes of them.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../base/mod.ts";
import { gitCredentials, readSecret, requireClientKey, type SecretData } from "./credentials.ts";
import { GithubTokens, hasGithubApp, readGithubApp } from "./github_app.ts";
import { readProxySecret } from "./proxy.ts";
import type { Credentials } from "../git/mod.ts";
import type { HttpClient, ProxyOptions } from "../http/mod.ts";
import type { Cluster } from "../kube/mod.ts";
import {
  awsLogin,
  azureLogin,
  type CloudLoginOptions,
  type CloudRequest,
  GATE_DISABLED,
} from "./cloud_logins.ts";

/** What logins stand on. */
export interface GitLoginOptions extends CloudLoginOptions {
  /** Asks providers. */
  readonly http: HttpClient;
}

/** The part of a spec that says how to log in. */
export type GitAccess = Pick<
  GitRepository["spec"],
  "url" | "secretRef" | "proxySecretRef" | "provider" | "serviceAccountName"
>;

/**
 * Reads the Secrets and the account of a repository of `namespace` into credentials; `undefined` where none
 * is named and none is needed.
 */
export type ReadGitLogin = (
  namespace: string,
  access: GitAccess,
) => Promise<Result<Credentials | undefined>>;

/** What a provider is given. */
interface Request extends CloudRequest {
  /** The entries of `secretRef`; none where none is named. */
  readonly secret: SecretData;
  /** Its name, for messages. */
  readonly secretName: string;
}

/** Makes a login of what a Secret holds. */
type Provider = (request: Request) => Promise<Result<Credentials>>;

/** Secrets and accounts become credentials; tokens are kept until shortly before they end. */
export function openGitLogins(options: GitLoginOptions): ReadGitLogin {
  const tokens = new GithubTokens(options);
  const providers: Readonly<Record<ProviderName, Provider>> = {
    generic: (request) => Promise.resolve(genericLogin(request)),
    github: (request) => githubLogin(request, tokens),
    azure: (request) => cloudLogin(request, () => azureLogin(request, options)),
    aws: (request) => cloudLogin(request, () => awsLogin(request, options)),
  };
  return async (namespace, spec) => {
    const proxy = await readProxySecret(options.cluster, namespace, spec.proxySecretRef);
    if (!proxy.ok) return proxy;
    const provide = providers[spec.provider ?? "generic"];
    const login = isAnonymous(spec)
      ? ok(undefined)
      : await readLogin(options.cluster, { namespace, spec, proxy: proxy.value }, provide);
    if (!login.ok || proxy.value === undefined) return login;
    return ok({ ...login.value, proxy: proxy.value });
  };
}

type ProviderName = NonNullable<GitAccess["provider"]>;

function isAnonymous({ provider = "generic", secretRef, url }: GitAccess): boolean {
  return provider === "generic" && secretRef === undefined && !/^ssh:/i.test(url);
}

/** Why the provider cannot be asked: no retry helps before the spec is another. */
export function providerTrouble({ spec }: GitRepository): { message: string } | undefined {
  const { provider } = spec;
  if (provider !== "github" && provider !== "azure") return undefined;
  if (provider === "github" && spec.secretRef === undefined) {
    const message =
      "secretRef with github app data must be specified when provider is set to github";
    return { message };
  }
  if (/^https?:/i.test(spec.url)) return undefined;
  return { message: `spec.provider ${provider} needs a spec.url that begins with https://` };
}

async function readLogin(
  cluster: Cluster,
  { namespace, spec, proxy }: {
    readonly namespace: string;
    readonly spec: GitAccess;
    readonly proxy: ProxyOptions | undefined;
  },
  provide: Provider,
): Promise<Result<Credentials>> {
  const { url, secretRef, serviceAccountName: accountName } = spec;
  const secretName = `${namespace}/${secretRef?.name ?? ""}`;
  const secret = secretRef === undefined
    ? ok<SecretData>(new Map())
    : await readSecret(cluster, namespace, secretRef.name);
  // The prefix is doubled in Flux's own message, and tools match on it (errata 12).
  const prefix = `failed to get secret '${secretName}': `;
  if (!secret.ok) return fail(secret.code, `${prefix}${prefix}${secret.message}`, secret);
  const data = { secret: secret.value, secretName };
  const login = await provide({ ...data, url, namespace, accountName, proxy });
  if (login.ok || login.code === MISFIT || login.code === GATE_DISABLED) return login;
  return fail(login.code, `failed to configure authentication options: ${login.message}`);
}

/** A Secret and a provider that do not fit together; also the condition's reason. */
const MISFIT = "InvalidProviderConfiguration";

function genericLogin({ secret, secretName, url }: Request): Result<Credentials> {
  if (hasGithubApp(secret)) {
    const why = "has github app data but provider is not set to github";
    return fail(MISFIT, `secretRef '${secretName}' ${why}`);
  }
  const login = gitCredentials(secret, url);
  return login.ok ? requireClientKey(login.value, secretName) : login;
}

async function githubLogin(
  { secret, secretName, proxy }: Request,
  tokens: GithubTokens,
): Promise<Result<Credentials>> {
  if (!hasGithubApp(secret)) {
    const why = "secretRef with github app data must be specified when provider is set to github";
    return fail(MISFIT, why);
  }
  const app = readGithubApp(secret, secretName, proxy);
  if (!app.ok) return app;
  const token = await tokens.get(app.value);
  if (!token.ok) return token;
  const { caCert } = app.value;
  // What git over https takes for a user is GitHub's own choice.
  const login = { username: "x-access-token", password: token.value, holder: app.value.cacheKey };
  return ok({ ...login, ...(caCert !== undefined && { caCert }) });
}

/** The Secret says whom to trust and which certificate to show; who we are, the cloud says. */
async function cloudLogin(
  { secret, secretName, url }: Request,
  ask: () => Promise<Result<Credentials>>,
): Promise<Result<Credentials>> {
  const said = gitCredentials(secret, url);
  const login = said.ok ? requireClientKey(said.value, secretName) : said;
  if (!login.ok) return login;
  const { caCert, clientCert, clientKey } = login.value;
  const given = await ask();
  if (!given.ok) return given;
  return ok({
    ...given.value,
    ...(caCert !== undefined && { caCert }),
    ...(clientCert !== undefined && { clientCert }),
    ...(clientKey !== undefined && { clientKey }),
  });
}
