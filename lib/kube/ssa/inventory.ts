/**
 * The inventory: which objects a Kustomization is answerable for.
 *
 * @module
 */
import { fail, ok, type Result } from "../../base/mod.ts";
import { apiVersionOf, gvkOf, type KubeObject, type ObjectRef, refOf } from "../object.ts";
import type { InventoryEntry } from "./types.ts";

const RBAC_GROUP = "rbac.authorization.k8s.io";
const RBAC_KINDS = new Set(["Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"]);

/** What an inventory id says. */
export interface InventoryId {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
}

/**
 * The id of an object: `<namespace>_<name>_<group>_<kind>`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "ns", name: "web" };
 * assert.equal(inventoryId(ref), "ns_web_apps_Deployment");
 * ```
 */
export function inventoryId(ref: ObjectRef): string {
  const { group, kind } = gvkOf(ref);
  // Only names of RBAC objects may hold a colon.
  const encoded = group === RBAC_GROUP && RBAC_KINDS.has(kind);
  const name = encoded ? ref.name.replaceAll(":", "__") : ref.name;
  return `${ref.namespace ?? ""}_${name}_${group}_${kind}`;
}

/** The inventory entry of a named object. */
export function entryOfRef(ref: ObjectRef): InventoryEntry {
  return { id: inventoryId(ref), v: gvkOf(ref).version };
}

/** The inventory entry of `object`. */
export function entryOf(object: KubeObject): InventoryEntry {
  return entryOfRef(refOf(object));
}

/**
 * Takes an id apart; a single `_` left in the name is an error, as in Flux.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseInventoryId("ns_web__ConfigMap"), {
 *   ok: true,
 *   value: { namespace: "ns", name: "web", group: "", kind: "ConfigMap" },
 * });
 * ```
 */
export function parseInventoryId(id: string): Result<InventoryId> {
  const first = id.indexOf("_");
  const last = id.lastIndexOf("_");
  const middle = first < 0 ? "" : id.slice(first + 1, last);
  const split = middle.lastIndexOf("_");
  if (first < 0 || first === last || split < 0) {
    return fail("InvalidInventoryId", `unable to parse stored object metadata: ${id}`);
  }
  const name = middle.slice(0, split).replaceAll("__", ":");
  const kind = id.slice(last + 1);
  if (name === "" || kind === "" || name.includes("_")) {
    return fail("InvalidInventoryId", `too many fields within: ${id}`);
  }
  return ok({ namespace: id.slice(0, first), name, group: middle.slice(split + 1), kind });
}

/** The object that an entry stands for. */
export function refOfEntry(entry: InventoryEntry): Result<ObjectRef> {
  const parsed = parseInventoryId(entry.id);
  if (!parsed.ok) return parsed;
  const { namespace, name, group, kind } = parsed.value;
  const ref: ObjectRef = { apiVersion: apiVersionOf({ group, version: entry.v }), kind, name };
  if (namespace !== "") ref.namespace = namespace;
  return ok(ref);
}

/**
 * What goes on record before the first write (design D11): all of `next`, then what only `old` has.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const [a, b] = [{ id: "_a__Namespace", v: "v1" }, { id: "_b__Namespace", v: "v1" }];
 * assert.deepEqual(unionOf([a], [b]), [b, a]);
 * ```
 */
export function unionOf(
  old: readonly InventoryEntry[],
  next: readonly InventoryEntry[],
): InventoryEntry[] {
  return [...next, ...differenceOf(old, next)];
}

/** The entries of `old` that `next` no longer has, in the order of `old`; versions do not count. */
export function differenceOf(
  old: readonly InventoryEntry[],
  next: readonly InventoryEntry[],
): InventoryEntry[] {
  const kept = new Set(next.map((entry) => entry.id));
  return old.filter((entry) => !kept.has(entry.id));
}
