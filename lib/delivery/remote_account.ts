/**
 * A remote cluster that knows service accounts of ours by their tokens, as a ConfigMap describes it
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
import type { Access, Cluster } from "../kube/mod.ts";
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
  /** Time. */
  readonly clock: Clock;
  /** Which accounts may be named. */
  readonly accounts: RemoteAccounts;
}

/** API servers give no token for less than ten minutes. */
const TOKEN_MS = 10 * 60_000;
const CLOUDS = ["aws", "azure", "gcp"];

/**
 * How the cluster that the ConfigMap `namespace/name` describes is reached. Codes: those of the API server for one
 * that cannot be read, `InvalidKubeconfig`, `Unsupported`, `FeatureGateDisabled`.
 */
export async function loginOfConfigMap(
  { cluster, clock, accounts }: TokenParts,
  namespace: string,
  name: string,
): Promise<Result<RemoteLogin>> {
  const place = `KubeConfig ConfigMap '${namespace}/${name}'`;
  const read = await cluster.get({ apiVersion: "v1", kind: "ConfigMap", namespace, name });
  if (!read.ok) return fail(read.code, `unable to read ${place} error: ${read.message}`, read);
  const data = textsOf(read.value.data);
  const described = describe(data, accounts);
  if (!described.ok) return fail(described.code, `${place}: ${described.message}`, described);

  const { server, caCerts, audiences, account } = described.value;
  const tokens = new ExpiringCache<string>({ clock });
  const secrets: string[] = [];
  const access = async (): Promise<Result<Access>> => {
    const token = await tokens.get("", async () => {
      const asked = await cluster.requestToken({ namespace, name: account }, audiences);
      if (!asked.ok) return fail(asked.code, `${place}: ${asked.message}`, asked);
      secrets.splice(0, secrets.length - 1);
      secrets.push(asked.value);
      return ok({ value: asked.value, endMs: clock.now() + TOKEN_MS });
    });
    if (!token.ok) return token;
    return ok({ server, namespace, token: token.value, ...(caCerts && { caCerts }) });
  };
  const id = sha256Hex(stringifyJson([namespace, described.value]));
  return ok({ id, access, secrets });
}

interface Description {
  readonly server: string;
  readonly caCerts: string | undefined;
  readonly audiences: readonly string[];
  readonly account: string;
}

function describe(
  data: ReadonlyMap<string, string>,
  accounts: RemoteAccounts,
): Result<Description> {
  const provider = data.get("provider") ?? "";
  if (CLOUDS.includes(provider)) {
    const instead = "use provider generic, or secretRef with a kubeconfig";
    return fail("Unsupported", `provider ${provider} is not supported yet: ${instead}`);
  }
  if (provider !== "generic") {
    return invalid("provider", `must be generic, ${CLOUDS.join(", ")}`);
  }
  const address = data.get("address")?.trim() ?? "";
  const url = URL.parse(address);
  const isPlain = url?.protocol === "https:" && url.username === "" && url.password === "" &&
    url.search === "" && url.hash === "";
  if (!isPlain || url === null) return invalid("address", "must be an https address");
  const account = data.get("serviceAccountName")?.trim() || accounts.fallback;
  if (account === "") return invalid("serviceAccountName", "must name an account to log in as");
  if (!accounts.areAllowed) {
    const gate = "please enable the ObjectLevelWorkloadIdentity feature gate in the controller";
    return fail("FeatureGateDisabled", `to log in as a service account ${gate}`);
  }
  const lines = (data.get("audiences") ?? "").split("\n");
  const audiences = lines.map((line) => line.replace(/^\s*-\s/, "").trim()).filter(Boolean);
  return ok({
    server: `${url.origin}${url.pathname.replace(/\/+$/, "")}`,
    caCerts: data.get("ca.crt"),
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
