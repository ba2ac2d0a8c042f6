/**
 * The kinds that a fake cluster serves from the start.
 *
 * @module
 */
import { type ApiResource, gvkOf, isKubeObject, type KubeObject } from "../kube/mod.ts";
import { isRecord } from "../base/mod.ts";

/** A kind, and how the API server treats writes to it. */
export interface FakeResource extends ApiResource {
  /** `status` is written through its subresource only. */
  readonly hasStatus: boolean;
  /** `metadata.generation` counts changes of everything but metadata and status. */
  readonly hasGeneration: boolean;
}

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** Describes a kind; it has a status and a generation unless told otherwise. */
export function fakeResource(
  apiVersion: string,
  kind: string,
  options: Partial<Omit<FakeResource, "gvk">> = {},
): FakeResource {
  return {
    gvk: gvkOf({ apiVersion, kind }),
    plural: pluralOf(kind),
    namespaced: true,
    verbs: VERBS,
    hasStatus: true,
    hasGeneration: true,
    ...options,
  };
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith("y")) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith("s") ? `${lower}es` : `${lower}s`;
}

const PLAIN = { hasStatus: false, hasGeneration: false };
const CLUSTER = { namespaced: false };

/** The kinds of `kinds` (`Kind Kind …`) in one group version. */
function group(
  apiVersion: string,
  kinds: string,
  options: Partial<FakeResource> = {},
): FakeResource[] {
  return kinds.split(" ").map((kind) => fakeResource(apiVersion, kind, options));
}

/** Built-in kinds that manifests in tests use, and the toolkit's own. */
export const FAKE_RESOURCES: readonly FakeResource[] = [
  ...group("v1", "ConfigMap Secret ServiceAccount Event", PLAIN),
  ...group("v1", "Service PersistentVolumeClaim", { hasGeneration: false }),
  ...group("v1", "Pod"),
  ...group("v1", "Namespace Node PersistentVolume", { ...CLUSTER, hasGeneration: false }),
  ...group("apps/v1", "Deployment StatefulSet DaemonSet ReplicaSet"),
  ...group("batch/v1", "Job CronJob"),
  ...group("coordination.k8s.io/v1", "Lease", PLAIN),
  ...group("events.k8s.io/v1", "Event", PLAIN),
  ...group("rbac.authorization.k8s.io/v1", "Role RoleBinding", PLAIN),
  ...group("rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding", {
    ...PLAIN,
    ...CLUSTER,
  }),
  ...group("apiextensions.k8s.io/v1", "CustomResourceDefinition", CLUSTER),
  ...group("networking.k8s.io/v1", "Ingress NetworkPolicy"),
  ...group(
    "source.toolkit.fluxcd.io/v1",
    "GitRepository OCIRepository Bucket HelmRepository HelmChart ExternalArtifact",
  ),
  ...group("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
  ...group("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
  ...group("notification.toolkit.fluxcd.io/v1", "Receiver"),
  ...group("notification.toolkit.fluxcd.io/v1beta3", "Alert Provider"),
  ...group(
    "image.toolkit.fluxcd.io/v1",
    "ImageRepository ImagePolicy ImageUpdateAutomation",
  ),
];

/** The kinds that a CustomResourceDefinition defines; empty for any other object. */
export function resourcesOfDefinition(definition: KubeObject): FakeResource[] {
  if (definition.kind !== "CustomResourceDefinition" || !isKubeObject(definition)) return [];
  const spec = isRecord(definition.spec) ? definition.spec : {};
  const names = isRecord(spec.names) ? spec.names : {};
  const versions = Array.isArray(spec.versions) ? spec.versions.filter(isRecord) : [];
  return versions.filter((version) => version.served === true).map((version) => ({
    ...fakeResource(`${spec.group}/${version.name}`, String(names.kind)),
    plural: String(names.plural),
    namespaced: spec.scope === "Namespaced",
    hasStatus: isRecord(version.subresources) && isRecord(version.subresources.status),
  }));
}
