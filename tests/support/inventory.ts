/**
 * What a Kustomization says it applied.
 *
 * @module
 */
import type { KubeObject, ObjectRef } from "../../lib/kube/mod.ts";
import { refOfEntry } from "../../lib/kube/ssa/mod.ts";
import { fieldOf } from "../../tools/demo/observe.ts";

/** The objects in the inventory of a Kustomization. */
export function appliedRefs(kustomization: KubeObject): ObjectRef[] {
  const entries = fieldOf(kustomization, "status", "inventory", "entries");
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => {
    const ref = refOfEntry({ id: String(fieldOf(entry, "id")), v: String(fieldOf(entry, "v")) });
    return ref.ok ? [ref.value] : [];
  });
}

/** Whether an object is deleted, or will be once what holds it lets go: pods that end, a namespace that empties. */
export function isGoneOrGoing(object: KubeObject | undefined): boolean {
  return object === undefined || object.metadata.deletionTimestamp !== undefined;
}
