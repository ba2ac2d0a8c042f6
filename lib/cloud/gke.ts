/**
 * GKE: a cluster takes Google's own tokens.
 *
 * @module
 */
import { isRecord, ok } from "../base/mod.ts";
import { askJson } from "./ask.ts";
import { type ClusterKind, placeOf } from "./cluster_kind.ts";
import { endpointOf } from "./login.ts";

/** The cluster's rules may name who asks by mail address. */
const SCOPES = "https://www.googleapis.com/auth/cloud-platform " +
  "https://www.googleapis.com/auth/userinfo.email";

/** Clusters of Google. */
export const GKE: ClusterKind = {
  what: "GKE cluster ID",
  form: /^projects\/([\w.:-]{1,200})\/locations\/([\w-]{1,200})\/clusters\/([\w-]{1,200})$/,
  isAlwaysNamed: false,

  async find([project = "", location = "", name = ""], { logins, options, access }) {
    const endpoint = endpointOf(
      options.env,
      "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER",
      "https://container.googleapis.com",
    );
    if (!endpoint.ok) return endpoint;
    const token = await logins.googleToken(SCOPES, access);
    if (!token.ok) return token;
    const path = `v1/projects/${project}/locations/${location}/clusters/${name}`;
    const url = `${endpoint.value}/${path}`;
    const headers = { authorization: `Bearer ${token.value.token}` };
    const question = { method: "GET", url, headers, secrets: [token.value.token] } as const;
    const answer = await askJson(question, { ...options, ...access });
    if (!answer.ok) return answer;
    const { endpoint: first, masterAuth, controlPlaneEndpointsConfig: more } = answer.value;
    const { clusterCaCertificate } = isRecord(masterAuth) ? masterAuth : {};
    const place = placeOf(url, first, clusterCaCertificate);
    if (!place.ok) return place;
    const others = otherAddresses(isRecord(more) ? more : {});
    return ok([place.value, ...others.map((server) => ({ ...place.value, server }))]);
  },

  async token(_parts, { logins, access }) {
    const got = await logins.googleToken(SCOPES, access);
    return got.ok ? ok(got.value.token) : got;
  },
};

/** A cluster may have a name, and addresses inside and outside. */
function otherAddresses(config: Readonly<Record<string, unknown>>): string[] {
  const { dnsEndpointConfig: byName, ipEndpointsConfig: byAddress } = config;
  const { endpoint } = isRecord(byName) ? byName : {};
  const { publicEndpoint, privateEndpoint } = isRecord(byAddress) ? byAddress : {};
  const found = [publicEndpoint, privateEndpoint, endpoint];
  return found.flatMap((text) => typeof text === "string" && text !== "" ? [text] : []);
}
