/**
 * Kinds of objects, and what each holds.
 *
 * @module
 */
import fc from "fast-check";
import { dictionary, listOf, type Make, mapOf, oneOf } from "./model.ts";
import { container, podSpec, template, workload } from "./pods.ts";
import { items, nullable, type Style } from "./style.ts";
import { images, keys, labelMap, names, namespaces, texts, values } from "./values.ts";

function service(style: Style): Make {
  const port = mapOf({ port: oneOf(80, 443) }, {
    protocol: oneOf("TCP", "UDP"),
    name: oneOf("http"),
    targetPort: oneOf(8080, "http"),
  });
  return mapOf({}, {
    ports: items(style, port),
    selector: nullable(labelMap, style),
    type: oneOf("NodePort"),
    externalName: texts,
  });
}

const rules = listOf(
  oneOf(
    { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
    { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cm", "web"], verbs: ["get"] },
  ),
);
const subjects = listOf(
  mapOf({ kind: oneOf("ServiceAccount", "User"), name: fc.constantFrom("web", "default", "db") }, {
    namespace: namespaces,
    apiGroup: oneOf("rbac.authorization.k8s.io"),
  }),
);

/** One kind: how often it is made, and of what. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** Against the weights of the other kinds. */
  readonly weight: number;
  /** The members besides `apiVersion`, `kind` and `metadata`, each of which may be left out. */
  body(style: Style): Readonly<Record<string, Make>>;
}

const data = dictionary(keys, texts);

/** Every kind that is made. */
export const KINDS: readonly Kind[] = [
  ...["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"].map((kind, index) => ({
    apiVersion: "apps/v1",
    kind,
    weight: index === 0 ? 8 : 2,
    body: (style: Style) => ({ spec: workload(style) }),
  })),
  { apiVersion: "v1", kind: "Pod", weight: 2, body: (style) => ({ spec: podSpec(style) }) },
  {
    apiVersion: "batch/v1",
    kind: "Job",
    weight: 2,
    body: (style) => ({ spec: mapOf({ template: template(style) }, { selector: oneOf({}) }) }),
  },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    weight: 2,
    body: (style) => ({
      spec: mapOf({}, {
        schedule: texts,
        jobTemplate: mapOf({ spec: mapOf({ template: template(style) }) }, {
          metadata: oneOf({ labels: { app: "x" } }),
        }),
      }),
    }),
  },
  { apiVersion: "v1", kind: "Service", weight: 5, body: (style) => ({ spec: service(style) }) },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    weight: 6,
    body: (style) => ({ data: nullable(data, style), binaryData: data }),
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    weight: 4,
    body: (style) => ({ data: nullable(data, style), stringData: data, type: oneOf("Opaque") }),
  },
  {
    apiVersion: "v1",
    kind: "ServiceAccount",
    weight: 3,
    body: (style) => ({
      secrets: items(style, mapOf({ name: names })),
      imagePullSecrets: items(style, mapOf({ name: names })),
    }),
  },
  { apiVersion: "v1", kind: "Namespace", weight: 3, body: () => ({ spec: oneOf({}) }) },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    weight: 2,
    body: () => ({
      spec: mapOf({}, { volumeName: names, storageClassName: names, selector: oneOf({}) }),
    }),
  },
  { apiVersion: "v1", kind: "PersistentVolume", weight: 1, body: () => ({ spec: values }) },
  { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", weight: 1, body: () => ({}) },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    weight: 1,
    body: () => ({ value: oneOf(1) }),
  },
  ...["Role", "ClusterRole"].map((kind) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    weight: 2,
    body: () => ({ rules }),
  })),
  ...["RoleBinding", "ClusterRoleBinding"].map((kind) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind,
    weight: 2,
    body: () => ({
      subjects,
      roleRef: mapOf({
        apiGroup: oneOf("rbac.authorization.k8s.io"),
        kind: oneOf("Role", "ClusterRole"),
        name: names,
      }),
    }),
  })),
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    weight: 2,
    body: (style) => ({
      spec: mapOf({}, {
        defaultBackend: oneOf({ service: { name: "web" } }),
        ingressClassName: names,
        tls: items(style, oneOf({ secretName: "db", hosts: ["h", "$(VAR)"] })),
        rules: oneOf([{ http: { paths: [{ backend: { service: { name: "web" } } }] } }]),
      }),
    }),
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    weight: 1,
    body: () => ({
      spec: oneOf(
        { podSelector: { matchLabels: { app: "x" } } },
        { podSelector: {}, ingress: [{ from: [{ podSelector: { matchLabels: { app: "x" } } }] }] },
      ),
    }),
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    weight: 1,
    body: () => ({ spec: oneOf({ selector: { matchLabels: { app: "x" } } }, {}) }),
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    weight: 2,
    body: () => ({
      spec: mapOf({
        scaleTargetRef: mapOf({ kind: oneOf("Deployment", "StatefulSet"), name: names }, {
          apiVersion: oneOf("apps/v1"),
        }),
      }),
    }),
  },
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    weight: 1,
    body: () => ({
      spec: oneOf(
        {
          group: "example.com",
          conversion: { webhook: { clientConfig: { service: { name: "web", namespace: "ns1" } } } },
        },
        { group: "example.com" },
      ),
    }),
  },
  {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    weight: 1,
    body: () => ({
      spec: oneOf({ service: { name: "web" } }, { service: { name: "web", namespace: "ns1" } }, {}),
    }),
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    weight: 1,
    body: (style) => ({
      webhooks: items(
        style,
        oneOf({ name: "w", clientConfig: { service: { name: "web", namespace: "ns1" } } }),
      ),
    }),
  },
  {
    apiVersion: "example.com/v1",
    kind: "Widget",
    weight: 5,
    body: (style) => ({
      spec: mapOf({}, {
        configRef: mapOf({ name: names }),
        containers: items(style, container(style)),
        list: items(style, mapOf({ name: names }, { value: values })),
        text: texts,
        any: nullable(values, style),
        replicas: oneOf(1),
        image: images,
      }),
    }),
  },
];
