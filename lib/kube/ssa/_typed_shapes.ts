/**
 * What a round trip through Kubernetes' Go types leaves behind in objects of built-in kinds: fields that
 * Go always writes appear with their zero value. Flux sends objects this way, so fields owned by its
 * field manager stay owned when Sluice takes over.
 *
 * @module
 */

/** Zero values of one struct and the shapes of its fields. */
export interface Shape {
  /** Fields that are always written; an object is the shape's own empty struct. */
  readonly zero?: Readonly<Record<string, unknown>>;
  /** Fields that are left out when empty. */
  readonly dropEmpty?: readonly string[];
  /** Shapes of struct fields, and of the items of list fields. */
  readonly fields?: Readonly<Record<string, Shape>>;
  /** Fields that map resource names to quantities. */
  readonly quantities?: readonly string[];
}

const RESOURCES: Shape = { quantities: ["limits", "requests"] };
const METADATA: Shape = { dropEmpty: ["labels", "annotations", "finalizers", "ownerReferences"] };
const PROBE: Shape = {
  fields: { httpGet: { zero: { port: 0 } }, tcpSocket: { zero: { port: 0 } } },
};
const CONTAINER: Shape = {
  zero: { name: "", resources: {} },
  dropEmpty: ["args", "command", "env", "envFrom", "ports", "volumeMounts", "volumeDevices"],
  fields: {
    resources: RESOURCES,
    ports: { zero: { protocol: "TCP" } },
    livenessProbe: PROBE,
    readinessProbe: PROBE,
    startupProbe: PROBE,
  },
};
const POD_SPEC: Shape = {
  dropEmpty: [
    "hostAliases",
    "imagePullSecrets",
    "initContainers",
    "nodeSelector",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
  ],
  fields: { containers: CONTAINER, initContainers: CONTAINER, ephemeralContainers: CONTAINER },
};
const POD_TEMPLATE: Shape = {
  zero: { metadata: {}, spec: {} },
  fields: { metadata: METADATA, spec: POD_SPEC },
};
const CLAIM: Shape = {
  zero: { spec: {} },
  fields: {
    metadata: METADATA,
    spec: { zero: { resources: {} }, fields: { resources: RESOURCES } },
  },
};
const CLAIM_TEMPLATE: Shape = { ...CLAIM, zero: { metadata: {}, spec: {}, status: {} } };
const JOB_SPEC: Shape = { zero: { template: {} }, fields: { template: POD_TEMPLATE } };
const BINDING: Shape = {
  zero: { roleRef: {} },
  dropEmpty: ["subjects"],
  fields: {
    roleRef: { zero: { apiGroup: "", kind: "", name: "" } },
    subjects: { zero: { name: "" } },
  },
};

/** A kind whose `spec` is a struct. */
function withSpec(spec: Shape): Shape {
  return { zero: { spec: {} }, fields: { metadata: METADATA, spec } };
}

/** A workload: a template of pods, a selector, and `zero` besides. */
function workload(zero: Readonly<Record<string, unknown>>): Shape {
  return withSpec({
    zero: { selector: null, template: {}, ...zero },
    dropEmpty: ["volumeClaimTemplates"],
    fields: { template: POD_TEMPLATE, volumeClaimTemplates: CLAIM_TEMPLATE },
  });
}

/** Shapes by `apiVersion/Kind`; a kind that is not here goes through as it is. */
export const TYPED_SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["v1/Namespace", withSpec({})],
  ["v1/ServiceAccount", {
    dropEmpty: ["secrets", "imagePullSecrets"],
    fields: { metadata: METADATA },
  }],
  ["v1/ConfigMap", { dropEmpty: ["data", "binaryData"], fields: { metadata: METADATA } }],
  ["v1/Secret", { dropEmpty: ["data"], fields: { metadata: METADATA } }],
  ["v1/Pod", withSpec(POD_SPEC)],
  [
    "v1/Service",
    withSpec({
      dropEmpty: ["externalIPs", "loadBalancerSourceRanges", "ports", "selector"],
      fields: { ports: { zero: { protocol: "TCP", targetPort: 0 } } },
    }),
  ],
  ["v1/PersistentVolumeClaim", CLAIM],
  ["v1/ResourceQuota", withSpec({ quantities: ["hard"] })],
  ["apps/v1/Deployment", workload({ strategy: {} })],
  ["apps/v1/ReplicaSet", workload({})],
  ["apps/v1/DaemonSet", workload({ updateStrategy: {} })],
  ["apps/v1/StatefulSet", workload({ updateStrategy: {}, serviceName: "" })],
  ["batch/v1/Job", withSpec(JOB_SPEC)],
  [
    "batch/v1/CronJob",
    withSpec({
      zero: { jobTemplate: {}, schedule: "" },
      fields: {
        jobTemplate: {
          zero: { metadata: {}, spec: {} },
          fields: { metadata: METADATA, spec: JOB_SPEC },
        },
      },
    }),
  ],
  ["policy/v1/PodDisruptionBudget", withSpec({})],
  ["networking.k8s.io/v1/Ingress", withSpec({ dropEmpty: ["rules", "tls"] })],
  ["networking.k8s.io/v1/NetworkPolicy", withSpec({ zero: { podSelector: {} } })],
  [
    "autoscaling/v2/HorizontalPodAutoscaler",
    withSpec({
      zero: { maxReplicas: 0, scaleTargetRef: {} },
      fields: { scaleTargetRef: { zero: { kind: "", name: "" } } },
    }),
  ],
  ["rbac.authorization.k8s.io/v1/RoleBinding", BINDING],
  ["rbac.authorization.k8s.io/v1/ClusterRoleBinding", BINDING],
  ["storage.k8s.io/v1/StorageClass", { fields: { metadata: METADATA } }],
]);
