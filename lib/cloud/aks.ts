/**
 * AKS: a cluster takes Entra's tokens for its server application; where it is stands in the kubeconfig that it hands
 * its users.
 *
 * @module
 */
import { decodeBase64, fail, isRecord, ok, type Result } from "../base/mod.ts";
import { parseFields } from "../yaml/mod.ts";
import { askJson } from "./ask.ts";
import { type ClusterKind, type ClusterPlace, placeOf } from "./cluster_kind.ts";
import { endpointOf } from "./login.ts";

/** The server application of AKS, the same in every tenant. */
const SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630/.default";
const API_VERSION = "2025-01-01";

/** Clusters of Azure. */
export const AKS: ClusterKind = {
  what: "AKS cluster ID",
  form:
    /^\/subscriptions\/([\w-]{36})\/resourceGroups\/([\w.()-]{1,200})\/providers\/Microsoft\.ContainerService\/managedClusters\/([\w-]{1,200})$/,
  isAlwaysNamed: false,

  async find([subscription = "", group = "", name = ""], { logins, options, access }) {
    const endpoint = endpointOf(
      options.env,
      "AZURE_RESOURCE_MANAGER_ENDPOINT",
      "https://management.azure.com",
    );
    if (!endpoint.ok) return endpoint;
    const token = await logins.azureToken(`${endpoint.value}/.default`, access);
    if (!token.ok) return token;
    const id = `subscriptions/${subscription}/resourceGroups/${group}/providers/` +
      `Microsoft.ContainerService/managedClusters/${name}`;
    const url = `${endpoint.value}/${id}/listClusterUserCredential?api-version=${API_VERSION}`;
    const headers = { authorization: `Bearer ${token.value.token}` };
    const question = { url, headers, secrets: [token.value.token] };
    const answer = await askJson(question, { ...options, ...access });
    if (!answer.ok) return answer;
    const { kubeconfigs } = answer.value;
    const listed = Array.isArray(kubeconfigs) ? kubeconfigs.filter(isRecord) : [];
    const places: ClusterPlace[] = [];
    for (const { value } of listed) {
      const found = readPlace(String(value), url);
      if (!found.ok) return found;
      places.push(found.value);
    }
    return ok(places);
  },

  async token(_parts, { logins, access }) {
    const got = await logins.azureToken(SERVER, access);
    return got.ok ? ok(got.value.token) : got;
  },
};

/** Of a kubeconfig in base64 only where it leads counts: as whom, Entra says. */
function readPlace(base64: string, url: string): Result<ClusterPlace> {
  const bytes = decodeBase64(base64) ?? new Uint8Array();
  const config = parseFields(new TextDecoder().decode(bytes));
  if (config === undefined) return fail("InvalidData", `${url} answered without a kubeconfig`);
  const partOf = (list: unknown, part: string) => {
    const [first] = Array.isArray(list) ? list : [];
    const found = isRecord(first) ? first[part] : undefined;
    return isRecord(found) ? found : {};
  };
  if (partOf(config["users"], "user")["client-certificate-data"] !== undefined) {
    const how = "https://learn.microsoft.com/azure/aks/enable-authentication-microsoft-entra-id";
    const why = "the AKS cluster does not have Microsoft Entra ID integration enabled";
    return fail("NotConfigured", `${why}: ${how}`);
  }
  const cluster = partOf(config["clusters"], "cluster");
  return placeOf(url, cluster["server"], cluster["certificate-authority-data"]);
}
