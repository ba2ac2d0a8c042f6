/**
 * `metadata` of our own objects, which all live in a namespace.
 *
 * @module
 */
import Type from "typebox";

/** Owner of an object; the garbage collector deletes the object with it. */
export interface OwnerReference {
  /** `group/version`. */
  apiVersion: string;
  /** Kind. */
  kind: string;
  /** Name. */
  name: string;
  /** Unique id. */
  uid: string;
  /** Whether this owner manages the object. */
  controller?: boolean;
  /** Whether the owner waits for the object. */
  blockOwnerDeletion?: boolean;
}

/** What we read of an object's metadata; the API server checks it, we only need it to be there. */
export interface ObjectMeta {
  /** Name. */
  name: string;
  /** Namespace. */
  namespace: string;
  /** Unique id. */
  uid?: string;
  /** Version of the stored object. */
  resourceVersion?: string;
  /** Counts the changes of `spec`. */
  generation?: number;
  /** RFC 3339. */
  creationTimestamp?: string | null;
  /** RFC 3339; set once deletion was asked for. */
  deletionTimestamp?: string;
  /** Labels. */
  labels?: Record<string, string>;
  /** Annotations. */
  annotations?: Record<string, string>;
  /** Who must clean up before the object goes. */
  finalizers?: string[];
  /** Owners. */
  ownerReferences?: OwnerReference[];
}

/** A schema that demands a name and a namespace. */
export const ObjectMeta: Type.TUnsafe<ObjectMeta> = Type.Unsafe<ObjectMeta>({
  type: "object",
  required: ["name", "namespace"],
  properties: { name: { type: "string" }, namespace: { type: "string" } },
});
