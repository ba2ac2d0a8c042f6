/**
 * What clouds say of their clusters, and what clusters ask of whoever shows them a token, for tests.
 *
 * @module
 */
import { isRecord } from "../../lib/base/mod.ts";
import { presignAwsUrl, signAwsRequest } from "../../lib/cloud/mod.ts";
import { kubeconfig } from "../../tools/controlplane/credentials.ts";

/** A cluster that all clouds call theirs. */
export interface StubbedCluster {
  /** Its address. */
  readonly server: string;
  /** Its authority, PEM. */
  readonly caCerts: string;
}

/** What the clouds gave, and whose cluster it is. */
export interface ClusterSecrets {
  readonly cluster: StubbedCluster | undefined;
  readonly armToken: string;
  readonly aksToken: string;
  readonly googleToken: string;
  readonly awsKeys: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

const REGION = "eu-west-1";
const PROVIDER = "projects/12/locations/global/workloadIdentityPools/pool/providers/cluster";

/** The cluster as each cloud names it, who an account is there, and whom the API server then sees. */
export const CLOUD_CLUSTERS = [
  {
    provider: "aws",
    cluster: `arn:aws:eks:${REGION}:12:cluster/one`,
    annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::12:role/app" },
    identity: "arn:aws:iam::12:role/app",
    user: "role",
  },
  {
    provider: "azure",
    cluster: "/subscriptions/0a1b2c3d-0000-0000-0000-000000000000/resourceGroups/shop/providers/" +
      "Microsoft.ContainerService/managedClusters/one",
    annotations: {
      "azure.workload.identity/tenant-id": "t1",
      "azure.workload.identity/client-id": "app",
    },
    identity: "t1/app",
    user: "entra",
  },
  {
    provider: "gcp",
    cluster: "projects/shop/locations/eu/clusters/one",
    annotations: { "gcp.auth.fluxcd.io/workload-identity-provider": PROVIDER },
    identity: `//iam.googleapis.com/${PROVIDER}`,
    user: "google",
  },
] as const;

/** Describes the cluster to whoever may ask, and answers the API server's TokenReviews at `/whose`. */
export function answerForClusters(
  request: Request,
  text: string,
  secrets: ClusterSecrets,
): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/whose") return review(text, secrets);
  const { cluster = { server: "", caCerts: "" }, armToken, googleToken } = secrets;
  const { server } = cluster;
  const shown = request.headers.get("authorization");
  const authority = btoa(cluster.caCerts);
  if (/^\/subscriptions\/.*\/one\/listClusterUserCredential$/.test(pathname)) {
    if (shown !== `Bearer ${armToken}`) return refused();
    const value = btoa(kubeconfig(server, cluster.caCerts, ""));
    return Response.json({ kubeconfigs: [{ name: "clusterUser", value }] });
  }
  if (/^\/v1\/projects\/[^/]+\/locations\/[^/]+\/clusters\/one$/.test(pathname)) {
    if (shown !== `Bearer ${googleToken}`) return refused();
    const endpoint = new URL(server).host;
    return Response.json({ endpoint, masterAuth: { clusterCaCertificate: authority } });
  }
  if (pathname === "/clusters/one" && isSigned(request, secrets)) {
    const described = { endpoint: server, certificateAuthority: { data: authority } };
    return Response.json({ cluster: described });
  }
  return refused();
}

function refused(): Response {
  return Response.json({ message: "not authorized" }, { status: 403 });
}

/** Signs the same request for the time that it names. */
function isSigned({ url, headers }: Request, { awsKeys }: ClusterSecrets): boolean {
  const request = {
    method: "GET",
    url: new URL(url),
    body: "",
    headers: {},
    service: "eks",
    region: REGION,
  } as const;
  const want = signAwsRequest(request, awsKeys, timeOf(headers.get("x-amz-date")));
  return headers.get("authorization") === want.authorization;
}

function review(text: string, secrets: ClusterSecrets): Response {
  const { spec, ...rest } = JSON.parse(text);
  const token = isRecord(spec) ? String(spec["token"]) : "";
  const username = whose(token, secrets);
  const status = username === undefined
    ? { authenticated: false }
    : { authenticated: true, user: { username, groups: ["system:masters"] } };
  return Response.json({ ...rest, status });
}

function whose(token: string, { aksToken, googleToken, awsKeys }: ClusterSecrets) {
  if (token === aksToken) return "entra";
  if (token === googleToken) return "google";
  if (!token.startsWith("k8s-aws-v1.")) return undefined;
  const bytes = Uint8Array.fromBase64(token.slice(11), { alphabet: "base64url" });
  const asked = new TextDecoder().decode(bytes);
  const nowMs = timeOf(new URL(asked).searchParams.get("X-Amz-Date"));
  const url = new URL(
    `https://sts.${REGION}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15`,
  );
  const request = { url, headers: { "x-k8s-aws-id": "one" }, service: "sts", region: REGION };
  const isOurs = asked === presignAwsUrl(request, awsKeys, { nowMs, seconds: 900 });
  return isOurs && Math.abs(Date.now() - nowMs) < 900_000 ? "role" : undefined;
}

/** `20260102T030405Z`, in milliseconds since 1970. */
function timeOf(text: string | null): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? "") ?? [];
  const [year = 0, month = 0, ...rest] = parts.map(Number);
  return Date.UTC(year, month - 1, ...rest);
}
