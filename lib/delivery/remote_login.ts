/**
 * How a remote cluster is reached, by what `spec.kubeConfig` names (contract/common.md §12).
 *
 * @module
 */
import type { KubeConfigReference } from "../../crds/mod.ts";
import {
  addressTrouble,
  fail,
  isAddress,
  ok,
  type Result,
  sha256Hex,
  stringifyJson,
} from "../base/mod.ts";
import { type Access, type Cluster, readKubeconfig } from "../kube/mod.ts";
import { readSecret } from "./credentials.ts";
import { loginOfConfigMap, type TokenParts } from "./remote_account.ts";

/** How a remote cluster is reached. */
export interface RemoteLogin {
  /** Digest of all that decides where the cluster is, and who we are there. */
  readonly id: string;
  /** Where and as whom; asked again as credentials run out. */
  readonly access: () => Promise<Result<Access>>;
  /** Never to be shown. */
  readonly secrets: readonly string[];
}

/** Reads what `kubeConfig` of an object in `namespace` names. */
export async function readRemoteLogin(
  parts: TokenParts,
  namespace: string,
  { secretRef, configMapRef }: KubeConfigReference,
): Promise<Result<RemoteLogin>> {
  return secretRef === undefined
    ? await loginOfConfigMap(parts, namespace, configMapRef?.name ?? "")
    : await loginOfSecret(parts.cluster, namespace, secretRef);
}

async function loginOfSecret(
  cluster: Cluster,
  namespace: string,
  { name, key }: NonNullable<KubeConfigReference["secretRef"]>,
): Promise<Result<RemoteLogin>> {
  const place = `KubeConfig secret '${namespace}/${name}'`;
  const data = await readSecret(cluster, namespace, name);
  if (!data.ok) return fail(data.code, `unable to read ${place} error: ${data.message}`, data);
  const keys = key ? [key] : ["value", "value.yaml"];
  const text = keys.map((each) => data.value.get(each)).find((each) => each);
  if (text === undefined) {
    const message = `${place} does not contain a '${keys[0]}' key with a kubeconfig`;
    return fail("InvalidKubeconfig", message);
  }
  // Nothing of ours is lent to it: no files, no programs.
  const access = await readKubeconfig(text);
  if (!access.ok) return fail(access.code, `${place}: ${access.message}`, access);
  const proxy = checkProxy(access.value);
  if (!proxy.ok) return fail(proxy.code, `${place}: ${proxy.message}`, proxy);
  return ok({
    id: sha256Hex(stringifyJson(access.value)),
    access: () => Promise.resolve(access),
    secrets: secretsOf(access.value),
  });
}

/** A proxy that is none would be found out by the first request, in words of its own. */
function checkProxy({ proxyUrl }: Access): Result<void> {
  if (proxyUrl === undefined) return ok(undefined);
  const url = URL.parse(proxyUrl);
  if (url === null || !/^(https?|socks5):$/.test(url.protocol) || url.hostname === "") {
    const wanted = "proxy-url must begin with http://, https:// or socks5://";
    return fail("InvalidKubeconfig", `Cannot use the kubeconfig: ${wanted}`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const trouble = isAddress(host) ? addressTrouble(host) : undefined;
  if (trouble === undefined) return ok(undefined);
  return fail("RefusedAddress", `Cannot use the kubeconfig: proxy-url is ${trouble}`);
}

/** What a server may repeat in its answers, and must not come out with them. */
function secretsOf({ token, key, proxyUrl }: Access): string[] {
  const password = URL.parse(proxyUrl ?? "")?.password;
  return [token, key, proxyUrl, password].flatMap((secret) => secret ? [secret] : []);
}
