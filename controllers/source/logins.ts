/**
 * How a GitRepository logs in: its Secrets, and what its provider makes of them.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import { type Clock, fail, ok, type Result } from "../../lib/base/mod.ts";
import {
  gitCredentials,
  GithubTokens,
  hasGithubApp,
  readGithubApp,
  readProxy,
  readSecret,
  requireClientKey,
  type SecretData,
} from "../../lib/delivery/mod.ts";
import type { Credentials } from "../../lib/git/mod.ts";
import type { HttpClient, ProxyOptions } from "../../lib/http/mod.ts";
import type { Cluster } from "../../lib/kube/mod.ts";
import type { SourceParts } from "./context.ts";

/** What logins stand on. */
export interface LoginOptions {
  /** Where the Secrets are. */
  readonly cluster: Cluster;
  /** Asks providers. */
  readonly http: HttpClient;
  /** Decides how long tokens are good. */
  readonly clock: Clock;
}

/** The part of a spec that says how to log in. */
export type Access = Parameters<SourceParts["readCredentials"]>[1];

/** What a provider is given. */
interface Request {
  /** The entries of `secretRef`; none where none is named. */
  readonly secret: SecretData;
  /** Its name, for messages. */
  readonly secretName: string;
  /** The repository. */
  readonly url: string;
  /** Who connects for us. */
  readonly proxy: ProxyOptions | undefined;
}

/** Makes a login of what a Secret holds. */
type Provider = (request: Request) => Promise<Result<Credentials>>;

/** Secrets become credentials; tokens of providers are kept until shortly before they end. */
export function openLogins({ cluster, http, clock }: LoginOptions): SourceParts["readCredentials"] {
  const tokens = new GithubTokens({ http, clock });
  const providers: Readonly<Record<"generic" | "github", Provider>> = {
    generic: (request) => Promise.resolve(genericLogin(request)),
    github: (request) => githubLogin(request, tokens),
  };
  return async (namespace, access) => {
    const proxy = await readProxySecret(cluster, namespace, access);
    if (!proxy.ok) return proxy;
    const provider = access.provider === "github" ? "github" : "generic";
    const isAnonymous = access.secretRef === undefined && !access.url.startsWith("ssh://");
    const login = isAnonymous
      ? ok(undefined)
      : await readLogin(cluster, namespace, access, (request) =>
        providers[provider]({ ...request, proxy: proxy.value }));
    if (!login.ok || proxy.value === undefined) return login;
    return ok({ ...login.value, proxy: proxy.value });
  };
}

/** Why the provider cannot be asked: no retry helps before the spec is another. */
export function providerTrouble({ spec }: GitRepository): { message: string } | undefined {
  if (spec.provider !== "github") return undefined;
  if (spec.secretRef === undefined) {
    const message =
      "secretRef with github app data must be specified when provider is set to github";
    return { message };
  }
  if (/^https?:/i.test(spec.url)) return undefined;
  return { message: "spec.provider github needs a spec.url that begins with https://" };
}

async function readProxySecret(
  cluster: Cluster,
  namespace: string,
  { proxySecretRef }: Access,
): Promise<Result<ProxyOptions | undefined>> {
  if (proxySecretRef === undefined) return ok(undefined);
  const secretName = `${namespace}/${proxySecretRef.name}`;
  const secret = await readSecret(cluster, namespace, proxySecretRef.name);
  const proxy = secret.ok
    ? readProxy(secret.value, secretName)
    : fail(secret.code, `failed to get secret '${secretName}': ${secret.message}`);
  if (proxy.ok) return proxy;
  return fail(proxy.code, `failed to configure proxy options: ${proxy.message}`);
}

async function readLogin(
  cluster: Cluster,
  namespace: string,
  { url, secretRef }: Access,
  provide: (request: Omit<Request, "proxy">) => Promise<Result<Credentials>>,
): Promise<Result<Credentials>> {
  const secretName = `${namespace}/${secretRef?.name ?? ""}`;
  const secret = secretRef === undefined
    ? ok<SecretData>(new Map())
    : await readSecret(cluster, namespace, secretRef.name);
  // The prefix is doubled in Flux's own message, and tools match on it (errata 12).
  const prefix = `failed to get secret '${secretName}': `;
  if (!secret.ok) return fail(secret.code, `${prefix}${prefix}${secret.message}`, secret);
  const login = await provide({ secret: secret.value, secretName, url });
  if (login.ok || login.code === MISFIT) return login;
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
  const login = { username: "x-access-token", password: token.value };
  return ok({ ...login, ...(caCert !== undefined && { caCert }) });
}
