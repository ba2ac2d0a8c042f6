/**
 * How an object gets at its image: certificates, proxy and login out of what its spec names (contract/image.md).
 *
 * @module
 */
import type { ImageRepository } from "../../crds/mod.ts";
import { fail, ok, type Result } from "../base/mod.ts";
import type { LogInToRegistry, RegistryProvider } from "../cloud/mod.ts";
import type { TlsOptions } from "../http/mod.ts";
import type { Cluster } from "../kube/mod.ts";
import { type ImageAccess, parseImageName, type RegistryLogin } from "../oci/mod.ts";
import { readCertificates } from "./certificates.ts";
import { readCloudAccess } from "./cloud_logins.ts";
import { readSecret, secretData } from "./credentials.ts";
import { findMountedLogin } from "./mounted_config.ts";
import { readProxySecret } from "./proxy.ts";
import { findLoginIn, findPullLogin } from "./pull_secrets.ts";

/** What access stands on. */
export interface RegistryAccessOptions {
  /** Where Secrets and service accounts are. */
  readonly cluster: Cluster;
  /** The text of the docker configuration that the controller's pod was given; `undefined` without one. */
  readDockerConfig(): Promise<Result<string | undefined>>;
  /** Logs in to registries of clouds. */
  readonly registryLogin: LogInToRegistry;
  /** Whether objects may name the account to log in to clouds with: the gate ObjectLevelWorkloadIdentity. */
  readonly allowsAccounts: boolean;
}

/** The part of a spec that says how to get at an image. */
export type RegistrySpec = Pick<
  ImageRepository["spec"],
  | "image"
  | "insecure"
  | "provider"
  | "secretRef"
  | "serviceAccountName"
  | "certSecretRef"
  | "proxySecretRef"
>;

/** Reads what an object of `namespace` names; a failure names the Secret or the account. */
export type ReadRegistryAccess = (
  namespace: string,
  spec: RegistrySpec,
) => Promise<Result<ImageAccess>>;

const DOCKER_CONFIG_TYPE = "kubernetes.io/dockerconfigjson";

/** Access for a component's objects. */
export function openRegistryAccess(options: RegistryAccessOptions): ReadRegistryAccess {
  return async (namespace, spec) => {
    const { image, insecure = false } = spec;
    const proxy = await readProxySecret(options.cluster, namespace, spec.proxySecretRef);
    if (!proxy.ok) return proxy;
    const tls = await readTls(options.cluster, namespace, spec.certSecretRef);
    if (!tls.ok) return tls;
    const way = {
      ...(tls.value && { tls: tls.value }),
      ...(proxy.value && { proxy: proxy.value }),
    };
    const login = await readLogin(options, { namespace, spec, way });
    return login.ok ? ok({ image, insecure, login: login.value, ...way }) : login;
  };
}

/** What a login is read for. */
interface Wanted {
  readonly namespace: string;
  readonly spec: RegistrySpec;
  readonly way: Pick<ImageAccess, "tls" | "proxy">;
}

async function readTls(
  cluster: Cluster,
  namespace: string,
  reference: { readonly name: string } | undefined,
): Promise<Result<TlsOptions | undefined>> {
  if (reference === undefined) return ok(undefined);
  const secretName = `${namespace}/${reference.name}`;
  const secret = await readSecret(cluster, namespace, reference.name);
  if (secret.ok) return readCertificates(secret.value, secretName);
  return fail(secret.code, `failed to get secret '${secretName}': ${secret.message}`);
}

/** The Secret first, then the cloud or the account's own Secrets: the first that knows the registry. */
async function readLogin(
  options: RegistryAccessOptions,
  wanted: Wanted,
): Promise<Result<RegistryLogin | undefined>> {
  const { namespace, spec } = wanted;
  const { provider } = spec;
  const own = await loginOfSecret(options.cluster, namespace, spec);
  if (!own.ok || own.value !== undefined) return own;
  return provider === "generic"
    ? await genericLogin(options, wanted)
    : await cloudLogin(options, wanted, provider);
}

/** As whoever the cluster vouches for: the account that is named, or the controller. */
async function cloudLogin(
  options: RegistryAccessOptions,
  { namespace, spec: { image, serviceAccountName }, way: { tls, proxy } }: Wanted,
  provider: RegistryProvider,
): Promise<Result<RegistryLogin>> {
  const name = parseImageName(image);
  if (!name.ok) return name;
  const whom = { namespace, accountName: serviceAccountName, proxy };
  const access = await readCloudAccess(whom, options);
  if (!access.ok) return access;
  const request = { provider, registry: name.value.registry, ...(tls && { tls }) };
  return await options.registryLogin(request, access.value);
}

/** The pull secrets of the account, then what the pod was given. */
async function genericLogin(
  options: RegistryAccessOptions,
  { namespace, spec: { serviceAccountName: serviceAccount, image } }: Wanted,
): Promise<Result<RegistryLogin | undefined>> {
  const pulled = serviceAccount
    ? await findPullLogin(options.cluster, namespace, { secrets: [], serviceAccount }, image)
    : ok({ login: undefined, passedOver: undefined });
  if (!pulled.ok) return pulled;
  const { login: theirs, passedOver } = pulled.value;
  if (theirs !== undefined) return ok(theirs);
  const login = await findMountedLogin(options.readDockerConfig, image);
  // Nobody has a login: what was passed over may be why.
  return login.ok && login.value === undefined && passedOver ? passedOver : login;
}

/** A Secret of another type is passed over and the scan goes on anonymously (errata 26). */
async function loginOfSecret(
  cluster: Cluster,
  namespace: string,
  { secretRef, image }: RegistrySpec,
): Promise<Result<RegistryLogin | undefined>> {
  if (secretRef === undefined) return ok(undefined);
  const { name } = secretRef;
  const secret = await cluster.get({ apiVersion: "v1", kind: "Secret", namespace, name });
  if (!secret.ok) return secret;
  if (secret.value.type !== DOCKER_CONFIG_TYPE) return ok(undefined);
  const config = secretData(secret.value).get(".dockerconfigjson") ?? "";
  return findLoginIn({ name, config }, image);
}
