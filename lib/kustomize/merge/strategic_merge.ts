/**
 * Strategic merge: a patch that looks like the object it changes.
 *
 * @module
 */
import type { Meter } from "../../base/mod.ts";
import {
  deleteKey,
  getKey,
  isQuoted,
  type MapEntry,
  type MapNode,
  type ScalarNode,
  type SeqNode,
  seqNode,
  setKey,
  stringNode,
  textOf,
  type YamlNode,
} from "../../yaml/mod.ts";
import { Refusal } from "../refusal.ts";
import { apiVersionOf, kindOf } from "../resource.ts";
import { appendItems } from "./append_items.ts";
import {
  completeRows,
  distinctValues,
  findItem,
  isBlank,
  type KeyValues,
  placeItem,
  plainScalar,
} from "./keyed_list.ts";
import { commentSchema, type MergeSchema, type MergeSchemas } from "./schema.ts";

/** How to merge. */
export interface MergeOptions {
  /** Which lists merge. */
  readonly schemas: MergeSchemas;
  /** Counts the work. */
  readonly meter: Meter;
  /** Where items go that only the patch has: in front (the default) or at the end. */
  readonly newItems?: "first" | "last";
  /** True when lists that nobody described merge by `name` if every item has one. */
  readonly inferKeys?: boolean;
}

type Directive = "merge" | "replace" | "delete";

/**
 * Merges `patch` into `target`, both of which are used up; `undefined` when nothing is left of the target.
 *
 * Throws a refusal when the two do not have the same shape.
 */
export function strategicMerge(
  target: MapNode,
  patch: MapNode,
  options: MergeOptions,
): MapNode | undefined {
  const merged = mergeNode(target, patch, undefined, "", options);
  return merged?.kind === "map" ? merged : undefined;
}

/** The merged node; `undefined` when the field is to go. Null survives only where it stood in the target. */
function mergeNode(
  target: YamlNode | undefined,
  patch: YamlNode | undefined,
  known: MergeSchema | undefined,
  field: string,
  options: MergeOptions,
): YamlNode | undefined {
  const schema = notedSchema([target, patch], options) ?? known ?? schemaOf(target, options) ??
    schemaOf(patch, options);
  const kind = (isGone(target) ? undefined : target?.kind) ??
    (isGone(patch) ? undefined : patch?.kind);
  for (const node of [target, patch]) {
    if (isGone(node) || node?.kind === kind) continue;
    throw new Refusal(
      `the patch has a ${shapeName(patch)} at "${field}", the object a ${shapeName(target)}`,
    );
  }
  switch (kind) {
    case "scalar":
      return patch === undefined ? target : isGone(patch) ? undefined : patch;
    case "seq":
      return mergeSeq(target, patch, schema, field, options);
    default:
      return mergeMap(target, patch, schema, field, options);
  }
}

function shapeName(node: YamlNode | undefined): string {
  return node?.kind === "seq" ? "list" : node?.kind === "map" ? "map" : "plain value";
}

function isGone(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.tag === "null");
}

/** What the first comment at one of `nodes` says. */
function notedSchema(
  nodes: readonly (YamlNode | undefined)[],
  options: MergeOptions,
): MergeSchema | undefined {
  for (const node of nodes) {
    const schema = node?.comment === undefined
      ? undefined
      : commentSchema(node.comment, options.schemas);
    if (schema !== undefined) return schema;
  }
  return undefined;
}

function schemaOf(node: YamlNode | undefined, options: MergeOptions): MergeSchema | undefined {
  if (node?.kind !== "map") return undefined;
  const kind = kindOf(node);
  const apiVersion = apiVersionOf(node);
  return kind === "" || apiVersion === "" ? undefined : options.schemas.forKind(apiVersion, kind);
}

function mergeMap(
  target: YamlNode | undefined,
  patch: YamlNode | undefined,
  schema: MergeSchema | undefined,
  field: string,
  options: MergeOptions,
): YamlNode | undefined {
  const base = mapBase(target, patch);
  if (base?.kind !== "map") return base;
  const names = new Set(base.entries.map(({ key }) => key.value));
  if (patch?.kind === "map") { for (const { key } of patch.entries) names.add(key.value); }
  // A key is looked up in the patch once for each of its fields; a map makes that linear.
  const patched = new Map<string, MapEntry>();
  for (const entry of patch?.kind === "map" ? patch.entries : []) {
    patched.set(entry.key.value, entry);
  }
  options.meter.spendEntries(Math.ceil(names.size / 16), field);
  const entries = new Map(base.entries.map((entry) => [entry.key.value, entry]));
  const added: MapNode["entries"] = [];
  for (const name of names) {
    const entry = entries.get(name);
    const more = patched.get(name);
    const noted = notedSchema([entry?.key, more?.key], options);
    const path = field === "" ? name : `${field}.${name}`;
    const merged = options.meter.nest(
      path,
      () => mergeNode(entry?.value, more?.value, noted ?? schema?.field(name), path, options),
    );
    if (merged === undefined) entries.delete(name);
    else if (entry !== undefined) entry.value = putInto(entry.value, merged);
    else added.push({ key: stringNode(name), value: merged });
  }
  base.entries = [...base.entries.filter(({ key }) => entries.has(key.value)), ...added];
  return base;
}

/** A scalar is changed where it stands, for it may stand in several places; what stood in quotes stays text in quotes. */
function putInto(there: YamlNode, merged: YamlNode): YamlNode {
  if (there.kind !== "scalar" || merged.kind !== "scalar" || there === merged) return merged;
  there.tag = isQuoted(there) ? "str" : merged.tag;
  there.value = merged.value;
  if (merged.at !== undefined) there.at = merged.at;
  return there;
}

/** The map that receives the fields of both, or what stands in place of a map. */
function mapBase(target: YamlNode | undefined, patch: YamlNode | undefined): YamlNode | undefined {
  if (target === undefined || isGone(target)) {
    if (patch === undefined) return isWrittenNull(target) ? target : undefined;
    if (patch.kind !== "map") return undefined;
    return takeMapDirective(patch, false) === "delete" ? undefined : patch;
  }
  if (patch === undefined) return target;
  if (patch.kind !== "map") return undefined;
  const directive = takeMapDirective(patch, true);
  if (directive === "delete") return undefined;
  return directive === "replace" ? patch : target;
}

/** Null survives a merge when it was spelled out, not when the value was left empty. */
function isWrittenNull(node: YamlNode | undefined): node is ScalarNode {
  return node?.kind === "scalar" && node.tag === "null" && node.value !== "";
}

function takeMapDirective(patch: MapNode, strict: boolean): Directive {
  const directive = getKey(patch, "$patch");
  if (directive === undefined) return "merge";
  const value = textOf(directive);
  if (value === "merge" || value === "replace" || value === "delete") {
    deleteKey(patch, "$patch");
    return value;
  }
  if (strict) throw unknownDirective(value);
  return "merge";
}

function unknownDirective(value: string | undefined): Refusal {
  return new Refusal(`$patch must be merge, replace or delete, not "${value}"`);
}

function mergeSeq(
  target: YamlNode | undefined,
  patch: YamlNode | undefined,
  schema: MergeSchema | undefined,
  field: string,
  options: MergeOptions,
): YamlNode | undefined {
  const keys = schema === undefined && options.inferKeys === true
    ? inferKeys(target, patch, field)
    : schema?.keys;
  if (keys === undefined) return patch === undefined ? target : isGone(patch) ? undefined : patch;
  let base = target;
  if (target === undefined || isGone(target)) base = patch;
  else if (patch !== undefined) {
    if (patch.kind !== "seq") return undefined;
    const directive = takeSeqDirective(patch);
    if (directive === "delete") return undefined;
    if (directive === "replace") base = patch;
  }
  if (base?.kind !== "seq") return undefined;
  return mergeItems(base, patch, keys, schema?.item(), field, options);
}

function inferKeys(
  target: YamlNode | undefined,
  patch: YamlNode | undefined,
  field: string,
): readonly string[] | undefined {
  const lists = [target, patch].filter((node) => node?.kind === "seq" && node.items.length > 0);
  const named = lists.filter((list) =>
    list?.kind === "seq" && list.items.every((item) => getKey(item, "name") !== undefined)
  );
  if (named.length === 0) return undefined;
  if (named.length < lists.length) throw new Refusal(`some items of "${field}" have no name`);
  return ["name"];
}

/** A list of which the only item says `$patch` is a directive for the list. */
function takeSeqDirective(patch: SeqNode): Directive {
  const item = patch.items.find((node) => getKey(node, "$patch") !== undefined);
  if (item?.kind !== "map" || item.entries.length > 1) return "merge";
  const value = textOf(getKey(item, "$patch"));
  if (value !== "merge" && value !== "replace" && value !== "delete") throw unknownDirective(value);
  placeItem(patch, ["$patch"], [value], undefined);
  return value;
}

function mergeItems(
  base: SeqNode,
  patch: YamlNode | undefined,
  keys: readonly string[],
  schema: MergeSchema | undefined,
  field: string,
  options: MergeOptions,
): YamlNode {
  const isLast = options.newItems === "last";
  const rows = distinctValues(isLast ? [base, patch] : [patch, base], keys);
  if (rows.length === 0) return base;
  if (keys.length > 1) completeRows(rows, options.meter);
  // Keys that no item has do not tell items apart; when none has any, all of them count.
  const used = keys.map((_, index) => rows.some((row) => row[index] !== ""));
  const validKeys = used.includes(true) ? keys.filter((_, index) => used[index]) : keys;
  const merged = seqNode();
  for (const row of rows) {
    const values = used.includes(true) && keys.length > 0 ? row.filter((_, i) => used[i]) : row;
    options.meter.spendEntries(Math.ceil((base.items.length + rows.length) / 16), field);
    const item = mergeRow(base, patch, validKeys, values, schema, field, options);
    if (item === undefined || isBlank(item)) {
      placeItem(base, validKeys, values, undefined);
      continue;
    }
    for (const [index, key] of validKeys.entries()) {
      const value = values[index] ?? "";
      if (item.kind === "map" && value !== "" && getKey(item, key) === undefined) {
        setKey(item, key, plainScalar(value));
      }
    }
    placeItem(merged, validKeys, values, item);
  }
  return isLast ? appendItems(base, merged, validKeys) : appendItems(merged, base, validKeys);
}

/** Merges the items of both lists that have the given values. */
function mergeRow(
  base: SeqNode,
  patch: YamlNode | undefined,
  keys: readonly string[],
  values: KeyValues,
  schema: MergeSchema | undefined,
  field: string,
  options: MergeOptions,
): YamlNode | undefined {
  const present = keys.map((_, index) => values[index] !== "");
  const some = present.includes(true);
  const wantedKeys = some ? keys.filter((_, index) => present[index]) : keys;
  const wanted = some && keys.length > 0 ? values.filter((_, index) => present[index]) : values;
  const path = `${field}[${values.join(",")}]`;
  return options.meter.nest(path, () =>
    mergeNode(
      findItem(base, wantedKeys, wanted),
      findItem(patch, wantedKeys, wanted),
      schema,
      path,
      options,
    ));
}
