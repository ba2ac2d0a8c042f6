/**
 * Replica counts.
 *
 * @module
 */
import { type FieldSpec, makeText, setScalar, visitField } from "../field_spec.ts";
import { Refusal } from "../refusal.ts";
import { currentId, previousIds, type Resource } from "../resource.ts";
import { isSelected } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

/** Sets the replica count of what is, or once was, called `name`. */
export function setReplicas(
  resources: ResourceList,
  name: string,
  count: number,
  specs: readonly FieldSpec[],
): void {
  for (const resource of findReplicated(resources, name, specs)) {
    for (const spec of specs.filter((spec) => hasReplicas(resource, name, spec))) {
      visitField(resource, spec, {
        make: makeText,
        visit: (node) => setScalar(node, String(count), "int"),
      });
    }
  }
}

/** What is, or once was, called `name` and of a kind that the specs name; refuses when there is nothing. */
export function findReplicated(
  resources: ResourceList,
  name: string,
  specs: readonly FieldSpec[],
): readonly Resource[] {
  const found = resources.withAnyName(name).filter((resource) =>
    specs.some((spec) => hasReplicas(resource, name, spec))
  );
  if (found.length > 0) return found;
  const kinds = [...new Set(specs.map(({ kind }) => kind || "any kind"))].join(", ");
  throw new Refusal(`there is no ${kinds} named "${name}"; check the name`);
}

function hasReplicas(resource: Resource, name: string, spec: FieldSpec): boolean {
  return [...previousIds(resource), currentId(resource)].some((id) =>
    id.name === name && isSelected(id, spec)
  );
}
