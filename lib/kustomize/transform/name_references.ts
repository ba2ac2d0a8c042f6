/**
 * Names in fields follow the objects that they name, once all of those have their final names.
 *
 * @module
 */
import { getKey, textOf, type YamlNode } from "../../yaml/mod.ts";
import type { NameReference } from "../data/name_references.ts";
import { type FieldSpec, setEntry, setText, visitField } from "../field_spec.ts";
import { Refusal } from "../refusal.ts";
import {
  currentId,
  kindOf,
  nameOf,
  namespaceOf,
  originalId,
  previousIds,
  type Resource,
} from "../resource.ts";
import { type Gvk, isNoNamespace, isSelected, type ResourceId, showId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

interface Named {
  readonly resource: Resource;
  readonly id: ResourceId;
  readonly originalNamespace: string;
  readonly previous: readonly ResourceId[];
}

/** A resource with fields that name others. */
interface Referrer {
  readonly resource: Resource;
  readonly id: ResourceId;
  /** Namespaces that a RoleBinding reaches into by its subjects. */
  readonly reaches: ReadonlySet<string>;
}

/** Updates every name reference. */
export function updateNameReferences(
  resources: ResourceList,
  references: readonly NameReference[],
): void {
  const index = new NameIndex(resources.items);
  const byKind = new Map<string, { spec: FieldSpec; target: Gvk }[]>();
  for (const resource of resources.items) {
    const original = originalId(resource);
    const key = `${original.group}/${original.version}/${original.kind}`;
    let fields = byKind.get(key);
    if (fields === undefined) {
      fields = references.flatMap(({ target, fields }) =>
        fields.filter((spec) => isSelected(original, spec)).map((spec) => ({ spec, target }))
      );
      byKind.set(key, fields);
    }
    if (fields.length === 0) continue;
    const referrer = { resource, id: currentId(resource), reaches: reachedNamespaces(resource) };
    for (const { spec, target } of fields) updateField(referrer, spec, target, index);
  }
  resources.renamed();
}

function reachedNamespaces(resource: Resource): ReadonlySet<string> {
  const reached = new Set<string>();
  const subjects = kindOf(resource.node) === "RoleBinding"
    ? getKey(resource.node, "subjects")
    : undefined;
  for (const subject of subjects?.kind === "seq" ? subjects.items : []) {
    if (textOf(getKey(subject, "kind")) !== "ServiceAccount") continue;
    const namespace = getKey(subject, "namespace");
    if (namespace === undefined) continue;
    const name = textOf(namespace);
    if (name === undefined) {
      throw new Refusal(
        `a subject of ${showId(currentId(resource))} has an empty namespace; name one`,
        resource.provenance,
      );
    }
    reached.add(name);
  }
  return reached;
}

/** Resources by the names they had before. */
class NameIndex {
  readonly #byPreviousName = new Map<string, Named[]>();
  readonly #byOriginalNamespace = new Map<string, Named[]>();
  readonly #all: readonly Named[];

  constructor(resources: readonly Resource[]) {
    this.#all = resources.map((resource) => ({
      resource,
      id: currentId(resource),
      originalNamespace: originalId(resource).namespace,
      previous: previousIds(resource),
    }));
    for (const named of this.#all) {
      for (const name of new Set(named.previous.map((id) => id.name))) {
        push(this.#byPreviousName, name, named);
      }
      push(this.#byOriginalNamespace, named.originalNamespace, named);
    }
  }

  /** What was once called `name` and can be named by `referrer`. */
  candidates(name: string, referrer: Referrer): Named[] {
    return (this.#byPreviousName.get(name) ?? []).filter((named) => isVisible(named, referrer));
  }

  /** True when something that `referrer` can name came from the namespace. */
  hasOriginalNamespace(namespace: string, referrer: Referrer): boolean {
    return (this.#byOriginalNamespace.get(namespace) ?? []).some((named) =>
      isVisible(named, referrer)
    );
  }
}

function push(map: Map<string, Named[]>, key: string, named: Named): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, [named]);
  else there.push(named);
}

function isVisible({ id, resource }: Named, referrer: Referrer): boolean {
  return isNoNamespace(referrer.id.namespace) || isNoNamespace(id.namespace) ||
    id.namespace === referrer.id.namespace ||
    (referrer.reaches.size > 0 && referrer.reaches.has(namespaceOf(resource.node)));
}

function updateField(referrer: Referrer, spec: FieldSpec, target: Gvk, index: NameIndex): void {
  function updateScalar(node: YamlNode): void {
    if (node.kind !== "scalar") return;
    const named = choose(index.candidates(node.value, referrer), referrer, spec, target, sameName);
    if (named === undefined) return;
    const name = nameOf(named.resource.node);
    if (name !== node.value) setText(node, name);
  }
  function updateMap(node: YamlNode): void {
    const name = getKey(node, "name");
    if (name === undefined) throw new Refusal("the map has no name");
    const old = name.kind === "scalar" ? name.value : "";
    const candidates = inNamespace(index.candidates(old, referrer), node, referrer, index);
    const named = choose(candidates, referrer, spec, target, sameNameAndNamespace);
    if (named === undefined) return;
    const namespace = namespaceOf(named.resource.node);
    if (nameOf(named.resource.node) === old && namespace === "") return;
    setEntry(node, "name", nameOf(named.resource.node));
    // Without a namespace of its own the object may be in any; what is written there stays.
    if (namespace !== "") setEntry(node, "namespace", namespace);
  }
  visitField(referrer.resource, { ...spec, group: "", version: "", kind: "" }, {
    visit(node) {
      if (node.kind === "map") return updateMap(node);
      if (node.kind === "scalar") return node.tag === "null" ? undefined : updateScalar(node);
      for (const item of node.items) {
        if (item.kind === "map") updateMap(item);
        else if (item.kind === "scalar" && item.tag !== "null") updateScalar(item);
        else if (item.kind === "seq") throw new Refusal("a list of names must hold names or maps");
      }
    },
  });
}

/** Those from the namespace that `node` writes; if nothing ever was there, those that are there now. */
function inNamespace(
  candidates: readonly Named[],
  node: YamlNode,
  referrer: Referrer,
  index: NameIndex,
): readonly Named[] {
  const written = getKey(node, "namespace");
  if (written === undefined) return candidates;
  const namespace = written.kind === "scalar" ? written.value : "";
  return index.hasOriginalNamespace(namespace, referrer)
    ? candidates.filter((named) => named.originalNamespace === namespace)
    : candidates.filter((named) => named.id.namespace === namespace);
}

/** The one that is meant; `undefined` when none is, a refusal when it could be several. */
function choose(
  candidates: readonly Named[],
  referrer: Referrer,
  spec: FieldSpec,
  target: Gvk,
  isSame: (a: Resource, b: Resource) => boolean,
): Named | undefined {
  const role = spec.path.endsWith("roleRef/name") ? roleOf(referrer.resource) : undefined;
  const fitting = candidates.filter((named) =>
    named.previous.some((id) => isSelected(id, target)) &&
    (role === undefined || named.previous.some((id) => isSelected(id, role))) &&
    isNear(named, referrer)
  );
  const [only, second] = fitting;
  if (second === undefined) return only;
  let left = fitting.filter(({ resource }) => hasSameAffixes(resource, referrer.resource, true));
  if (left.length > 1) {
    left = left.filter(({ resource }) => hasSameAffixes(resource, referrer.resource, false));
  }
  const [first, ...rest] = left;
  if (first === undefined) return undefined;
  if (rest.every(({ resource }) => isSame(first.resource, resource))) return first;
  const names = left.map(({ id }) => showId(id)).join(", ");
  throw new Refusal(`the name could mean any of ${names}; give them different names`);
}

function roleOf(resource: Resource): Gvk | undefined {
  const role = getKey(resource.node, "roleRef");
  const group = textOf(getKey(role, "apiGroup"));
  const kind = textOf(getKey(role, "kind"));
  return group === undefined || kind === undefined ? undefined : { group, version: "", kind };
}

function isNear({ id }: Named, referrer: Referrer): boolean {
  return isNoNamespace(referrer.id.namespace) || isNoNamespace(id.namespace) ||
    id.kind === "ServiceAccount" || id.namespace === referrer.id.namespace;
}

function sameName(a: Resource, b: Resource): boolean {
  return nameOf(a.node) === nameOf(b.node);
}

function sameNameAndNamespace(a: Resource, b: Resource): boolean {
  return sameName(a, b) && namespaceOf(a.node) === namespaceOf(b.node);
}

function hasSameAffixes(a: Resource, b: Resource, allowEmpty: boolean): boolean {
  return endsAlike(a.prefixes, b.prefixes, allowEmpty) &&
    endsAlike(a.suffixes, b.suffixes, allowEmpty);
}

/** True when the shorter list is the end of the longer one; an empty list fits only when that is allowed. */
function endsAlike(a: readonly string[], b: readonly string[], allowEmpty: boolean): boolean {
  if (a.length === 0 || b.length === 0) return allowEmpty || a.length === b.length;
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return short.every((affix, index) => affix === long[offset + index]);
}
