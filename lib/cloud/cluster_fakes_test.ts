/**
 * Clouds that know one cluster each.
 *
 * @module
 */
import { encodeBase64 } from "../base/mod.ts";
import type { CloudAccess } from "./access.ts";
import { account, type CloudRequest, fakeClouds, POD } from "./cloud_fakes_test.ts";
import type { CloudCluster } from "./mod.ts";

export const EKS = "arn:aws:eks:eu-west-1:12:cluster/shop";
export const SUBSCRIPTION = "/subscriptions/0a1b2c3d-0000-0000-0000-000000000000";
export const AKS =
  `${SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/one`;
export const GKE = "projects/shop/locations/europe-west1/clusters/one";
export const ACCESS: CloudAccess = {
  account: account({
    annotations: {
      ...account().annotations,
      "gcp.auth.fluxcd.io/workload-identity-provider":
        "projects/12/locations/global/workloadIdentityPools/pool/providers/cluster",
    },
  }),
};

export function base64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

export function kubeconfig(server: string, user: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    clusters: [{
      name: "one",
      cluster: { server, "certificate-authority-data": base64("AKS-CA") },
    }],
    users: [{ name: "u", user }],
  });
}

/** What differs from the usual answers. */
export interface Answers {
  readonly eks?: unknown;
  readonly gke?: unknown;
  readonly aks?: readonly string[];
}

/** All three clouds; tokens say what they are for. */
function answer(request: CloudRequest, nowMs: number, answers: Answers): Response {
  const { line, body } = request;
  if (line.includes("//sts.eu-west-1.")) {
    const keys = ["<AccessKeyId>AK</AccessKeyId>", "<SecretAccessKey>secret</SecretAccessKey>"];
    const end = new Date(nowMs + 3_600_000).toISOString();
    return new Response(
      `${keys.join("")}<SessionToken>se/ss</SessionToken><Expiration>${end}</Expiration>`,
    );
  }
  if (line.includes("//eks.")) {
    const cluster = {
      endpoint: "https://EKS.example",
      certificateAuthority: { data: base64("CA") },
    };
    return Response.json(answers.eks ?? { cluster });
  }
  if (line.includes("//login.")) {
    const scope = new URLSearchParams(body).get("scope");
    return Response.json({ access_token: `for ${scope}`, expires_in: 3_600 });
  }
  if (line.includes("//management.")) {
    const kubeconfigs = (answers.aks ?? [kubeconfig("https://aks.example:443")]).map((text) => ({
      name: "clusterUser",
      value: base64(text),
    }));
    return Response.json({ kubeconfigs });
  }
  if (line.includes("//container.")) {
    return Response.json(
      answers.gke ?? {
        endpoint: "34.1.2.3",
        masterAuth: { clusterCaCertificate: base64("GKE-CA") },
        controlPlaneEndpointsConfig: {
          dnsEndpointConfig: { endpoint: "gke-12.gke.goog" },
          ipEndpointsConfig: { publicEndpoint: "34.1.2.3", privateEndpoint: "10.0.0.2" },
        },
      },
    );
  }
  return Response.json({ access_token: "google", expires_in: 3_600 });
}

export function openStage(answers: Answers = {}, env: Readonly<Record<string, string>> = POD) {
  const seen: CloudRequest[] = [];
  const { clouds, clock } = fakeClouds((_n, clock, request) => {
    seen.push(request);
    return answer(request, clock.now(), answers);
  }, { env });
  return { clouds, clock, seen, lines: () => seen.map(({ line }) => line) };
}

export function cluster(change: Partial<CloudCluster>): CloudCluster {
  return { provider: "aws", resource: EKS, address: "", caCerts: "", ...change };
}
