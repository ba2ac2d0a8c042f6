/**
 * Items of a list that are told apart by the values of some keys.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import { getKey, type ScalarNode, type SeqNode, type YamlNode } from "../../yaml/mod.ts";
import { Refusal } from "../refusal.ts";

/** The values of the keys in one item; the empty string where it has none. */
export type KeyValues = readonly string[];

/** The text of a scalar; nothing for the rest. */
export function rawValue(node: YamlNode | undefined): string {
  return node?.kind === "scalar" ? node.value : "";
}

/** The values of `keys` in `item`. */
export function keyValues(item: YamlNode, keys: readonly string[]): KeyValues {
  return keys.map((key) => {
    const field = getKey(item, key);
    return field?.kind === "scalar" && field.tag !== "null" ? field.value : "";
  });
}

/** One string for a row of values. */
export function valuesKey(values: KeyValues): string {
  return values.length === 1 ? values[0] ?? "" : JSON.stringify(values);
}

/** Each row of values once, in the order of the lists. */
export function distinctValues(
  lists: readonly (YamlNode | undefined)[],
  keys: readonly string[],
): KeyValues[] {
  const seen = new Set<string>();
  const rows: KeyValues[] = [];
  for (const list of lists) {
    for (const item of list?.kind === "seq" ? list.items : []) {
      const values = keys.length === 0 ? [rawValue(item)] : keyValues(item, keys);
      const key = valuesKey(values);
      if (seen.has(key)) continue;
      seen.add(key);
      rows.push(values);
    }
  }
  return rows;
}

/**
 * Completes rows that lack values by others that agree with them in at least one value and differ in none.
 *
 * Rows that are complete are all different, so they never change.
 */
export function completeRows(rows: KeyValues[], meter: Meter): void {
  if (rows.every((row) => row.every((value) => value !== ""))) return;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? [];
    meter.spendEntries(Math.ceil(rows.length / 16), "a list that is merged");
    for (let j = 0; j < rows.length; j++) {
      const joined = joinRows(row, rows[j] ?? []);
      if (joined !== undefined) rows[i] = rows[j] = joined;
    }
  }
}

function joinRows(a: KeyValues, b: KeyValues): KeyValues | undefined {
  let agree = false;
  const joined: string[] = [];
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? "";
    if (value === other) agree = true;
    else if (value !== "" && other !== "") return undefined;
    joined.push(value === "" ? other : value);
  }
  return agree ? joined : undefined;
}

/** The first item for which each of `keys` has exactly the wanted value. */
export function findItem(
  list: YamlNode | undefined,
  keys: readonly string[],
  values: KeyValues,
): YamlNode | undefined {
  if (list?.kind !== "seq") return undefined;
  if (keys.length === 0) return list.items.find((item) => rawValue(item) === values[0]);
  return list.items.find((item) => item.kind === "map" && hasValues(item, keys, values));
}

function hasValues(item: YamlNode, keys: readonly string[], values: KeyValues): boolean {
  return keys.every((key, index) => {
    const field = getKey(item, key);
    return field !== undefined && rawValue(field) === values[index];
  });
}

/**
 * Puts `element` in the place of every item with the given values, at the end when there is none; without
 * `element` those items go. Items that are null or `{}` go in any case.
 *
 * An empty value stands for any value, and so does one that `values` lacks at its end. Without values at all,
 * nothing else stays.
 */
export function placeItem(
  list: SeqNode,
  keys: readonly string[],
  values: KeyValues,
  element: YamlNode | undefined,
): void {
  const kept: YamlNode[] = [];
  let found = false;
  for (const item of list.items) {
    if (isBlank(item)) continue;
    if (keys.length > 0 && item.kind !== "map") {
      if ((values[0] ?? "") === "") throw new Refusal("a list mixes maps and plain values");
      kept.push(item);
      continue;
    }
    if (!isMatch(item, keys, values)) {
      if (values.length > 0) kept.push(item);
      continue;
    }
    found = true;
    if (element !== undefined) kept.push(element);
  }
  if (!found && element !== undefined) kept.push(element);
  list.items = kept;
}

/** True for null and `{}`. */
export function isBlank(node: YamlNode): boolean {
  return node.kind === "scalar"
    ? node.tag === "null"
    : node.kind === "map" && node.entries.length === 0;
}

function isMatch(item: YamlNode, keys: readonly string[], values: KeyValues): boolean {
  if (keys.length === 0) return item.kind === "scalar" && item.value === values[0];
  return values.length > 0 && keys.slice(0, values.length).every((key, index) => {
    const field = getKey(item, key);
    return field !== undefined && (values[index] === "" || rawValue(field) === values[index]);
  });
}

/** A scalar whose type follows from how it looks. */
export function plainScalar(value: string): ScalarNode {
  if (/^[-+]?\d+$/.test(value)) return { kind: "scalar", tag: "int", value };
  if (/^(true|false)$/i.test(value)) return { kind: "scalar", tag: "bool", value };
  return { kind: "scalar", tag: "str", value };
}
