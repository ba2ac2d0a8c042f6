/**
 * Which fields hold the name of another object.
 *
 * @module
 */
import { type FieldSpec, fieldSpec } from "../field_spec.ts";
import type { Gvk } from "../resource_id.ts";

/** The fields that hold names of objects of one kind. */
export interface NameReference {
  /** The kind that is named. */
  readonly target: Gvk;
  /** Where it is named. */
  readonly fields: readonly FieldSpec[];
}

const POD = { version: "v1", kind: "Pod" };
/** Where the pod's spec lies in kinds that have one. */
const POD_SPECS: readonly (readonly [kind: Partial<Gvk>, path: string])[] = [
  [POD, "spec"],
  [{ kind: "PodTemplate" }, "template/spec"],
  [{ kind: "Deployment" }, "spec/template/spec"],
  [{ kind: "ReplicaSet" }, "spec/template/spec"],
  [{ kind: "DaemonSet" }, "spec/template/spec"],
  [{ kind: "StatefulSet" }, "spec/template/spec"],
  [{ kind: "Job" }, "spec/template/spec"],
  [{ kind: "CronJob" }, "spec/jobTemplate/spec/template/spec"],
];
/** The same for service accounts, claims and priorities; these leave out ReplicaSet and PodTemplate. */
const RUNNER_SPECS: readonly (readonly [kind: Partial<Gvk>, path: string])[] = [
  [{ kind: "Pod" }, "spec"],
  [{ kind: "StatefulSet" }, "spec/template/spec"],
  [{ kind: "Deployment" }, "spec/template/spec"],
  [{ kind: "ReplicationController" }, "spec/template/spec"],
  [{ kind: "CronJob" }, "spec/jobTemplate/spec/template/spec"],
  [{ kind: "Job" }, "spec/template/spec"],
  [{ kind: "DaemonSet" }, "spec/template/spec"],
];
const RBAC = "rbac.authorization.k8s.io";
const ADMISSION = "admissionregistration.k8s.io";

function inPods(
  specs: readonly (readonly [Partial<Gvk>, string])[],
  fields: readonly string[],
): FieldSpec[] {
  return specs.flatMap(([kind, path]) =>
    fields.map((field) => fieldSpec(`${path}/${field}`, kind))
  );
}

function inKind(selects: Partial<Gvk>, ...paths: string[]): FieldSpec[] {
  return paths.map((path) => fieldSpec(path, selects));
}

function names(target: Partial<Gvk>, ...fields: readonly FieldSpec[][]): NameReference {
  return { target: { group: "", version: "", kind: "", ...target }, fields: fields.flat() };
}

/** The table of the built-in kinds. */
export const NAME_REFERENCES: readonly NameReference[] = [
  ...["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map((kind) =>
    names({ kind }, inKind({ kind: "HorizontalPodAutoscaler" }, "spec/scaleTargetRef/name"))
  ),
  names(
    { version: "v1", kind: "ConfigMap" },
    inPods(POD_SPECS, [
      "volumes/configMap/name",
      "containers/env/valueFrom/configMapKeyRef/name",
      "initContainers/env/valueFrom/configMapKeyRef/name",
      "containers/envFrom/configMapRef/name",
      "initContainers/envFrom/configMapRef/name",
      "volumes/projected/sources/configMap/name",
    ]),
    inKind({ kind: "Node" }, "spec/configSource/configMap"),
    inKind({ kind: "Role" }, "rules/resourceNames"),
    inKind({ kind: "ClusterRole" }, "rules/resourceNames"),
    inKind(
      { kind: "Ingress" },
      "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap",
    ),
  ),
  names(
    { version: "v1", kind: "Secret" },
    inPods(POD_SPECS, [
      "volumes/secret/secretName",
      "containers/env/valueFrom/secretKeyRef/name",
      "initContainers/env/valueFrom/secretKeyRef/name",
      "containers/envFrom/secretRef/name",
      "initContainers/envFrom/secretRef/name",
      "imagePullSecrets/name",
      "volumes/projected/sources/secret/name",
    ]),
    inKind(
      { kind: "Ingress" },
      "spec/tls/secretName",
      "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
      "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
      "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
    ),
    inKind({ kind: "ServiceAccount" }, "imagePullSecrets/name"),
    inKind(
      { kind: "StorageClass" },
      "parameters/secretName",
      "parameters/adminSecretName",
      "parameters/userSecretName",
      "parameters/secretRef",
    ),
    inKind({ kind: "Role" }, "rules/resourceNames"),
    inKind({ kind: "ClusterRole" }, "rules/resourceNames"),
    inKind(
      { group: "serving.knative.dev", version: "v1", kind: "Service" },
      "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
    ),
    inKind({ kind: "PersistentVolume" }, "spec/azureFile/secretName"),
  ),
  names(
    { version: "v1", kind: "Service" },
    inKind({ group: "apps", kind: "StatefulSet" }, "spec/serviceName"),
    inKind(
      { kind: "Ingress" },
      "spec/rules/http/paths/backend/serviceName",
      "spec/backend/serviceName",
      "spec/rules/http/paths/backend/service/name",
      "spec/defaultBackend/service/name",
    ),
    inKind({ group: "apiregistration.k8s.io", kind: "APIService" }, "spec/service/name"),
    inKind(
      { group: ADMISSION, kind: "ValidatingWebhookConfiguration" },
      "webhooks/clientConfig/service",
    ),
    inKind(
      { group: ADMISSION, kind: "MutatingWebhookConfiguration" },
      "webhooks/clientConfig/service",
    ),
  ),
  names(
    { group: RBAC, kind: "Role" },
    inKind({ group: RBAC, kind: "RoleBinding" }, "roleRef/name"),
  ),
  names(
    { group: RBAC, kind: "ClusterRole" },
    inKind({ group: RBAC, kind: "RoleBinding" }, "roleRef/name"),
    inKind({ group: RBAC, kind: "ClusterRoleBinding" }, "roleRef/name"),
  ),
  names(
    { version: "v1", kind: "ServiceAccount" },
    inKind({ group: RBAC, kind: "RoleBinding" }, "subjects"),
    inKind({ group: RBAC, kind: "ClusterRoleBinding" }, "subjects"),
    inPods(RUNNER_SPECS, ["serviceAccountName"]),
  ),
  names(
    { version: "v1", kind: "PersistentVolumeClaim" },
    inPods(RUNNER_SPECS, ["volumes/persistentVolumeClaim/claimName"]),
  ),
  names(
    { version: "v1", kind: "PersistentVolume" },
    inKind({ kind: "PersistentVolumeClaim" }, "spec/volumeName"),
    inKind({ kind: "ClusterRole" }, "rules/resourceNames"),
  ),
  names(
    { group: "storage.k8s.io", version: "v1", kind: "StorageClass" },
    inKind({ kind: "PersistentVolume" }, "spec/storageClassName"),
    inKind({ kind: "PersistentVolumeClaim" }, "spec/storageClassName"),
    inKind({ kind: "StatefulSet" }, "spec/volumeClaimTemplates/spec/storageClassName"),
  ),
  names(
    { group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass" },
    inPods(RUNNER_SPECS, ["priorityClassName"]),
  ),
  // Its group is written with a version, so nothing ever matches; the tool that we follow has it so.
  names(
    { group: "networking.k8s.io/v1", version: "v1", kind: "IngressClass" },
    inKind({ kind: "Ingress" }, "spec/ingressClassName"),
  ),
  names(
    { group: ADMISSION, kind: "ValidatingAdmissionPolicy" },
    inKind({ group: ADMISSION, kind: "ValidatingAdmissionPolicyBinding" }, "spec/policyName"),
  ),
];
