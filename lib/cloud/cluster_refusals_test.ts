import assert from "node:assert/strict";
import type { CloudAccess } from "./access.ts";
import { POD } from "./cloud_fakes_test.ts";
import {
  ACCESS,
  AKS,
  type Answers,
  base64,
  cluster,
  GKE,
  kubeconfig,
  openStage,
  SUBSCRIPTION,
} from "./cluster_fakes_test.ts";
import type { CloudCluster } from "./clusters.ts";

const refusals: {
  name: string;
  cluster: Partial<CloudCluster>;
  answers?: Answers;
  access?: CloudAccess;
  env?: Readonly<Record<string, string>>;
  want: RegExp;
}[] = [
  {
    name: "a name that is no ARN, even where the address is known",
    cluster: { resource: "shop", address: "https://eks.example", caCerts: "CA" },
    want: /^invalid EKS cluster ARN: 'shop'\. must match \^arn:aws/,
  },
  {
    name: "a region that leads elsewhere",
    cluster: { resource: "arn:aws:eks:evil:12:cluster/shop" },
    want: /^'evil' is no region of AWS$/,
  },
  {
    name: "a cluster of Azure that leads elsewhere",
    cluster: { provider: "azure", resource: `${SUBSCRIPTION}/../x` },
    want: /^invalid AKS cluster ID: /,
  },
  {
    name: "no name of a cluster of Google",
    cluster: { provider: "gcp", resource: "" },
    want: /^invalid GKE cluster ID: ''\. must match \^projects/,
  },
  {
    name: "an address that the cluster has not",
    cluster: { address: "https://other.example" },
    want:
      /^EKS cluster ARN 'arn:.*' has not the address 'https:\/\/other\.example'; it has \['https:\/\/eks\.example'\]$/,
  },
  {
    name: "an address for the controller's own token that the cloud does not know",
    cluster: { address: "https://evil.example", caCerts: "EVIL" },
    access: {},
    want: /has not the address 'https:\/\/evil\.example'/,
  },
  {
    name: "an address of no https",
    cluster: { address: "http://x", caCerts: "CA" },
    want: /^'http:\/\/x' is no https address of a cluster$/,
  },
  {
    name: "a cloud that tells no https address",
    cluster: {},
    answers: {
      eks: { cluster: { endpoint: "http://x", certificateAuthority: { data: base64("CA") } } },
    },
    want: /^EKS cluster ARN '.*' has no address; it has \[\]$/,
  },
  {
    name: "a cluster that is being made",
    cluster: {},
    answers: { eks: { cluster: { status: "CREATING" } } },
    want: /^https:\/\/eks\.eu-west-1\.amazonaws\.com\/clusters\/shop answered without an address/,
  },
  {
    name: "a cluster of Google without an authority",
    cluster: { provider: "gcp", resource: GKE },
    answers: { gke: { endpoint: "34.1.2.3" } },
    want: /\/clusters\/one answered without an address and its authority$/,
  },
  {
    name: "a cluster of Azure that does not know Entra",
    cluster: { provider: "azure", resource: AKS },
    answers: { aks: [kubeconfig("https://aks.example", { "client-certificate-data": "x" })] },
    want: /^the AKS cluster does not have Microsoft Entra ID integration enabled: https:/,
  },
  {
    name: "no kubeconfig",
    cluster: { provider: "azure", resource: AKS },
    answers: { aks: ["- ["] },
    want: /answered without a kubeconfig$/,
  },
  {
    name: "no kubeconfig at all",
    cluster: { provider: "azure", resource: AKS },
    answers: { aks: [] },
    want: /^AKS cluster ID '.*' has no address; it has \[\]$/,
  },
  {
    name: "a service that is no server",
    cluster: { provider: "gcp", resource: GKE },
    env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER: "gke" },
    want: /^CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINER is no http or https URL$/,
  },
];

for (const { name, cluster: change, answers, access = ACCESS, env = POD, want } of refusals) {
  Deno.test(`clusterLogin() refuses ${name}`, async () => {
    const { clouds } = openStage(answers, env);

    const got = await clouds.clusterLogin(cluster(change), access);

    assert.match(got.ok ? "ok" : got.message, want);
  });
}
