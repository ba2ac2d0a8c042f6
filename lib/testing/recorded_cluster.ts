/**
 * The real client over recorded exchanges: a closed list of what a kube-apiserver 1.36 answered.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Cluster } from "../kube/mod.ts";
import { openCluster, type OpenClusterOptions } from "../kube/open_cluster.ts";
import type { HttpClientOptions } from "../kube/transport.ts";
import { FakeClock } from "./fake_clock.ts";
import { type Exchange, RecordedFetch } from "./recorded_fetch.ts";

/** Where the recorded server is. */
export const RECORDED_SERVER = "https://10.0.0.1:6443";

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** One entry of aggregated discovery. */
export function discoveredResource(
  kind: string,
  plural: string,
  options: { scope?: string; verbs?: string[] } = {},
): Record<string, unknown> {
  const { scope = "Namespaced", verbs = VERBS } = options;
  return { resource: plural, responseKind: { group: "", version: "", kind }, scope, verbs };
}

/** One group version of aggregated discovery. */
export function discoveredVersion(
  version: string,
  resources: unknown[],
  freshness = "Current",
): Record<string, unknown> {
  return { version, freshness, resources };
}

/** An aggregated discovery answer: group names and their versions. */
export function discoveryList(groups: Record<string, unknown[]>): unknown {
  const items = Object.entries(groups).map(([name, versions]) => ({
    metadata: { name },
    versions,
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items };
}

/** The two exchanges of a discovery. */
export function discoveryExchanges(
  groups: Record<string, unknown[]> = {
    apps: [discoveredVersion("v1", [discoveredResource("Deployment", "deployments")])],
  },
): Exchange[] {
  const core = discoveryList({
    "": [
      discoveredVersion("v1", [
        discoveredResource("ConfigMap", "configmaps"),
        discoveredResource("Namespace", "namespaces", { scope: "Cluster" }),
        discoveredResource("Binding", "bindings", { verbs: ["create"] }),
      ]),
    ],
  });
  return [
    { request: "GET /api", answer: { json: core, headers: { etag: '"core"' } } },
    { request: "GET /apis", answer: { json: discoveryList(groups) } },
  ];
}

/** A Status as the server words a refusal. */
export function refusal(
  code: number,
  reason: string,
  message: string,
  details?: unknown,
): unknown {
  return { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, details, code };
}

/** The client over a closed list of exchanges. */
export interface RecordedCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly server: RecordedFetch;
  readonly clock: FakeClock;
  /** Options of each connection pool that was made. */
  readonly pools: HttpClientOptions[];
  /** Log lines. */
  readonly logged: string[];
}

/** Opens the real client over `exchanges`; disposing verifies that exactly they took place. */
export async function openRecorded(
  exchanges: readonly Exchange[],
  options: Pick<OpenClusterOptions, "kubeconfig" | "readFile" | "restMs" | "maxListBytes"> = {},
): Promise<RecordedCluster> {
  const clock = new FakeClock();
  const server = new RecordedFetch(RECORDED_SERVER, exchanges);
  const pools: HttpClientOptions[] = [];
  const logged: string[] = [];
  const opened = await openCluster({
    kubeconfig: kubeconfigFor({ token: "t0" }),
    ...options,
    clock,
    random: () => 0,
    fetch: server.fetch,
    createHttpClient: (pool) => {
      pools.push(pool);
      return { close() {}, [Symbol.dispose]() {} };
    },
    log: (message) => void logged.push(message),
  });
  assert.ok(opened.ok, JSON.stringify(opened));
  const cluster = opened.value;
  return {
    cluster,
    server,
    clock,
    pools,
    logged,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      server.verify();
    },
  };
}

/** A kubeconfig for the recorded server with the given user and additions to its cluster. */
export function kubeconfigFor(
  user: Record<string, unknown>,
  cluster: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    "current-context": "dev",
    contexts: [{ name: "dev", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: RECORDED_SERVER, ...cluster } }],
    users: [{ name: "u", user }],
  });
}
