/**
 * The command line of each part of the control plane.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { listenApart } from "../free_port.ts";
import type { Programs } from "./programs.ts";

/** Ports that must be free at start. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

/** Finds ports that nobody listens on now. */
export function freePorts(): Ports {
  const listen = (port: number) => Deno.listen({ hostname: "127.0.0.1", port });
  const listeners = [0, 0, 0].map(() => listenApart(listen));
  // All are held until the last is chosen, so that no two are the same.
  const [etcd = 0, etcdPeer = 0, apiServer = 0] = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return { etcd, etcdPeer, apiServer };
}

/** Runs etcd in memory speed: what it holds is not worth an fsync. */
export function etcdCommand(programs: Programs, folder: string, ports: Ports): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    ...programs.etcd,
    `--data-dir=${folder}/etcd`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--log-level=error",
    "--quota-backend-bytes=8589934592",
  ];
}

/** The API server. */
export function apiServerCommand(
  programs: Programs,
  folder: string,
  ports: Ports,
): string[] {
  return [
    ...programs["kube-apiserver"],
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--secure-port=${ports.apiServer}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    // There is one server, and a loopback address must not become an endpoint.
    "--endpoint-reconciler-type=none",
    `--cert-dir=${folder}/certificates`,
    `--token-auth-file=${folder}/tokens.csv`,
    "--authorization-mode=RBAC",
    // A /24 runs out at 254 Services.
    "--service-cluster-ip-range=10.0.0.0/16",
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    `--service-account-key-file=${folder}/service-accounts.pub`,
    `--service-account-signing-key-file=${folder}/service-accounts.key`,
    "--allow-privileged=true",
    "--profiling=false",
  ];
}

/** Flags that make the API server keep an audit log. */
export function auditFlags(folder: string): string[] {
  return [
    `--audit-policy-file=${folder}/audit-policy.yaml`,
    `--audit-log-path=${folder}/audit.log`,
  ];
}

/** Says where tokens are asked about. */
export const TOKEN_WEBHOOK_FILE = "token-webhook.yaml";

/** Flags that make the API server ask whose a token is. */
export function tokenWebhookFlags(folder: string): string[] {
  return [
    `--authentication-token-webhook-config-file=${folder}/${TOKEN_WEBHOOK_FILE}`,
    "--authentication-token-webhook-version=v1",
  ];
}

/** Every request once, when it is answered, without bodies. */
export const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
`;

/** Every write with what was sent and what came of it; reads and what says nothing of objects are left out. */
export const AUDIT_BODIES_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
omitManagedFields: true
rules:
- level: None
  verbs: [get, list, watch]
- level: None
  resources:
  - group: ""
    resources: [events, serviceaccounts/token]
  - group: events.k8s.io
  - group: coordination.k8s.io
  - group: authentication.k8s.io
  - group: authorization.k8s.io
- level: RequestResponse
`;

/** All controllers but none that waits for a lease. */
export function controllerManagerCommand(programs: Programs, folder: string): string[] {
  return [
    ...programs["kube-controller-manager"],
    `--kubeconfig=${folder}/kube-controller-manager.yaml`,
    `--service-account-private-key-file=${folder}/service-accounts.key`,
    `--root-ca-file=${folder}/ca.pem`,
    "--controllers=*",
    "--leader-elect=false",
    "--secure-port=0",
    "--namespace-sync-period=2s",
    "--resource-quota-sync-period=10s",
    // Its usual 20 requests a second would be all that a benchmark of a hundred Deployments measures.
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
    "--profiling=false",
  ];
}

/** The scheduler, which puts every pod on the one node. */
export function schedulerCommand(programs: Programs, folder: string): string[] {
  return [
    ...programs["kube-scheduler"],
    `--kubeconfig=${folder}/kube-scheduler.yaml`,
    "--leader-elect=false",
    "--secure-port=0",
    "--profiling=false",
  ];
}

/** kwok, which plays the kubelet of every node. */
export function kwokCommand(programs: Programs, folder: string): string[] {
  return [
    ...programs.kwok,
    `--kubeconfig=${folder}/kwok.yaml`,
    `--config=${fileURLToPath(new URL("kwok.yaml", import.meta.url))}`,
    "--manage-all-nodes=true",
    "--cidr=10.244.0.0/16",
    "--node-ip=127.0.0.1",
    "--node-lease-duration-seconds=40",
    "--v=ERROR",
  ];
}
