/**
 * The Deployments: names and labels as the `flux` CLI expects them, flags from the one table.
 *
 * @module
 */
import { FLAGS, parseFlags } from "../../lib/runtime/mod.ts";
import { entrypointOf, type Narrowing } from "./entrypoint.ts";

/** One Deployment. */
export interface Workload {
  /** Its name, its ServiceAccount's, and the value of its pods' label `app`. */
  readonly name: string;
  /** What runs in it. */
  readonly components: readonly string[];
  /** It keeps and serves artifacts. */
  readonly stores: boolean;
  /** It keeps a few small files that would be asked for again: they outlive its container, not its pod. */
  readonly keeps?: boolean;
  /** Where it needs fewer permissions than the image's own ENTRYPOINT has. */
  readonly narrowing?: Narrowing;
}

/** The image; an overlay of yours names your registry with `images`. */
const IMAGE = "sluice:v0.1.0";
/** The user of the image, too. */
const USER = 65532;
const POD_IP = "$(POD_IP)";
const SOURCE_HOST = "source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.";

/** All Deployments that an overlay may choose from. */
export const WORKLOADS: readonly Workload[] = [
  { name: "source-controller", components: ["source"], stores: true },
  {
    name: "kustomize-controller",
    components: ["kustomize"],
    stores: false,
    narrowing: {
      // The variables are the kubelet's; with them every host it talks to is known beforehand.
      net: [
        "$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)",
        `${SOURCE_HOST}:80`,
        `${POD_IP}${FLAGS["health-addr"].default}`,
        `${POD_IP}${FLAGS["metrics-addr"].default}`,
      ],
    },
  },
  {
    name: "image-reflector-controller",
    components: ["image-reflector"],
    stores: false,
    keeps: true,
  },
  {
    name: "image-automation-controller",
    components: ["image-automation"],
    stores: false,
    keeps: true,
  },
  {
    name: "sluice",
    components: ["source", "kustomize", "image-reflector", "image-automation"],
    stores: true,
  },
];

/** The arguments after the ENTRYPOINT. */
export function argumentsOf({ components, stores, keeps = false }: Workload): string[] {
  const args = [
    // The CLI's own generators patch the first seven by position (contract/cli.md §1).
    "--events-addr=",
    "--watch-all-namespaces=true",
    "--log-level=info",
    "--log-encoding=json",
    "--enable-leader-election",
    ...(stores ? ["--storage-path=/data", `--storage-adv-addr=${SOURCE_HOST}`] : []),
    ...(stores ? [`--storage-addr=${POD_IP}${FLAGS["storage-addr"].default}`] : []),
    `--health-addr=${POD_IP}${FLAGS["health-addr"].default}`,
    `--metrics-addr=${POD_IP}${FLAGS["metrics-addr"].default}`,
    `--only=${components.join(",")}`,
    ...(keeps ? ["--storage-path=/data"] : []),
  ];
  const parsed = parseFlags(FLAGS, args);
  if (!parsed.ok) throw new TypeError(`A Deployment's arguments: ${parsed.message}`);
  return args;
}

/** The Deployment of `workload`. */
export function deploymentOf(workload: Workload): Record<string, unknown> {
  const { name, stores } = workload;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace: "flux-system",
      labels: { "app.kubernetes.io/component": name, "control-plane": "controller" },
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      // Two pods would have an artifact folder each, and the Service would send to both.
      strategy: { type: stores ? "Recreate" : "RollingUpdate" },
      template: {
        metadata: {
          labels: { "app": name, "app.kubernetes.io/component": name },
          annotations: { "prometheus.io/port": "8080", "prometheus.io/scrape": "true" },
        },
        spec: podOf(workload),
      },
    },
  };
}

function podOf(workload: Workload): Record<string, unknown> {
  return {
    serviceAccountName: workload.name,
    nodeSelector: { "kubernetes.io/os": "linux" },
    priorityClassName: "system-cluster-critical",
    terminationGracePeriodSeconds: 60,
    securityContext: {
      fsGroup: USER,
      runAsGroup: USER,
      runAsNonRoot: true,
      runAsUser: USER,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [containerOf(workload)],
    ...volumesOf(workload),
  };
}

function volumesOf({ stores, keeps = false }: Workload): Record<string, unknown> {
  if (!stores && !keeps) return {};
  return { volumes: [{ name: "data", emptyDir: { sizeLimit: stores ? "10Gi" : "100Mi" } }] };
}

function containerOf(workload: Workload): Record<string, unknown> {
  const { stores, keeps = false, narrowing } = workload;
  return {
    name: "manager",
    image: IMAGE,
    imagePullPolicy: "IfNotPresent",
    ...(narrowing !== undefined && { command: entrypointOf(narrowing) }),
    args: argumentsOf(workload),
    env: [
      fieldVariable("RUNTIME_NAMESPACE", "metadata.namespace"),
      fieldVariable("POD_IP", "status.podIP"),
    ],
    ports: [
      ...(stores ? [portOf("http", FLAGS["storage-addr"].default)] : []),
      portOf("http-prom", FLAGS["metrics-addr"].default),
      portOf("healthz", FLAGS["health-addr"].default),
    ],
    livenessProbe: { httpGet: { path: "/healthz", port: "healthz" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "healthz" } },
    resources: {
      limits: { cpu: "1000m", memory: "1Gi" },
      requests: { cpu: "100m", memory: "128Mi" },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
    ...((stores || keeps) && { volumeMounts: [{ mountPath: "/data", name: "data" }] }),
  };
}

function portOf(name: string, address: string): Record<string, unknown> {
  return { name, containerPort: Number(address.slice(1)), protocol: "TCP" };
}

function fieldVariable(name: string, fieldPath: string): Record<string, unknown> {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
