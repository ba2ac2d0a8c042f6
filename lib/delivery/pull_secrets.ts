/**
 * How a pod's images are pulled: by the Secrets that it names, and those of its account.
 *
 * @module
 */
import { fail, type Failure, isRecord, ok, type Result } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import { findLogin, type RegistryLogin } from "../oci/mod.ts";
import { secretData } from "./credentials.ts";
import { findMountedLogin } from "./mounted_config.ts";

/** What a pod says about it. */
export interface PullNames {
  /** Names of Secrets. */
  readonly secrets: readonly string[];
  /** Name of a ServiceAccount, whose `imagePullSecrets` count too. */
  readonly serviceAccount: string;
}

/** What was found. */
export interface PullLogin {
  /** Nothing where no Secret has one for the registry. */
  readonly login: RegistryLogin | undefined;
  /** Why the first Secret whose login a program keeps was passed over, or else the first Secret or the account. */
  readonly passedOver: Failure | undefined;
}

const DEFAULT_ACCOUNT = "default";
/** Nobody has more; each is a request. */
const MOST_SECRETS = 20;
/** The code of a docker configuration that leaves the login to a program. */
const NEEDS_HELPER = "NeedsHelper";

/**
 * The login for `image`'s registry in the Secrets of `namespace` that a pod would be pulled with: of several the entry
 * that fits best. As for the kubelet, a Secret or an account that is not there is passed over, and so is one that may
 * not be read, or whose login a program keeps.
 */
export async function findPullLogin(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  names: PullNames,
  image: string,
): Promise<Result<PullLogin>> {
  let passedOver: Failure | undefined;
  let helped: Failure | undefined;
  const read = async (kind: string, name: string): Promise<Result<KubeObject | undefined>> => {
    const got = await cluster.get({ apiVersion: "v1", kind, namespace, name });
    if (got.ok || (got.code !== "NotFound" && got.code !== "Forbidden")) return got;
    passedOver ??= got;
    return ok(undefined);
  };
  const account = await read("ServiceAccount", names.serviceAccount || DEFAULT_ACCOUNT);
  if (!account.ok) return account;
  const all = new Set([...names.secrets, ...pullSecretsOf(account.value)]);
  const fitting: string[] = [];
  for (const name of [...all].slice(0, MOST_SECRETS)) {
    const secret = await read("Secret", name);
    if (!secret.ok) return secret;
    const config = secret.value && configIn(secret.value);
    if (config === undefined) continue;
    const login = findLoginIn({ name, config }, image);
    // Another Secret may have the login.
    if (!login.ok && login.code === NEEDS_HELPER) helped ??= login;
    else if (!login.ok) return login;
    else if (login.value !== undefined) fitting.push(config);
  }
  const best = findLogin(fitting, image);
  return best.ok ? ok({ login: best.value, passedOver: helped ?? passedOver }) : best;
}

/** The login for `image`'s registry in the docker configuration of a Secret, which a failure names. */
export function findLoginIn(
  secret: { readonly name: string; readonly config: string },
  image: string,
): Result<RegistryLogin | undefined> {
  const login = findLogin(secret.config, image);
  return login.ok ? login : fail(login.code, `secret "${secret.name}": ${login.message}`);
}

/**
 * The same for a pod that somebody else described, then what our own pod was given. What is passed over is no news, unless
 * a program has the login.
 */
export async function readPodLogin(
  { cluster, readDockerConfig }: {
    readonly cluster: Pick<Cluster, "get">;
    readonly readDockerConfig: () => Promise<Result<string | undefined>>;
  },
  namespace: string,
  names: PullNames,
  image: string,
): Promise<Result<RegistryLogin | undefined>> {
  const found = await findPullLogin(cluster, namespace, names, image);
  if (!found.ok) return found;
  const { login, passedOver } = found.value;
  if (login !== undefined) return ok(login);
  const mounted = await findMountedLogin(readDockerConfig, image);
  const isNobodys = mounted.ok && mounted.value === undefined;
  return isNobodys && passedOver?.code === NEEDS_HELPER ? passedOver : mounted;
}

function pullSecretsOf(account: KubeObject | undefined): readonly string[] {
  const list = account?.imagePullSecrets;
  return (Array.isArray(list) ? list : []).flatMap((it) =>
    isRecord(it) && typeof it.name === "string" ? [it.name] : []
  );
}

/** Of both types that Kubernetes knows; the older has the logins without a frame. */
function configIn(secret: KubeObject): string | undefined {
  const data = secretData(secret);
  switch (secret.type) {
    case "kubernetes.io/dockerconfigjson":
      return data.get(".dockerconfigjson") ?? "";
    case "kubernetes.io/dockercfg":
      return `{"auths":${data.get(".dockercfg") ?? ""}}`;
    default:
      return undefined;
  }
}
