/**
 * Names in fields follow the objects that they name, once all of those have their final names.
 *
 * @module
 */
import { type Meter, sha256Hex } from "../../base/mod.ts";
import { getKey, type ScalarNode, textOf, type YamlNode } from "../../yaml/mod.ts";
import { ENTRY_BYTES, type Keeper } from "../cache.ts";
import type { BuildContext } from "../context.ts";
import { NAME_REFERENCES, type NameReference } from "../data/name_references.ts";
import { type FieldSpec, setEntry, setText, visitField } from "../field_spec.ts";
import type { Lookup } from "../kept.ts";
import { Refusal } from "../refusal.ts";
import {
  currentId,
  nameOf,
  namespaceOf,
  originalId,
  own,
  previousIds,
  putInto,
  type Resource,
  writtenNamespace,
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

/** Updates every name reference; with a keeper, only where a name means something else than the last time. */
export function updateNameReferences(
  resources: ResourceList,
  references: readonly NameReference[],
  { meter, keeper }: Pick<BuildContext, "meter" | "keeper">,
): void {
  const index = new NameIndex(resources.items, meter);
  const table = new FieldTable(references);
  // A reference that is a name itself changes what others find: then nothing can be looked up.
  const kept = table.mayRename ? undefined : keeper;
  const key = kept === undefined ? "" : keyOf(references);
  for (const resource of resources.items) {
    const fields = table.for(originalId(resource));
    if (fields.length === 0) continue;
    if (kept === undefined) {
      own(resource);
      updateResource(resource, fields, index);
    } else updateKept(resource, { fields, index, keeper: kept, key });
  }
  resources.renamed();
}

function keyOf(references: readonly NameReference[]): string {
  return references === NAME_REFERENCES ? "" : sha256Hex(JSON.stringify(references));
}

/** A field that may hold the name of an object of some kind. */
interface Field {
  readonly spec: FieldSpec;
  readonly target: Gvk;
}

/** The fields of each kind. */
class FieldTable {
  readonly #references: readonly NameReference[];
  readonly #byKind = new Map<string, readonly Field[]>();

  constructor(references: readonly NameReference[]) {
    this.#references = references;
  }

  /** True when a field is part of what an object is called. */
  get mayRename(): boolean {
    return this.#references.some(({ fields }) =>
      fields.some(({ path }) => /^metadata(\[\])?(\/name(space)?)?(\[\])?$/.test(path))
    );
  }

  for({ group, version, kind }: Gvk): readonly Field[] {
    const key = `${group}/${version}/${kind}`;
    let found = this.#byKind.get(key);
    if (found === undefined) {
      found = this.#references.flatMap(({ target, fields }) =>
        fields.filter((spec) => isSelected({ group, version, kind }, spec))
          .map((spec) => ({ spec, target }))
      );
      this.#byKind.set(key, found);
    }
    return found;
  }
}

/** Updates the fields of one resource; every name that is looked up, and what it means. */
function updateResource(
  resource: Resource,
  fields: readonly Field[],
  index: NameIndex,
): readonly Lookup[] {
  const lookups: Lookup[] = [];
  const referrer = referrerOf(resource);
  for (const field of fields) updateField(referrer, field, index, lookups);
  return lookups;
}

function referrerOf(resource: Resource): Referrer {
  return { resource, id: currentId(resource), reaches: reachedNamespaces(resource) };
}

interface KeptWork {
  readonly fields: readonly Field[];
  readonly index: NameIndex;
  readonly keeper: Keeper;
  readonly key: string;
}

function updateKept(resource: Resource, { fields, index, keeper, key }: KeptWork): void {
  const before = keeper.stateOf(resource);
  const known = before.referred.get(key);
  if (known !== undefined && isStill(known.lookups, resource, index)) {
    putInto(resource, known.to);
    return;
  }
  own(resource);
  const lookups = updateResource(resource, fields, index);
  const isChanged = lookups.some(({ isSame }) => !isSame);
  if (!isChanged) putInto(resource, before);
  const to = isChanged ? keeper.keep(resource) : before;
  const bytes = (isChanged ? to.bytes : 0) + ENTRY_BYTES + lookups.length * LOOKUP_BYTES;
  before.referred.put(key, { lookups, to }, bytes);
}

/** About what one entry of the lookups takes. */
const LOOKUP_BYTES = 150;

/** True when every name means what it meant when `lookups` was noted. */
function isStill(lookups: readonly Lookup[], resource: Resource, index: NameIndex): boolean {
  if (lookups.length === 0) return true;
  const referrer = referrerOf(resource);
  return lookups.every((lookup) => textOfNamed(find(referrer, lookup, index)) === lookup.meant);
}

function textOfNamed(named: Named | undefined): string {
  if (named === undefined) return "";
  return `${currentId(named.resource).name}\n${writtenNamespace(named.resource)}`;
}

const NOWHERE: ReadonlySet<string> = new Set();

function reachedNamespaces(resource: Resource): ReadonlySet<string> {
  if (currentId(resource).kind !== "RoleBinding") return NOWHERE;
  const reached = new Set<string>();
  const subjects = getKey(resource.node, "subjects");
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
  readonly #meter: Meter;

  constructor(resources: readonly Resource[], meter: Meter) {
    this.#meter = meter;
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
    const known = this.#byPreviousName.get(name) ?? [];
    this.#meter.step("a name reference", 1 + known.length);
    return known.filter((named) => isVisible(named, referrer));
  }

  /** True when something that `referrer` can name came from the namespace. */
  hasOriginalNamespace(namespace: string, referrer: Referrer): boolean {
    const known = this.#byOriginalNamespace.get(namespace) ?? [];
    this.#meter.step("a name reference", known.length);
    return known.some((named) => isVisible(named, referrer));
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
    (referrer.reaches.size > 0 && referrer.reaches.has(writtenNamespace(resource)));
}

/** What a name in a field means. */
function find(
  referrer: Referrer,
  { path, target, name, namespace, isMap }: Question,
  index: NameIndex,
): Named | undefined {
  const candidates = index.candidates(name, referrer);
  return choose(
    isMap ? inNamespace(candidates, namespace, referrer, index) : candidates,
    referrer,
    path,
    target,
    isMap ? sameNameAndNamespace : sameName,
  );
}

type Question = Omit<Lookup, "meant" | "isSame">;

function updateField(
  referrer: Referrer,
  { spec, target }: Field,
  index: NameIndex,
  lookups: Lookup[],
): void {
  function look(question: Question, update: (named: Named) => boolean): void {
    const named = find(referrer, question, index);
    const meant = textOfNamed(named);
    const isSame = named === undefined || !update(named);
    lookups.push({ ...question, meant, isSame });
  }
  function updateScalar(node: ScalarNode): void {
    look({ path: spec.path, target, name: node.value, isMap: false }, (named) => {
      const name = nameOf(named.resource.node);
      if (name === node.value) return false;
      setText(node, name);
      return true;
    });
  }
  function updateMap(node: YamlNode): void {
    const name = getKey(node, "name");
    if (name === undefined) throw new Refusal("the map has no name");
    const old = textOfScalar(name);
    const written = getKey(node, "namespace");
    const namespace = written === undefined ? {} : { namespace: textOfScalar(written) };
    look({ path: spec.path, target, name: old, isMap: true, ...namespace }, (named) => {
      const namespace = namespaceOf(named.resource.node);
      if (nameOf(named.resource.node) === old && namespace === "") return false;
      setEntry(node, "name", nameOf(named.resource.node));
      // Without a namespace of its own the object may be in any; what is written there stays.
      if (namespace !== "") setEntry(node, "namespace", namespace);
      return true;
    });
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

function textOfScalar(node: YamlNode): string {
  return node.kind === "scalar" ? node.value : "";
}

/** Those from the namespace that is written beside the name; if nothing ever was there, those that are there now. */
function inNamespace(
  candidates: readonly Named[],
  namespace: string | undefined,
  referrer: Referrer,
  index: NameIndex,
): readonly Named[] {
  if (namespace === undefined) return candidates;
  return index.hasOriginalNamespace(namespace, referrer)
    ? candidates.filter((named) => named.originalNamespace === namespace)
    : candidates.filter((named) => named.id.namespace === namespace);
}

/** The one that is meant; `undefined` when none is, a refusal when it could be several. */
function choose(
  candidates: readonly Named[],
  referrer: Referrer,
  path: string,
  target: Gvk,
  isSame: (a: Resource, b: Resource) => boolean,
): Named | undefined {
  const role = path.endsWith("roleRef/name") ? roleOf(referrer.resource) : undefined;
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
