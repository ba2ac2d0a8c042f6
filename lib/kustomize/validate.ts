/**
 * Validators: transformers that must leave everything as it is.
 *
 * @module
 */
import { deleteKey, emitYaml, getKey, type MapNode } from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";
import { cloneResource, currentId } from "./resource.ts";
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
    text: withoutMark(cloneResource(resource).node),
  }));
  validate(resources);
  for (const [index, { id, text }] of before.entries()) {
    const after = resources.items[index];
    if (after !== undefined && withoutMark(cloneResource(after).node) === text) continue;
    throw new Refusal(`a validator changed ${showId(id)}; validators may only look`);
  }
  if (resources.items.length !== before.length) {
    throw new Refusal("a validator added resources; validators may only look");
  }
}

function withoutMark(node: MapNode): string {
  const metadata = getKey(node, "metadata");
  const labels = getKey(metadata, "labels");
  if (labels?.kind === "map" && deleteKey(labels, VALIDATED_BY) && labels.entries.length === 0) {
    if (metadata?.kind === "map") deleteKey(metadata, "labels");
  }
  return emitYaml(node);
}
