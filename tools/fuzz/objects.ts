/**
 * Kubernetes objects, and pieces of them as patches hold them, from pools so small that they meet.
 *
 * @module
 */
import fc from "fast-check";
import { dictionary, type Json, listOf, type Make, mapOf, oneOf } from "./model.ts";

/** Names of objects. */
export const names = fc.constantFrom("web", "db", "cm", "a.b");
/** Namespaces. */
export const namespaces = fc.constantFrom("ns1", "ns2", "default");
/** Keys of labels, annotations and data. */
export const keys = fc.constantFrom("app", "tier", "a.b/c", "k1", "K_2", "n10", "n9");

/** Texts that YAML is apt to get wrong, `$(…)` and nested documents. */
export const texts: Make = fc.oneof(
  { weight: 6, arbitrary: oneOf("x", "web", "db", "cm", "frontend", "v1") },
  {
    weight: 3,
    arbitrary: oneOf(
      ..."true no on null ~ 1 1.50 0x1F 1e3 12:30 2001-01-01 - ? = << .5 +1 0o7 é 😀".split(" "),
    ),
  },
  {
    weight: 2,
    arbitrary: oneOf(
      "",
      " x",
      "x ",
      "a: b",
      "a #b",
      "two\nlines",
      "two\nlines\n",
      "\n  x\n",
      "a b ".repeat(30),
      `${"word ".repeat(18)}\nx`,
      "tab\there",
      "$(VAR)/$(OTHER)",
      "$$(VAR)",
      '{"k1":{"app":"x"},"l":[1,"b"]}',
      "k1: {app: x}\nl: [1, b]\n",
      "a-b-c",
      "/web/db/",
    ),
  },
);

/** Scalars as they are written, which JSON could not say. */
export const rawScalars: Make = fc.constantFrom(
  ..."0x1f 017 0o17 1_000 1.0 1e3 1e10 .5 2020-01-01 ~ Null True yes 12345678901234567890 -0 1:30"
    .split(" "),
  '"q"',
  "'s'",
  "!!str 1",
  "",
).map((it) => ({ $raw: it }));

/** Any scalar. */
export const scalars: Make = fc.oneof(
  { weight: 6, arbitrary: texts },
  { weight: 2, arbitrary: oneOf(0, 1, -3, 1.5, 8080, true, false) },
  { weight: 1, arbitrary: rawScalars },
);

/** Any small value. */
export const values: Make = fc.oneof(
  { weight: 5, arbitrary: scalars },
  { weight: 1, arbitrary: listOf(scalars, 3, 0) },
  { weight: 1, arbitrary: dictionary(keys, scalars) },
  { weight: 1, arbitrary: listOf(mapOf({}, { name: names, value: scalars, k1: scalars }), 2) },
);

const labelMap = dictionary(keys, oneOf("x", "y", "web", "1", "true", "a b"));
const images = oneOf(
  "nginx",
  "nginx:1.2",
  "nginx@sha256:24a0c4b4",
  "nginx:1@sha256:24a0c4b4",
  "reg.io:5000/nginx:1",
  "my.nginx",
  "",
);

/** Image references and the names of image rules. */
export const imageNames = oneOf("nginx", "reg.io:5000/nginx", "my.nginx", "n.*x", "(", "");

/** How an object or a patch is made. */
export interface Style {
  /** Nulls, directives and keys left out, as in patches. */
  readonly patchy: boolean;
}

function nullable(make: Make, { patchy }: Style): Make {
  return patchy ? fc.oneof({ weight: 7, arbitrary: make }, oneOf(null)) : make;
}

/** Comments that are schemas. */
const notes = oneOf(
  "{}",
  '{"$imagepolicy": "ns:name"}',
  '{"type":"array","x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"}',
  '{"type":"array","x-kubernetes-patch-strategy":"merge"}',
  '{"type":"array","items":{"$ref":"#/definitions/io.k8s.api.core.v1.Container"},' +
    '"x-kubernetes-patch-strategy":"merge","x-kubernetes-patch-merge-key":"name"}',
  "note",
);

/** Items of a list, which few have a comment; in patches some carry a directive. */
function items(style: Style, item: Make, most = 3): Make {
  const list = bareItems(style, item, most);
  return fc.oneof(
    { weight: 40, arbitrary: list },
    {
      weight: 1,
      arbitrary: fc.tuple(list, notes).map(([it, note]): Json => ({ $noted: it, note })),
    },
  );
}

function bareItems(style: Style, item: Make, most: number): Make {
  if (!style.patchy) return listOf(item, most, 1);
  const directive = oneOf("delete", "replace", "merge", "delete", "odd");
  const marked = fc.tuple(item, directive).map(([it, word]): Json =>
    typeof it === "object" && it !== null ? { ...it, $patch: word } : it
  );
  const alone = directive.map((word): Json => ({ $patch: word }));
  const any = fc.oneof(
    { weight: 8, arbitrary: item },
    { weight: 2, arbitrary: marked },
    { weight: 1, arbitrary: alone },
  );
  return listOf(any, most, 0);
}

function container(style: Style): Make {
  const variable = mapOf({ name: fc.constantFrom("A", "B", "C") }, {
    value: nullable(scalars, style),
    valueFrom: oneOf(
      { configMapKeyRef: { name: "cm", key: "k1" } },
      { secretKeyRef: { name: "db", key: "k1", optional: true } },
      { fieldRef: { fieldPath: "metadata.name" } },
    ),
  }, 1);
  const port = mapOf({ containerPort: oneOf(80, 8080) }, {
    protocol: oneOf("TCP", "UDP"),
    name: oneOf("http", "web"),
    hostPort: oneOf(1),
  }, 2);
  return mapOf({ name: fc.constantFrom("main", "side", "main") }, {
    image: nullable(images, style),
    env: items(style, variable),
    ports: items(style, port),
    envFrom: items(
      style,
      oneOf({ configMapRef: { name: "cm" } }, { secretRef: { name: "db" }, prefix: "P" }),
    ),
    command: listOf(texts, 3, 0),
    args: listOf(texts, 2),
    volumeMounts: items(
      style,
      mapOf({ mountPath: oneOf("/a", "/b"), name: oneOf("v1", "v2") }, { readOnly: oneOf(true) }),
    ),
    resources: nullable(oneOf({ limits: { cpu: 1 } }, { limits: { memory: "1Gi" } }, {}), style),
    securityContext: nullable(oneOf({ runAsUser: 1 }, { privileged: true }), style),
  }, 4);
}

function podSpec(style: Style): Make {
  const volume = mapOf({ name: oneOf("v1", "v2") }, {
    configMap: nullable(
      oneOf({ name: "cm" }, { name: "cm", items: [{ key: "k1", path: "p" }] }),
      style,
    ),
    secret: oneOf({ secretName: "db" }),
    persistentVolumeClaim: oneOf({ claimName: "db" }),
    projected: oneOf({ sources: [{ configMap: { name: "cm" } }, { secret: { name: "db" } }] }),
    emptyDir: oneOf({}),
  }, 1);
  return mapOf(style.patchy ? {} : { containers: items(style, container(style)) }, {
    containers: items(style, container(style)),
    initContainers: items(style, container(style), 2),
    volumes: items(style, volume),
    serviceAccountName: names,
    imagePullSecrets: items(style, mapOf({ name: names }), 2),
    nodeSelector: nullable(labelMap, style),
    tolerations: items(style, mapOf({ key: names }, { operator: oneOf("Exists") }), 2),
    priorityClassName: names,
    hostAliases: items(
      style,
      mapOf({ ip: oneOf("1.1.1.1", "2.2.2.2") }, { hostnames: oneOf(["h"]) }),
    ),
    topologySpreadConstraints: items(
      style,
      oneOf({
        topologyKey: "z",
        whenUnsatisfiable: "x",
        labelSelector: { matchLabels: { app: "x" } },
      }),
      1,
    ),
    affinity: oneOf({
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{
          topologyKey: "z",
          labelSelector: { matchLabels: { app: "x" } },
        }],
      },
    }),
  }, 3);
}

function template(style: Style): Make {
  return mapOf({ spec: podSpec(style) }, {
    metadata: mapOf({}, { labels: labelMap, annotations: labelMap, name: names }),
  });
}

function workload(style: Style): Make {
  return mapOf({}, {
    replicas: nullable(oneOf(0, 1, 3, "3"), style),
    selector: oneOf({ matchLabels: { app: "x" } }, { matchLabels: {} }, {}),
    template: template(style),
    strategy: oneOf({ type: "Recreate" }, { rollingUpdate: { maxSurge: 1 } }, {
      $retainKeys: ["type"],
    }),
    volumeClaimTemplates: items(style, oneOf({ metadata: { name: "db" }, spec: {} }), 1),
    serviceName: names,
  }, 4);
}

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

interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly weight: number;
  body(style: Style): Readonly<Record<string, Make>>;
}

const data = dictionary(keys, texts);

const KINDS: readonly Kind[] = [
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

/** Kinds, for selectors and references. */
export const kinds = fc.constantFrom(
  "Deployment",
  "ConfigMap",
  "Service",
  "Secret",
  "Widget",
  "Pod",
);

function metadata(style: Style): Make {
  const annotations = fc.oneof(
    { weight: 6, arbitrary: dictionary(keys, texts) },
    oneOf(
      { "config.kubernetes.io/local-config": "true" },
      { "kustomize.config.k8s.io/needs-hash": "true" },
      { "internal.config.kubernetes.io/prefixes": "p-" },
      { n: "x" },
      { k1: 1, app: true },
    ),
  );
  return mapOf({ name: names }, {
    namespace: namespaces,
    labels: nullable(labelMap, style),
    annotations: nullable(annotations, style),
    finalizers: listOf(names, 2, 0),
    creationTimestamp: oneOf(null),
  }, 2);
}

function objectOf(kind: Kind, style: Style): Make {
  return mapOf(
    { apiVersion: oneOf(kind.apiVersion), kind: oneOf(kind.kind), metadata: metadata(style) },
    kind.body(style),
  );
}

function anyObject(style: Style): Make {
  return fc.oneof(
    ...KINDS.map((kind) => ({ weight: kind.weight, arbitrary: objectOf(kind, style) })),
  );
}

/** Objects as resource files hold them. */
export const objects: Make = fc.oneof(
  { weight: 30, arbitrary: anyObject({ patchy: false }) },
  {
    weight: 1,
    arbitrary: listOf(anyObject({ patchy: false }), 2).map((them) => ({
      apiVersion: "v1",
      kind: "List",
      items: them,
    })),
  },
);

/** Objects as strategic merge patches hold them. */
export const patchObjects: Make = fc.oneof(
  { weight: 20, arbitrary: anyObject({ patchy: true }) },
  {
    weight: 1,
    arbitrary: fc.tuple(anyObject({ patchy: true }), oneOf("delete", "replace", "merge")).map(
      ([it, word]): Json => typeof it === "object" && it !== null ? { ...it, $patch: word } : it,
    ),
  },
);
