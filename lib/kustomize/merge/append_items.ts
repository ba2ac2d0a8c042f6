/**
 * Joins two lists whose items are told apart by keys.
 *
 * @module
 */
import { getKey, type SeqNode, type YamlNode } from "../../yaml/mod.ts";
import { keyValues, placeItem, rawValue } from "./keyed_list.ts";

/** Adds the items of `more` to `list`: in the place of an equal one, otherwise at the end. */
export function appendItems(list: SeqNode, more: SeqNode, keys: readonly string[]): SeqNode {
  if (canZip(list, more, keys)) return zipItems(list, more, keys);
  for (const item of more.items) {
    if (keys.length === 0) {
      placeItem(list, keys, [rawValue(item)], item);
      continue;
    }
    const values: string[] = [];
    for (const key of keys) {
      const value = getKey(item, key);
      if (value === undefined) list.items.push(item);
      else values.push(rawValue(value));
    }
    if (keys.length > 1) placeItem(list, keys, values, undefined);
    placeItem(list, keys, values, item);
  }
  return list;
}

/** True when both lists hold only maps with a value for every key, none twice: then one pass will do. */
function canZip(list: SeqNode, more: SeqNode, keys: readonly string[]): boolean {
  return keys.length > 0 && [list, more].every(({ items }) => {
    const seen = new Set<string>();
    for (const item of items) {
      const values = keyValues(item, keys);
      if (item.kind !== "map" || values.includes("")) return false;
      seen.add(JSON.stringify(values));
    }
    return seen.size === items.length;
  });
}

function zipItems(list: SeqNode, more: SeqNode, keys: readonly string[]): SeqNode {
  const added = new Map(more.items.map((item) => [JSON.stringify(keyValues(item, keys)), item]));
  const kept: YamlNode[] = [];
  for (const item of list.items) {
    const key = JSON.stringify(keyValues(item, keys));
    const replacement = added.get(key);
    if (replacement === undefined) kept.push(item);
    else if (keys.length === 1) {
      kept.push(replacement);
      added.delete(key);
    }
  }
  list.items = [...kept, ...added.values()];
  return list;
}
