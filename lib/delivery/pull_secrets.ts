/**
 * How a pod's images are pulled: by the Secrets that it names, and those of its account.
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { Cluster, KubeObject } from "../kube/mod.ts";
import { findLogin, type RegistryLogin } from "../oci/mod.ts";
import { secretData } from "./credentials.ts";

/** What a pod says about it. */
export interface PullNames {
  /** Names of Secrets. */
  readonly secrets: readonly string[];
  /** Name of a ServiceAccount, whose `imagePullSecrets` count too. */
  readonly serviceAccount: string;
}

const DOCKER_CONFIG = "kubernetes.io/dockerconfigjson";
const DEFAULT_ACCOUNT = "default";
/** Nobody has more; each is a request. */
const MOST_SECRETS = 20;

/**
 * The login for `image`'s registry in the Secrets of `namespace` that a pod would be pulled with; nothing where none
 * has one. As for the kubelet, a Secret or an account that is not there is passed over, and so is one that may not be
 * read.
 */
export async function readPullLogin(
  cluster: Pick<Cluster, "get">,
  namespace: string,
  names: PullNames,
  image: string,
): Promise<Result<RegistryLogin | undefined>> {
  const read = async (kind: string, name: string): Promise<Result<KubeObject | undefined>> => {
    const got = await cluster.get({ apiVersion: "v1", kind, namespace, name });
    const isPassedOver = !got.ok && (got.code === "NotFound" || got.code === "Forbidden");
    return isPassedOver ? ok(undefined) : got;
  };
  const account = await read("ServiceAccount", names.serviceAccount || DEFAULT_ACCOUNT);
  if (!account.ok) return account;
  const all = new Set([...names.secrets, ...pullSecretsOf(account.value)]);
  for (const name of [...all].slice(0, MOST_SECRETS)) {
    const secret = await read("Secret", name);
    if (!secret.ok) return secret;
    if (secret.value?.type !== DOCKER_CONFIG) continue;
    const config = secretData(secret.value).get(".dockerconfigjson") ?? "";
    const login = findLogin(config, image);
    if (!login.ok) return fail(login.code, `secret "${name}": ${login.message}`, login.cause);
    if (login.value !== undefined) return login;
  }
  return ok(undefined);
}

function pullSecretsOf(account: KubeObject | undefined): readonly string[] {
  const list = account?.imagePullSecrets;
  return (Array.isArray(list) ? list : []).flatMap((it) =>
    isRecord(it) && typeof it.name === "string" ? [it.name] : []
  );
}
