/**
 * Logins of the providers azure and aws: whoever the cluster vouches for, at Azure DevOps and AWS CodeCommit.
 *
 * @module
 */
import { type Clock, fail, type Failure, ok, type Result } from "../base/mod.ts";
import {
  type CloudAccess,
  type CloudAccount,
  type CloudLogins,
  parseCodeCommitUrl,
  signCodeCommit,
} from "../cloud/mod.ts";
import type { Credentials } from "../git/mod.ts";
import type { ProxyOptions } from "../http/mod.ts";
import type { Cluster } from "../kube/mod.ts";

/** What cloud logins stand on. */
export interface CloudLoginOptions {
  /** Where service accounts are. */
  readonly cluster: Cluster;
  /** Gives tokens and keys. */
  readonly clouds: Pick<CloudLogins, "azureToken" | "awsKeys">;
  /** Signs with its time. */
  readonly clock: Clock;
  /** Whether objects may name the account to log in with: the gate ObjectLevelWorkloadIdentity. */
  readonly allowsAccounts: boolean;
}

/** Who wants in, and where. */
export interface CloudRequest {
  /** The repository. */
  readonly url: string;
  /** Where the account is. */
  readonly namespace: string;
  /** `spec.serviceAccountName`; the controller itself logs in where it is absent. */
  readonly accountName: string | undefined;
  /** Who connects for us. */
  readonly proxy: ProxyOptions | undefined;
}

/** Azure DevOps as Entra knows it, in every tenant. */
const AZURE_DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798/.default";
const PREFIX = "failed to get access token for Git repository: ";
/** An object names an account and may not; also the condition's reason. */
export const GATE_DISABLED = "FeatureGateDisabled";

/** A token for repositories of Azure DevOps. */
export async function azureLogin(
  request: CloudRequest,
  options: CloudLoginOptions,
): Promise<Result<Credentials>> {
  const access = await readCloudAccess(request, options);
  if (!access.ok) return withPrefix(access);
  const got = await options.clouds.azureToken(AZURE_DEVOPS, access.value);
  if (!got.ok) return withPrefix(got);
  const { token, holder } = got.value;
  return ok({ bearerToken: token, holder });
}

/** A signature for a repository of CodeCommit; it holds for minutes, so each run makes its own. */
export async function awsLogin(
  request: CloudRequest,
  options: CloudLoginOptions,
): Promise<Result<Credentials>> {
  const place = parseCodeCommitUrl(request.url);
  if (!place.ok) return place;
  const access = await readCloudAccess(request, options);
  if (!access.ok) return withPrefix(access);
  const keys = await options.clouds.awsKeys(place.value.region, access.value);
  if (!keys.ok) return withPrefix(keys);
  const signed = signCodeCommit(place.value, keys.value, options.clock.now());
  return ok({ ...signed, holder: keys.value.holder });
}

/** Who asks a cloud for an object; code {@linkcode GATE_DISABLED} when it names an account and may not. */
export async function readCloudAccess(
  { namespace, accountName: name, proxy }: Omit<CloudRequest, "url">,
  { cluster, allowsAccounts }: Pick<CloudLoginOptions, "cluster" | "allowsAccounts">,
): Promise<Result<CloudAccess>> {
  const common = { ...(proxy && { proxy }) };
  if (!name) return ok(common);
  if (!allowsAccounts) {
    const gate = "please enable the ObjectLevelWorkloadIdentity feature gate in the controller";
    const why = `to use spec.serviceAccountName for provider authentication ${gate}`;
    return fail(GATE_DISABLED, why);
  }
  const account = await readAccount(cluster, namespace, name);
  return account.ok ? ok({ ...common, account: account.value }) : account;
}

/** A service account as clouds are told of it. */
export async function readAccount(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<Result<CloudAccount>> {
  const read = await cluster.get({ apiVersion: "v1", kind: "ServiceAccount", namespace, name });
  if (!read.ok) {
    const why = `failed to get service account '${namespace}/${name}': ${read.message}`;
    return fail(read.code, why, read.cause);
  }
  return ok({
    namespace,
    name,
    annotations: read.value.metadata.annotations ?? {},
    requestToken: (audience) => cluster.requestToken({ namespace, name }, audience),
  });
}

/** But for what is no failure of any cloud. */
function withPrefix(failure: Failure): Failure {
  const { code, message, cause } = failure;
  return code === GATE_DISABLED ? failure : fail(code, `${PREFIX}${message}`, cause);
}
