/**
 * What identifies a resource: group, version, kind, name, namespace.
 *
 * @module
 */
import { isClusterScoped } from "./data/scopes.ts";

/** Group, version and kind; empty strings where a selector leaves them open. */
export interface Gvk {
  /** API group; empty for the core group. */
  readonly group: string;
  /** API version without its group. */
  readonly version: string;
  /** Kind. */
  readonly kind: string;
}

/** The identity of one resource; `namespace` as it counts for comparison, see {@linkcode effectiveNamespace}. */
export interface ResourceId extends Gvk {
  /** `metadata.name`. */
  readonly name: string;
  /** The namespace in effect. */
  readonly namespace: string;
}

/** Stands for "no namespace" of cluster-scoped kinds; no namespace can have this name. */
const NO_NAMESPACE = "_non_namespaceable_";

/** Splits `apps/v1` and `v1`. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** `apps/v1` of a group and a version. */
export function joinApiVersion(gvk: Gvk): string {
  return gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
}

/** True when `selector` leaves open, or equals, each part of `gvk`. */
export function isSelected(gvk: Gvk, selector: Gvk): boolean {
  return (selector.group === "" || selector.group === gvk.group) &&
    (selector.version === "" || selector.version === gvk.version) &&
    (selector.kind === "" || selector.kind === gvk.kind);
}

/** The namespace that counts: none for cluster-scoped kinds, `default` where nothing is written. */
export function effectiveNamespace(apiVersion: string, kind: string, namespace: string): string {
  if (isClusterScoped(apiVersion, kind)) return NO_NAMESPACE;
  return namespace === "" ? "default" : namespace;
}

/** True for the namespace of a cluster-scoped resource. */
export function isNoNamespace(namespace: string): boolean {
  return namespace === NO_NAMESPACE;
}

/** One string per identity, for indexes. */
export function idKey(id: ResourceId): string {
  return `${id.group}\n${id.version}\n${id.kind}\n${id.namespace}\n${id.name}`;
}

/** One string per group, version and kind, by which kinds are sorted. */
export function kindKey({ group, version, kind }: Gvk): string {
  return `${group || "~G"}_${version || "~V"}_${kind || "~K"}`;
}

/** An identity for people: `Deployment.v1.apps/web.prod`. */
export function showId(id: Gvk & { name: string; namespace?: string }): string {
  const namespace = id.namespace === undefined || isNoNamespace(id.namespace) ? "" : id.namespace;
  return `${id.kind || "[noKind]"}.${id.version || "[noVer]"}.${id.group || "[noGrp]"}/` +
    `${id.name || "[noName]"}.${namespace || "[noNs]"}`;
}
