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
  readSecret,
  type SecretData,
} from "../../lib/delivery/mod.ts";
import type { HttpClient } from "../../lib/http/mod.ts";
import type { Cluster } from "../../lib/kube/mod.ts";
import type { KeyServices } from "../../lib/sops/mod.ts";

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
  const { cluster, http, clock, env, clouds, runtimeNamespace, ageSecret } = options;
  const accountName = decryption?.serviceAccountName || options.defaultAccount;
  const access = (): Promise<Result<CloudAccess>> =>
    accountName === "" ? Promise.resolve(ok({})) : accessAs(cluster, namespace, accountName);
  const keyOptions: KeyOptions = { http, clock, env, signal, workload: { clouds, access } };

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
