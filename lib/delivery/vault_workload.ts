/**
 * Logging in to Vault as an account of the cluster, at servers that the operator lists (contract/kustomize.md §4).
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import { type CloudAccount, readClaims } from "../cloud/mod.ts";
import { type Cluster, namespacedName, POD_FOLDER, type ReadFile } from "../kube/mod.ts";
import {
  type KeyServerOptions,
  type LogInToVault,
  parseVaultConfig,
  type VaultInstance,
  type VaultLogin,
} from "../sops/mod.ts";

/** Who logs in, and where to. */
export interface VaultWorkload {
  /** Where the ConfigMap and the accounts are. */
  readonly cluster: Cluster;
  /** The ConfigMap with the servers: `--sops-vault-configmap`. */
  readonly configMap: { readonly namespace: string; readonly name: string };
  /** As whom; asked for when a server is. */
  account(): Promise<Result<CloudAccount>>;
  /** Logs in, and keeps tokens. */
  readonly logIn: LogInToVault;
}

const KEY = "config.yaml";

/** Gives tokens of the servers that the ConfigMap lists, and of no others, whatever a file names. */
export function vaultLoginOf(
  { cluster, configMap, account, logIn }: VaultWorkload,
  options: KeyServerOptions,
): VaultLogin {
  // Once for all files of a run.
  let listed: Promise<Result<readonly VaultInstance[]>> | undefined;
  return async (address) => {
    listed ??= readInstances(cluster, configMap);
    const instances = await listed;
    if (!instances.ok) return instances;
    const plain = (text: string) => text.replace(/\/+$/, "");
    const instance = instances.value.find((each) => plain(each.address) === plain(address));
    if (instance === undefined) {
      const what = `no Vault login path configured for address '${address}'`;
      return fail("NotConfigured", `${what} in ConfigMap '${namespacedName(configMap)}'`);
    }
    const who = await account();
    return who.ok ? await logIn(instance, who.value, options) : who;
  };
}

async function readInstances(
  cluster: Cluster,
  configMap: VaultWorkload["configMap"],
): Promise<Result<readonly VaultInstance[]>> {
  const what = `Vault ConfigMap '${namespacedName(configMap)}'`;
  const read = await cluster.get({ apiVersion: "v1", kind: "ConfigMap", ...configMap });
  if (!read.ok) return fail(read.code, `failed to get ${what}: ${read.message}`, read);
  const { data } = read.value;
  const text = isRecord(data) ? data[KEY] : undefined;
  if (typeof text !== "string") return fail("InvalidConfig", `${what} is missing the '${KEY}' key`);
  const parsed = parseVaultConfig(text);
  if (parsed.ok) return parsed;
  return fail(parsed.code, `failed to parse '${KEY}' in ${what}: ${parsed.message}`, parsed);
}

/** The account that this process runs as in its pod. */
export async function readOwnAccount(
  cluster: Cluster,
  readFile: ReadFile,
): Promise<Result<CloudAccount>> {
  const { sub } = readClaims(await readFile(`${POD_FOLDER}/token`).catch(() => ""));
  const [, namespace = "", name = ""] =
    /^system:serviceaccount:([^:]+):([^:]+)$/.exec(String(sub)) ??
      [];
  if (name === "") {
    const remedy = "name an account in spec.decryption.serviceAccountName";
    return fail("NotConfigured", `the controller has no account of a pod: ${remedy}`);
  }
  const requestToken = (audience: string | readonly string[]) =>
    cluster.requestToken({ namespace, name }, audience);
  return ok({ namespace, name, annotations: {}, requestToken });
}
