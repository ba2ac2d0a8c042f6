/**
 * Whoever opens what is sealed for a Kustomization: the keys of its Secret, and clouds that know its account.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { type Clock, ok, type Result } from "../../lib/base/mod.ts";
import type { CloudAccess, CloudLogins } from "../../lib/cloud/mod.ts";
import {
  type KeyOptions,
  readAccount,
  readKeyServices,
  readOwnAccount,
  readSecret,
  type SecretData,
  vaultLoginOf,
} from "../../lib/delivery/mod.ts";
import type { HttpClient } from "../../lib/http/mod.ts";
import type { Cluster } from "../../lib/kube/mod.ts";
import type { KeyServices, LogInToVault } from "../../lib/sops/mod.ts";

/** What finding keys takes. */
export interface DecryptionOptions {
  /** Where Secrets and accounts are; not the cluster that is applied to. */
  readonly cluster: Cluster;
  /** Asks key services. */
  readonly http: HttpClient;
  /** Time. */
  readonly clock: Clock;
  /** Environment variables. */
  readonly env: (name: string) => string | undefined;
  /** Logs in without stored credentials. */
  readonly clouds: CloudLogins;
  /** Logs in to Vault, and keeps tokens. */
  readonly logInToVault: LogInToVault;
  /** Reads what the pod knows of its account; throws when there is nothing. */
  readonly readFile: (path: string) => Promise<string>;
  /** `--sops-vault-configmap`; empty for none. */
  readonly vaultConfigMap: string;
  /** Where Sluice itself runs. */
  readonly runtimeNamespace: string;
  /** `--sops-age-secret`; empty for none. */
  readonly ageSecret: string;
  /** `--default-decryption-service-account`; empty for none. */
  readonly defaultAccount: string;
}

/** The Secret that `decryption` names; where it names none, the age keys of `--sops-age-secret`. */
export async function readDecryptionKeys(
  { metadata: { namespace = "" }, spec: { decryption } }: Kustomization,
  signal: AbortSignal,
  options: DecryptionOptions,
): Promise<Result<KeyServices>> {
  const { cluster, http, clock, env, clouds, runtimeNamespace, ageSecret, vaultConfigMap } =
    options;
  const accountName = decryption?.serviceAccountName || options.defaultAccount;
  const access = (): Promise<Result<CloudAccess>> =>
    accountName === "" ? Promise.resolve(ok({})) : accessAs(cluster, namespace, accountName);
  const asking = { http, clock, env, signal };
  const vault = vaultConfigMap === "" ? undefined : vaultLoginOf({
    cluster,
    configMap: { namespace: runtimeNamespace, name: vaultConfigMap },
    account: () =>
      accountName === ""
        ? readOwnAccount(cluster, options.readFile)
        : readAccount(cluster, namespace, accountName),
    logIn: options.logInToVault,
  }, asking);
  const workload = { clouds, access, ...(vault && { vault }) };
  const keyOptions: KeyOptions = { ...asking, workload };

  const own = decryption?.secretRef?.name;
  const [where, name] = own === undefined ? [runtimeNamespace, ageSecret] : [namespace, own];
  if (name === "") return await readKeyServices(new Map(), "", keyOptions);
  const data = await readSecret(cluster, where, name);
  if (!data.ok) return data;
  const entries = own === undefined ? onlyAge(data.value) : data.value;
  return await readKeyServices(entries, `${where}/${name}`, keyOptions);
}

async function accessAs(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Result<CloudAccess>> {
  const account = await readAccount(cluster, namespace, name);
  return account.ok ? ok({ account: account.value }) : account;
}

/** Credentials for clouds in a Secret for all would keep everybody from their own identity (as Flux). */
function onlyAge(data: SecretData): SecretData {
  return new Map([...data].filter(([key]) => key.endsWith(".agekey")));
}
