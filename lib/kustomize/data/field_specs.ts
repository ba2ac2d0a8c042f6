/**
 * Which fields the built-in transformers write to, kind by kind.
 *
 * @module
 */
import { type FieldSpec, fieldSpec } from "../field_spec.ts";
import type { Gvk } from "../resource_id.ts";

/** Kinds whose pod template lies at `spec/template`. */
const TEMPLATED: readonly Partial<Gvk>[] = [
  { version: "v1", kind: "ReplicationController" },
  { kind: "Deployment" },
  { kind: "ReplicaSet" },
  { kind: "DaemonSet" },
];
const JOB = { group: "batch", kind: "Job" };
const CRON_JOB = { group: "batch", kind: "CronJob" };
const STATEFUL_SET = { group: "apps", kind: "StatefulSet" };
const NETWORK_POLICY = { group: "networking.k8s.io", kind: "NetworkPolicy" };

function templateMetadata(field: string, statefulSet: Partial<Gvk>): FieldSpec[] {
  return [
    fieldSpec(`metadata/${field}`, {}, true),
    ...[...TEMPLATED, statefulSet, JOB].map((kind) =>
      fieldSpec(`spec/template/metadata/${field}`, kind, true)
    ),
    fieldSpec(`spec/jobTemplate/metadata/${field}`, CRON_JOB, true),
    fieldSpec(`spec/jobTemplate/spec/template/metadata/${field}`, CRON_JOB, true),
  ];
}

/** Labels of the object and of its templates. */
export const TEMPLATE_LABELS: readonly FieldSpec[] = templateMetadata("labels", STATEFUL_SET);

/** Labels of volume claim templates. */
export const VOLUME_CLAIM_LABELS: readonly FieldSpec[] = [
  fieldSpec("spec/volumeClaimTemplates[]/metadata/labels", STATEFUL_SET, true),
];

/** Pod terms by which Deployments and StatefulSets choose where to run. */
const PLACEMENT = [
  ...["podAffinity", "podAntiAffinity"].flatMap((affinity) => [
    `affinity/${affinity}/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm`,
    `affinity/${affinity}/requiredDuringSchedulingIgnoredDuringExecution`,
  ]),
  "topologySpreadConstraints",
].map((term) => `spec/template/spec/${term}/labelSelector/matchLabels`);

/** Every place that `commonLabels`, and `labels` with selectors, write to. */
export const COMMON_LABELS: readonly FieldSpec[] = [
  fieldSpec("spec/selector", { version: "v1", kind: "Service" }, true),
  fieldSpec("spec/selector", { version: "v1", kind: "ReplicationController" }, true),
  ...[{ kind: "Deployment" }, { kind: "ReplicaSet" }, { kind: "DaemonSet" }, STATEFUL_SET].map(
    (kind) => fieldSpec("spec/selector/matchLabels", kind, true),
  ),
  ...[{ group: "apps", kind: "Deployment" }, STATEFUL_SET].flatMap((kind) =>
    PLACEMENT.map((path) => fieldSpec(path, kind))
  ),
  fieldSpec("spec/selector/matchLabels", JOB),
  fieldSpec("spec/jobTemplate/spec/selector/matchLabels", CRON_JOB),
  fieldSpec("spec/selector/matchLabels", { group: "policy", kind: "PodDisruptionBudget" }),
  fieldSpec("spec/podSelector/matchLabels", NETWORK_POLICY),
  fieldSpec("spec/ingress/from/podSelector/matchLabels", NETWORK_POLICY),
  fieldSpec("spec/egress/to/podSelector/matchLabels", NETWORK_POLICY),
  ...TEMPLATE_LABELS,
  ...VOLUME_CLAIM_LABELS,
];

/** Annotations of the object and of its templates. */
export const COMMON_ANNOTATIONS: readonly FieldSpec[] = templateMetadata("annotations", {
  kind: "StatefulSet",
});

/** The name. */
export const NAMES: readonly FieldSpec[] = [fieldSpec("metadata/name")];

/** Namespaces other than `metadata.namespace`, which follows rules of its own. */
export const NAMESPACES: readonly FieldSpec[] = [
  fieldSpec("metadata/name", { kind: "Namespace" }, true),
  fieldSpec("spec/service/namespace", {
    group: "apiregistration.k8s.io",
    kind: "APIService",
  }, true),
  fieldSpec("spec/conversion/webhook/clientConfig/service/namespace", {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
  }),
];

/** Images that do not stand in a list of containers, and those that do. */
export const IMAGES: readonly FieldSpec[] = [
  "spec/containers[]/image",
  "spec/initContainers[]/image",
  "spec/volumes[]/image/reference",
  "spec/template/spec/containers[]/image",
  "spec/template/spec/initContainers[]/image",
  "spec/template/spec/volumes[]/image/reference",
  "spec/jobTemplate/spec/template/spec/volumes[]/image/reference",
].map((path) => fieldSpec(path, {}, true));

/** Replica counts. */
export const REPLICAS: readonly FieldSpec[] = [
  "Deployment",
  "ReplicationController",
  "ReplicaSet",
  "StatefulSet",
].map((kind) => fieldSpec("spec/replicas", { kind }, true));

const CONTAINER_VARIABLES = ["args", "command", "env/value", "volumeMounts/mountPath"];

function podVariables(kind: string, pod: string): FieldSpec[] {
  return [
    ...["containers", "initContainers"].flatMap((list) =>
      CONTAINER_VARIABLES.map((field) => fieldSpec(`${pod}${list}/${field}`, { kind }))
    ),
    // The CronJob's misses one "spec"; so does the tool that we follow.
    fieldSpec(
      kind === "CronJob"
        ? "spec/jobTemplate/spec/template/volumes/nfs/server"
        : `${pod}volumes/nfs/server`,
      { kind },
    ),
  ];
}

/** Where `$(NAME)` is replaced. */
export const VARIABLES: readonly FieldSpec[] = [
  ...podVariables("CronJob", "spec/jobTemplate/spec/template/spec/"),
  ...["DaemonSet", "Deployment", "Job", "ReplicaSet"].flatMap((kind) =>
    podVariables(kind, "spec/template/spec/")
  ),
  ...podVariables("Pod", "spec/"),
  ...podVariables("StatefulSet", "spec/template/spec/").slice(0, -1),
  fieldSpec("spec/volumeClaimTemplates/spec/nfs/server", { kind: "StatefulSet" }),
  fieldSpec("spec/template/metadata/annotations", { kind: "Deployment" }),
  ...["spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"].map((path) =>
    fieldSpec(path, { kind: "Ingress" })
  ),
  ...["spec/ports/port", "spec/ports/targetPort"].map((path) =>
    fieldSpec(path, { kind: "Service" })
  ),
  fieldSpec("spec/nfs/server", { kind: "PersistentVolume" }),
  fieldSpec("metadata/labels"),
  fieldSpec("metadata/annotations"),
];
