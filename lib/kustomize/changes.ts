/**
 * Notes which transformers changed a resource, for callers that ask for it.
 *
 * @module
 */
import type { YamlNode } from "../yaml/mod.ts";
import type { Change } from "./built.ts";
import { own, type Resource } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";

/** Runs `step` and notes `by` on each resource that is not what it was; without `by` it only runs. */
export function noteChanges(
  resources: ResourceList,
  by: Change | undefined,
  step: () => void,
): void {
  if (by === undefined) return step();
  const before = new Map<Resource, number>();
  for (const resource of resources.items) before.set(resource, fingerprint(resource.node));
  step();
  for (const resource of resources.items) {
    if (before.get(resource) === fingerprint(resource.node)) continue;
    own(resource);
    resource.changedBy = [...resource.changedBy, by];
  }
}

const PRIME = 0x01000193;
const SEED = 0x811c9dc5;
const HIGH = 0x200000;

/** A number that differs when the content does, but for chance (FNV-1a, twice, for 53 bits). */
function fingerprint(root: YamlNode): number {
  let low = SEED;
  let high = SEED ^ PRIME;
  const add = (text: string): void => {
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      low = Math.imul(low ^ code, PRIME);
      high = Math.imul(high ^ (code + index), PRIME);
    }
    low = Math.imul(low ^ 0xffff, PRIME);
    high = Math.imul(high ^ 0xfffe, PRIME);
  };
  const pending: YamlNode[] = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.kind === "scalar") {
      add(node.tag);
      add(node.value);
      continue;
    }
    add(`${node.kind}${node.kind === "map" ? node.entries.length : node.items.length}`);
    if (node.kind === "seq") { for (const item of node.items) pending.push(item); }
    else {
      for (const { key, value } of node.entries) {
        add(key.value);
        pending.push(value);
      }
    }
  }
  return (high >>> 11) * HIGH + (low >>> 11);
}
