/**
 * Which built-in kinds live outside of namespaces, after the OpenAPI of Kubernetes 1.21 and two later kinds.
 *
 * @module
 */

/** `apiVersions kind,kind…`; every other kind counts as namespaced. */
const CLUSTER_SCOPED: readonly (readonly [versions: string, kinds: string])[] = [
  ["v1", "ComponentStatus Namespace Node NodeProxyOptions PersistentVolume"],
  [
    "admissionregistration.k8s.io/v1",
    "MutatingWebhookConfiguration ValidatingWebhookConfiguration " +
    "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding",
  ],
  [
    "admissionregistration.k8s.io/v1beta1",
    "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
  ],
  ["apiextensions.k8s.io/v1 apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"],
  ["apiregistration.k8s.io/v1 apiregistration.k8s.io/v1beta1", "APIService"],
  ["certificates.k8s.io/v1 certificates.k8s.io/v1beta1", "CertificateSigningRequest"],
  ["flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema PriorityLevelConfiguration"],
  ["networking.k8s.io/v1 networking.k8s.io/v1beta1", "IngressClass"],
  ["node.k8s.io/v1 node.k8s.io/v1beta1", "RuntimeClass"],
  ["policy/v1beta1", "PodSecurityPolicy"],
  [
    "rbac.authorization.k8s.io/v1 rbac.authorization.k8s.io/v1beta1",
    "ClusterRole ClusterRoleBinding",
  ],
  ["scheduling.k8s.io/v1 scheduling.k8s.io/v1beta1", "PriorityClass"],
  [
    "storage.k8s.io/v1 storage.k8s.io/v1beta1",
    "CSIDriver CSINode StorageClass VolumeAttachment",
  ],
];

const KNOWN: ReadonlySet<string> = new Set(
  CLUSTER_SCOPED.flatMap(([versions, kinds]) =>
    versions.split(" ").flatMap((version) => kinds.split(" ").map((kind) => `${version} ${kind}`))
  ),
);

/** True when the kind is known to live outside of namespaces. */
export function isClusterScoped(apiVersion: string, kind: string): boolean {
  return KNOWN.has(`${apiVersion} ${kind}`);
}
