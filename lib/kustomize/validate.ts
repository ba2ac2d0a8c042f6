/**
 * Validators: transformers that must leave everything as it is.
 *
 * @module
 */
import { deleteKey, emitYaml, getKey, type MapNode } from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";
import { cloneResource, currentId, type Resource } from "./resource.ts";
import { showId } from "./resource_id.ts";
import type { ResourceList } from "./resource_list.ts";

/** The one label that a validator may set. */
const VALIDATED_BY = "validated-by";

/** Runs `validate` on the resources and refuses when it changed one. */
export function checkUnchanged(
  resources: ResourceList,
  validate: (resources: ResourceList) => void,
): void {
  const before = resources.items.map((resource) => ({
    id: currentId(resource),
    // With the label that an earlier validator has set: what comes after it is compared without, and differs.
    text: emitYaml(resource.node),
  }));
  validate(resources);
  for (const [index, { id, text }] of before.entries()) {
    const after = resources.items[index];
    if (after !== undefined) refuseMarkAmongLabels(after);
    if (after !== undefined && withoutMark(cloneResource(after).node) === text) continue;
    throw new Refusal(`a validator changed ${showId(id)}; validators may only look`);
  }
  if (resources.items.length !== before.length) {
    throw new Refusal("a validator added resources; validators may only look");
  }
}

/**
 * To take the label away writes the other labels anew and sorted; to the tool that we follow, that makes another
 * object of one whose labels were read from a file, or stood in another order.
 */
function refuseMarkAmongLabels(resource: Resource): void {
  const labels = getKey(getKey(resource.node, "metadata"), "labels");
  if (labels?.kind !== "map" || getKey(labels, VALIDATED_BY) === undefined) return;
  const others = labels.entries.map(({ key }) => key).filter(({ value }) => value !== VALIDATED_BY);
  const isSorted = others.every(({ value }, index) => value >= (others[index - 1]?.value ?? ""));
  if (isSorted && others.every(({ at }) => at === undefined)) return;
  throw new Refusal(
    `a validator labels ${
      showId(currentId(resource))
    } as validated-by, which has labels already; let it set no label`,
    resource.provenance,
  );
}

function withoutMark(node: MapNode): string {
  const metadata = getKey(node, "metadata");
  const labels = getKey(metadata, "labels");
  if (labels?.kind === "map" && deleteKey(labels, VALIDATED_BY) && labels.entries.length === 0) {
    if (metadata?.kind === "map") deleteKey(metadata, "labels");
  }
  return emitYaml(node);
}
