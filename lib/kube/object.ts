/**
 * Kubernetes objects as they travel: only what every kind shares is typed, the rest is kept as it came.
 *
 * @module
 */
import { isRecord } from "../base/mod.ts";

/** Who wrote which fields (`metadata.managedFields`). */
export interface ManagedFields {
  /** The manager's name. */
  manager?: string;
  /** `Apply` or `Update`. */
  operation?: string;
  /** Version the field set is written in. */
  apiVersion?: string;
  /** RFC 3339. */
  time?: string;
  /** Always `FieldsV1`. */
  fieldsType?: string;
  /** The field set. */
  fieldsV1?: unknown;
  /** Subresource the write went to. */
  subresource?: string;
}

/** `metadata` of any object. */
export interface ObjectMeta {
  /** Unique in its kind and namespace. */
  name: string;
  /** Absent for objects of the cluster. */
  namespace?: string;
  /** Never used twice, unlike the name. */
  uid?: string;
  /** Changes with each write; compared for equality only. */
  resourceVersion?: string;
  /** Counts changes of what the object asks for. */
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string | null;
  /** Set once the object is to go; it stays until its finalizers have gone. */
  deletionTimestamp?: string;
  /** Time that its processes have to end. */
  deletionGracePeriodSeconds?: number;
  /** What selectors select by. */
  labels?: Record<string, string>;
  /** What selectors do not see. */
  annotations?: Record<string, string>;
  /** Who has to clean up before the object goes. */
  finalizers?: string[];
  /** With the last of these the object is collected. */
  ownerReferences?: OwnerReference[];
  /** Who wrote which fields. */
  managedFields?: ManagedFields[];
  /** Start of a name that the server completes. */
  generateName?: string;
}

/** `metadata.ownerReferences[]`. */
export interface OwnerReference {
  /** Group and version of the owner. */
  apiVersion: string;
  /** Kind of the owner. */
  kind: string;
  /** Name of the owner. */
  name: string;
  /** Its uid: an owner made anew is another. */
  uid: string;
  /** The one owner that manages the object. */
  controller?: boolean;
  /** A foreground deletion of the owner waits for this object. */
  blockOwnerDeletion?: boolean;
}

/** Any object. */
export interface KubeObject {
  /** `group/version`, or the version alone for the core group. */
  apiVersion: string;
  /** Kind. */
  kind: string;
  /** What all kinds share. */
  metadata: ObjectMeta;
  /** The rest, as it came. */
  [field: string]: unknown;
}

/**
 * Whether `value` has what every object has: apiVersion, kind and metadata with a name.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isKubeObject({ apiVersion: "v1", kind: "Pod", metadata: { name: "a" } }), true);
 * assert.equal(isKubeObject({ apiVersion: "v1", kind: "Pod" }), false);
 * ```
 */
export function isKubeObject(value: unknown): value is KubeObject {
  return isRecord(value) && typeof value.apiVersion === "string" &&
    typeof value.kind === "string" && isRecord(value.metadata) &&
    typeof value.metadata.name === "string";
}

/** Group, version and kind; the core group is the empty string. */
export interface GroupVersionKind {
  /** API group; empty for the core group. */
  group: string;
  /** API version. */
  version: string;
  /** Kind. */
  kind: string;
}

/** Names one object. */
export interface ObjectRef {
  /** `group/version`, or the version alone for the core group. */
  apiVersion: string;
  /** Kind. */
  kind: string;
  /** Absent for objects of the cluster. */
  namespace?: string;
  /** Name. */
  name: string;
}

/**
 * Splits `apiVersion`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(gvkOf({ apiVersion: "apps/v1", kind: "Deployment" }), {
 *   group: "apps",
 *   version: "v1",
 *   kind: "Deployment",
 * });
 * ```
 */
export function gvkOf(object: { apiVersion: string; kind: string }): GroupVersionKind {
  const slash = object.apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : object.apiVersion.slice(0, slash),
    version: object.apiVersion.slice(slash + 1),
    kind: object.kind,
  };
}

/** `group/version`, or the version alone for the core group. */
export function apiVersionOf(gvk: { group: string; version: string }): string {
  return gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
}

/** The reference that names `object`. */
export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata;
  const ref: ObjectRef = { apiVersion: object.apiVersion, kind: object.kind, name };
  if (namespace !== undefined && namespace !== "") ref.namespace = namespace;
  return ref;
}

/**
 * `namespace/name`: what no two objects of a kind share; `/name` for an object of the cluster.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(namespacedName({ namespace: "shop", name: "web" }), "shop/web");
 * assert.equal(namespacedName({ name: "node-1" }), "/node-1");
 * ```
 */
export function namespacedName(
  { namespace = "", name }: { namespace?: string | undefined; name: string },
): string {
  return `${namespace}/${name}`;
}

/** How Flux writes an object's name in messages: `Kind/namespace/name`, or `Kind/name`. */
export function displayName(
  { kind, namespace, name }: { kind: string; namespace?: string | undefined; name: string },
): string {
  return namespace ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

/**
 * Whether version `a` of an object is newer than `b`; no version at all is older than any. Versions are
 * whole numbers that grow, which the API promises since 1.35 and etcd has always done.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isNewerVersion("10", "9"), true);
 * assert.equal(isNewerVersion("9", "9"), false);
 * assert.equal(isNewerVersion("1", undefined), true);
 * ```
 */
export function isNewerVersion(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined) return false;
  if (b === undefined) return true;
  return a.length === b.length ? a > b : a.length > b.length;
}
