/**
 * The fleet of the reconcile benchmark: N Kustomizations of one source, four objects each.
 *
 * The shape is that of Flux's own benchmark (fluxcd/flux-benchmark): impersonation, `wait`, `prune`,
 * substitutions, a Deployment without pods.
 *
 * @module
 */
import { formatTime } from "../../lib/base/mod.ts";
import type { KubeObject } from "../../lib/kube/mod.ts";

/** The name of the GitRepository, and of the folder in it. */
export const SOURCE = "fleet";
/** The account that applies. */
const ACCOUNT = "deployer";

/** What a run rolls out. */
export interface Rollout {
  /** What must be there before. */
  ground(namespace: string): KubeObject[];
  /** The source and the Kustomizations that are awaited. */
  objects(namespace: string, url: string): KubeObject[];
  /** The files of the source's commit number `version`. */
  files(version: number): Record<string, string>;
  /** Longest time of a phase. */
  readonly limitMs: number;
}

const LIMIT_MS = 60_000;
const LIMIT_EACH_MS = 1_000;

/** A fleet of `n`. */
export function fleetOf(n: number): Rollout {
  return {
    ground: fleetGround,
    objects: (namespace, url) => fleetObjects(namespace, n, url),
    files: fleetFiles,
    limitMs: LIMIT_MS + n * LIMIT_EACH_MS,
  };
}

/** The files of the source's commit number `version`: the Deployment differs. */
function fleetFiles(version: number): Record<string, string> {
  return {
    "app/kustomization.yaml": `resources:
- account.yaml
- service.yaml
- deployment.yaml
- ingress.yaml
`,
    "app/account.yaml": `apiVersion: v1
kind: ServiceAccount
metadata:
  name: app-\${INDEX}
`,
    "app/service.yaml": `apiVersion: v1
kind: Service
metadata:
  name: app-\${INDEX}
spec:
  selector:
    app: app-\${INDEX}
  ports:
  - {name: http, port: 9898, targetPort: http}
  - {name: grpc, port: 9999, targetPort: grpc}
`,
    "app/deployment.yaml": deploymentYaml(version),
    "app/ingress.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app-\${INDEX}
spec:
  ingressClassName: none
  rules:
  - host: app-\${INDEX}.example.test
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: app-\${INDEX}
            port: {name: http}
`,
  };
}

function deploymentYaml(version: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-\${INDEX}
spec:
  replicas: \${PODS}
  selector:
    matchLabels:
      app: app-\${INDEX}
  template:
    metadata:
      labels:
        app: app-\${INDEX}
    spec:
      serviceAccountName: app-\${INDEX}
      containers:
      - name: app
        image: example.test/app:6.5.${version}
        ports:
        - {name: http, containerPort: 9898}
        - {name: metrics, containerPort: 9797}
        - {name: grpc, containerPort: 9999}
        readinessProbe: {httpGet: {path: /readyz, port: http}}
        livenessProbe: {httpGet: {path: /healthz, port: http}}
        resources:
          requests: {cpu: ${version}m, memory: 16Mi}
`;
}

/** What must be there before: the namespace, the account that applies, and its right to. */
function fleetGround(namespace: string): KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: ACCOUNT } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { namespace, name: ACCOUNT },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
      subjects: [{ kind: "ServiceAccount", namespace, name: ACCOUNT }],
    },
  ];
}

/** The source and its `n` Kustomizations. */
function fleetObjects(namespace: string, n: number, url: string): KubeObject[] {
  const apps = Array.from({ length: n }, (_, index): KubeObject => ({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { namespace, name: `app-${index}` },
    spec: {
      interval: "60m",
      retryInterval: "2m",
      timeout: "5m",
      path: "./app",
      prune: true,
      wait: true,
      serviceAccountName: ACCOUNT,
      targetNamespace: namespace,
      sourceRef: { kind: "GitRepository", name: SOURCE },
      postBuild: { substitute: { INDEX: `${index}`, PODS: "0" } },
    },
  }));
  return [sourceObject(namespace, url), ...apps];
}

/** The source of a run. */
export function sourceObject(namespace: string, url: string): KubeObject {
  return {
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    metadata: { namespace, name: SOURCE },
    spec: { interval: "60m", url, ref: { branch: "main" } },
  };
}

/** A patch that asks for a run; each call is another request. */
export function runRequest(): { token: string; patch: unknown } {
  const token = `${formatTime(Date.now())} ${crypto.randomUUID()}`;
  return {
    token,
    patch: { metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": token } } },
  };
}
