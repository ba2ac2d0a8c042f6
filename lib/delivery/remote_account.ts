/**
 * A remote cluster that knows service accounts of ours, or an identity of its cloud, as a ConfigMap describes it
 * (contract/common.md §12): no credential is stored.
 *
 * @module
 */
import {
  type Clock,
  ExpiringCache,
  fail,
  isRecord,
  ok,
  type Result,
  sha256Hex,
  stringifyJson,
} from "../base/mod.ts";
import { type CloudCluster, type Clouds, parseClusterAddress } from "../cloud/mod.ts";
import type { Access, Cluster } from "../kube/mod.ts";
import { readAccount } from "./cloud_logins.ts";
import type { RemoteLogin } from "./remote_login.ts";

/** Which accounts may be named. */
export interface RemoteAccounts {
  /** The gate `ObjectLevelWorkloadIdentity`. */
  readonly areAllowed: boolean;
  /** `--default-kubeconfig-service-account`; empty for none. */
  readonly fallback: string;
}

/** What tokens are asked for with. */
export interface TokenParts {
  /** Whose accounts they are. */
  readonly cluster: Cluster;
  /** Logs in to clouds and their clusters. */
  readonly clouds: Pick<Clouds, "clusterLogin">;
  /** Time. */
  readonly clock: Clock;
  /** Which accounts may be named. */
  readonly accounts: RemoteAccounts;
}

/** API servers give no token for less than ten minutes. */
const TOKEN_MS = 10 * 60_000;
const CLOUDS = ["aws", "azure", "gcp"] as const;
/** Tokens that may be in a message: the one in use and the one before. */
const SECRETS = 2;

/**
 * How the cluster that the ConfigMap `namespace/name` describes is reached. Codes: those of the API server for one
 * that cannot be read, `InvalidKubeconfig`, `FeatureGateDisabled`.
 */
export async function loginOfConfigMap(
  parts: TokenParts,
  namespace: string,
  name: string,
): Promise<Result<RemoteLogin>> {
  const place = `KubeConfig ConfigMap '${namespace}/${name}'`;
  const ref = { apiVersion: "v1", kind: "ConfigMap", namespace, name };
  const read = await parts.cluster.get(ref);
  if (!read.ok) return fail(read.code, `unable to read ${place} error: ${read.message}`, read);
  const described = describe(textsOf(read.value.data), parts.accounts);
  if (!described.ok) return fail(described.code, `${place}: ${described.message}`, described);

  const { value: description } = described;
  const ask = description.provider === "generic"
    ? askCluster(description, namespace, parts)
    : () => askCloud(description, namespace, parts);
  const secrets: string[] = [];
  const access = async (): Promise<Result<Access>> => {
    const got = await ask();
    if (!got.ok) return fail(got.code, `${place}: ${got.message}`, got);
    const { server, caCerts, token } = got.value;
    if (!secrets.includes(token)) secrets.push(token);
    if (secrets.length > SECRETS) secrets.shift();
    return ok({ server, namespace, token, ...(caCerts && { caCerts }) });
  };
  return ok({ id: sha256Hex(stringifyJson([namespace, description])), access, secrets });
}

/** What is common to all. */
interface Common {
  /** Who logs in; the controller itself where it is empty. */
  readonly account: string;
  readonly audiences: readonly string[];
}

/** A cluster that trusts our cluster's word. */
interface Trusting extends Common {
  readonly provider: "generic";
  readonly server: string;
  readonly caCerts: string;
}

/** What a ConfigMap says. */
type Description = Trusting | (Common & CloudCluster);

interface Reached {
  readonly server: string;
  readonly caCerts: string;
  readonly token: string;
}

/** A token of the account, asked for once while it is good. */
function askCluster(
  { server, caCerts, audiences, account }: Trusting,
  namespace: string,
  { cluster, clock }: TokenParts,
): () => Promise<Result<Reached>> {
  const tokens = new ExpiringCache<string>({ clock });
  return async () => {
    const token = await tokens.get("", async () => {
      const asked = await cluster.requestToken({ namespace, name: account }, audiences);
      return asked.ok ? ok({ value: asked.value, endMs: clock.now() + TOKEN_MS }) : asked;
    });
    return token.ok ? ok({ server, caCerts, token: token.value }) : token;
  };
}

/** The cloud keeps what it gave; the account is read anew, as its annotations say who it is there. */
async function askCloud(
  { account, audiences, ...described }: Common & CloudCluster,
  namespace: string,
  { cluster, clouds }: TokenParts,
): Promise<Result<Reached>> {
  const found = account === "" ? ok(undefined) : await readAccount(cluster, namespace, account);
  if (!found.ok) return found;
  return await clouds.clusterLogin(described, {
    ...(found.value && { account: found.value }),
    ...(audiences.length > 0 && { audiences }),
  });
}

function describe(
  data: ReadonlyMap<string, string>,
  accounts: RemoteAccounts,
): Result<Description> {
  const textOf = (key: string) => data.get(key)?.trim() ?? "";
  const named = textOf("provider");
  const provider = [...CLOUDS, "generic" as const].find((known) => known === named);
  if (provider === undefined) return invalid("provider", `must be generic, ${CLOUDS.join(", ")}`);
  const address = textOf("address");
  const server = parseClusterAddress(address);
  // A cloud knows where its clusters are.
  if (server === undefined && (provider === "generic" || address !== "")) {
    return invalid("address", "must be an https address");
  }
  const account = textOf("serviceAccountName") || accounts.fallback;
  if (account === "" && provider === "generic") {
    return invalid("serviceAccountName", "must name an account to log in as");
  }
  if (account !== "" && !accounts.areAllowed) {
    const gate = "please enable the ObjectLevelWorkloadIdentity feature gate in the controller";
    return fail("FeatureGateDisabled", `to log in as a service account ${gate}`);
  }
  const lines = textOf("audiences").split("\n");
  const audiences = lines.map((line) => line.replace(/^\s*-\s/, "").trim()).filter(Boolean);
  const caCerts = data.get("ca.crt") ?? "";
  if (provider !== "generic") {
    const resource = textOf("cluster");
    return ok({ provider, resource, address: server ?? "", caCerts, account, audiences });
  }
  return ok({
    provider,
    server: server ?? "",
    caCerts,
    // Nobody but the server itself can then use the token.
    audiences: audiences.length > 0 ? audiences : [address],
    account,
  });
}

function invalid(key: string, must: string) {
  return fail("InvalidKubeconfig", `key '${key}' ${must}`);
}

function textsOf(data: unknown): ReadonlyMap<string, string> {
  const entries = isRecord(data) ? Object.entries(data) : [];
  return new Map(
    entries.flatMap(([key, value]) => typeof value === "string" ? [[key, value]] : []),
  );
}
