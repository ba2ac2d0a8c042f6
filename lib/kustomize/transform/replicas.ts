/**
 * Replica counts.
 *
 * @module
 */
import { type FieldSpec, makeText, setScalar, visitField } from "../field_spec.ts";
import { Refusal } from "../refusal.ts";
import { currentId, previousIds } from "../resource.ts";
import { isSelected } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

/** Sets the replica count of what is, or once was, called `name`. */
export function setReplicas(
  resources: ResourceList,
  name: string,
  count: number,
  specs: readonly FieldSpec[],
): void {
  let found = false;
  for (const resource of resources.withAnyName(name)) {
    const ids = [...previousIds(resource), currentId(resource)].filter((id) => id.name === name);
    for (const spec of specs) {
      if (!ids.some((id) => isSelected(id, spec))) continue;
      found = true;
      visitField(resource, spec, {
        make: makeText,
        visit: (node) => setScalar(node, String(count), "int"),
      });
    }
  }
  if (found) return;
  const kinds = [...new Set(specs.map(({ kind }) => kind || "any kind"))].join(", ");
  throw new Refusal(`replicas: there is no ${kinds} named "${name}"; check the name`);
}
