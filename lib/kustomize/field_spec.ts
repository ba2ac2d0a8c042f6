/**
 * Field specs: which field of which kinds a transformer writes to.
 *
 * @module
 */
import {
  getKey,
  isQuoted,
  type MapEntry,
  type MapNode,
  mapNode,
  resolvePlain,
  type ScalarNode,
  seqNode,
  setKey,
  stringNode,
  type YamlNode,
} from "../yaml/mod.ts";
import { splitPath } from "./field_path.ts";
import { Refusal } from "./refusal.ts";
import { currentId, gvkOf, hasHistory, type Resource } from "./resource.ts";
import { type Gvk, isSelected, showId } from "./resource_id.ts";

/** A field of the kinds that the spec selects. */
export interface FieldSpec extends Gvk {
  /** `/`-separated; a name ending in `[]` is a list. */
  readonly path: string;
  /** {@linkcode path}, split. */
  readonly parts: readonly string[];
  /** True when the field is to be made where it is missing. */
  readonly create: boolean;
}

/** A spec from its path and what it selects. */
export function fieldSpec(path: string, selects: Partial<Gvk> = {}, create = false): FieldSpec {
  return {
    group: "",
    version: "",
    kind: "",
    ...selects,
    path,
    parts: splitPath(path, "/"),
    create,
  };
}

/** What to do at a field. */
export interface FieldVisit {
  /** Called with the field, or with the field that was made. */
  readonly visit: (node: YamlNode) => void;
  /** What to make of a missing field when the spec says create; absent: nothing is made. */
  readonly make?: () => YamlNode;
}

/** An empty map, to make labels and annotations in. */
export function makeMap(): YamlNode {
  return mapNode();
}

/** An empty scalar, to set a value in. */
export function makeText(): YamlNode {
  return stringNode("");
}

/** Visits the field that `spec` names in `resource`, when it selects that resource. */
export function visitField(resource: Resource, spec: FieldSpec, visit: FieldVisit): void {
  if (isSelected(gvkOf(resource.node), spec)) visitSelected(resource, spec, visit);
}

/** Like {@linkcode visitField}, for a resource that is known to be selected. */
export function visitSelected(resource: Resource, spec: FieldSpec, visit: FieldVisit): void {
  if (spec.path.startsWith("metadata/annotations") && hasHistory(resource)) {
    addAnnotations(resource.node);
  }
  try {
    walk(resource.node, spec.parts, 0, spec.create, visit);
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    throw new Refusal(
      `field ${spec.path.replaceAll("/", ".")} of ${
        showId(currentId(resource))
      }: ${thrown.message}`,
      resource.provenance,
    );
  }
}

/** The tool that we follow keeps the history in annotations, so they are there as soon as it has begun. */
function addAnnotations(node: MapNode): void {
  const metadata = getKey(node, "metadata");
  if (metadata?.kind !== "map" || getKey(metadata, "annotations") !== undefined) return;
  setKey(metadata, "annotations", mapNode());
}

function walk(
  node: YamlNode,
  parts: readonly string[],
  depth: number,
  create: boolean,
  visit: FieldVisit,
): void {
  const part = parts[depth];
  if (part === undefined) return visit.visit(node);
  if (node.kind === "seq") {
    for (const item of node.items) walk(item, parts, depth, create, visit);
    return;
  }
  if (node.kind === "scalar") {
    if (node.tag === "null") return;
    throw new Refusal(
      `"${part}" is looked for in a plain value; a map or a list is expected there`,
    );
  }
  const isList = part.endsWith("[]");
  const name = isList ? part.slice(0, -2) : part;
  if (name === "") throw new Refusal("the path has an empty field name");
  const make = !create || visit.make === undefined || isList
    ? undefined
    : depth === parts.length - 1
    ? visit.make
    : makeMap;
  let entry = node.entries.find(({ key }) => key.value === name);
  if (entry === undefined) {
    if (make === undefined) return;
    entry = { key: stringNode(name), value: make() };
    node.entries.push(entry);
  } else if (isNullEntry(entry)) {
    if (isList) entry.value = seqNode();
    else if (make !== undefined) entry.value = make();
  }
  walk(entry.value, parts, depth + 1, create, visit);
}

function isNullEntry({ value }: MapEntry): boolean {
  return value.kind === "scalar" && value.tag === "null";
}

/** Writes text into a scalar; it stays the scalar it was, but is text from now on. */
export function setText(node: YamlNode, value: string): void {
  setScalar(node, value, "str");
}

/** Writes a value of a type into a scalar; one in quotes stays in quotes, and so is text, whatever it was meant to be. */
export function setScalar(node: YamlNode, value: string, tag: ScalarNode["tag"]): void {
  if (node.kind !== "scalar") throw new Refusal(`a plain value is expected, not a ${node.kind}`);
  node.tag = isQuoted(node) ? "str" : tag;
  node.value = value;
  delete node.isUntagged;
}

/** Writes text that, unless it stood in quotes, means from now on what it looks like. */
export function setPlainText(node: YamlNode, value: string): void {
  const quoted = isQuoted(node);
  setScalar(node, value, quoted ? "str" : plainTag(value));
  if (!quoted && node.kind === "scalar") node.isUntagged = true;
}

function plainTag(text: string): ScalarNode["tag"] {
  return resolvePlain(text, "kyaml");
}

/** Writes text under a key of a map. */
export function setEntry(node: YamlNode, name: string, value: string): void {
  shareEntry(node, name, stringNode(value));
}

/** Like {@linkcode setEntry}; where the key is new, `value` itself goes into the map. True when it did. */
export function shareEntry(node: YamlNode, name: string, value: ScalarNode): boolean {
  if (node.kind !== "map") throw new Refusal("a map is expected");
  const entry = node.entries.find(({ key }) => key.value === name);
  if (entry?.value.kind === "scalar") {
    setText(entry.value, value.value);
    return false;
  }
  if (entry !== undefined) entry.value = value;
  // A new key is written without quotes, so one that looks like a number is one; the build fails on it at the end.
  else node.entries.push({ key: { ...stringNode(name), tag: plainTag(name) }, value });
  return true;
}

/** Field specs by the kind of the resource, each looked for only once. */
export class SpecTable {
  readonly #specs: readonly FieldSpec[];
  readonly #byKind = new Map<string, readonly FieldSpec[]>();

  /** Takes the specs in the order in which they apply. */
  constructor(specs: readonly FieldSpec[]) {
    this.#specs = specs;
  }

  /** The specs that select resources of this kind. */
  for(gvk: Gvk): readonly FieldSpec[] {
    const key = `${gvk.group}/${gvk.version}/${gvk.kind}`;
    let found = this.#byKind.get(key);
    if (found === undefined) {
      found = this.#specs.filter((spec) => isSelected(gvk, spec));
      this.#byKind.set(key, found);
    }
    return found;
  }
}

/** Specs of both lists; of two that mean the same field one stays, and they must agree on `create`. */
export function mergeSpecs(
  first: readonly FieldSpec[],
  second: readonly FieldSpec[],
): readonly FieldSpec[] {
  if (second.length === 0) return first;
  const merged = [...first];
  for (const spec of second) {
    const same = merged.find((other) => other.path === spec.path && isSelected(other, spec));
    if (same === undefined) merged.push(spec);
    else if (same.create !== spec.create) {
      throw new Refusal(`field specs for ${spec.path} disagree on "create"`);
    }
  }
  return merged;
}
