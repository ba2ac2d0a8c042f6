/**
 * Patches that are lists of operations: JSON 6902.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import { applyJsonPatch } from "../../jsonpatch/mod.ts";
import {
  getKey,
  type MapNode,
  mapNode,
  setKey,
  stringNode,
  type YamlNode,
} from "../../yaml/mod.ts";
import { withHistory } from "../bookkeeping.ts";
import type { BuildContext } from "../context.ts";
import { isNull } from "../decode.ts";
import { countNodes } from "../node_path.ts";
import { type Place, Refusal } from "../refusal.ts";
import { currentId, type Resource } from "../resource.ts";
import { showId } from "../resource_id.ts";
import { parseFile } from "../resources.ts";

/** How many nodes of a patch may be applied for one entry of the budget. */
export const NODES_PER_ENTRY = 4;

/** The operations of a JSON 6902 patch; its shape is checked here, its paths when it is applied. */
export function parseOperations(text: string, path: string, context: BuildContext): YamlNode {
  const [first] = parseFile(text, path, context.options.budget, "lenient");
  const operations = first?.node;
  if (operations?.kind !== "seq" || operations.items.length === 0) {
    throw new Refusal("a JSON 6902 patch must be a list of operations", { path });
  }
  for (const item of operations.items) {
    if (item.kind === "map" || isNull(item)) continue;
    throw new Refusal("an operation of a JSON 6902 patch must be a map", {
      path,
      line: item.at?.line,
    });
  }
  return operations;
}

/** Applies JSON 6902 operations to one resource. */
export function applyOperations(
  resource: Resource,
  operations: YamlNode,
  place: Place,
  meter: Meter,
): void {
  const id = showId(currentId(resource));
  meter.spendEntries(Math.ceil(countNodes(operations) / NODES_PER_ENTRY), id);
  withHistory(resource, () => {
    const patched = applyJsonPatch(resource.node, operations, meter);
    if (!patched.ok) throw new Refusal(`${patched.message} (in ${id})`, place);
    if (patched.value.kind !== "map") {
      throw new Refusal(`the patch leaves no object of ${id}`, place);
    }
    pairAnnotations(patched.value, place, id);
    resource.node = patched.value;
  }, true);
}

/** The tool that we follow reads a list of annotations as key, value, key, value; of odd ones it dies. */
function pairAnnotations(node: MapNode, place: Place, id: string): void {
  const metadata = getKey(node, "metadata");
  const list = getKey(metadata, "annotations");
  if (metadata?.kind !== "map" || list?.kind !== "seq") return;
  const pairs = mapNode();
  for (let at = 0; at < list.items.length; at += 2) {
    const [key, value] = list.items.slice(at, at + 2);
    if (key?.kind !== "scalar" || value === undefined) {
      throw new Refusal(
        `the patch makes metadata.annotations of ${id} a list; make it a map of texts`,
        place,
      );
    }
    const text = value.kind === "scalar" ? value.value : "";
    pairs.entries.push({ key: { ...key }, value: stringNode(text) });
  }
  setKey(metadata, "annotations", pairs);
}
