/**
 * One resource on its way through a build: its node, the names it had, and what is still to be done with it.
 *
 * @module
 */
import {
  cloneNode,
  deleteKey,
  getKey,
  type MapNode,
  mapNode,
  type ScalarNode,
  setKey,
  stringNode,
  textOf,
  type YamlNode,
} from "../yaml/mod.ts";
import type { Change, Provenance } from "./built.ts";
import type { Facts, Kept } from "./kept.ts";
import {
  effectiveNamespace,
  type Gvk,
  idKey,
  kindKey,
  type ResourceId,
  splitApiVersion,
} from "./resource_id.ts";

/** A name that a resource had before some step changed it. */
export interface PreviousName {
  /** `metadata.name`. */
  readonly name: string;
  /** The namespace in effect. */
  readonly namespace: string;
  /** Kind. */
  readonly kind: string;
}

/** What `config.kubernetes.io/origin` says. */
export interface Origin {
  /** File, relative to the folder that is built. */
  readonly path?: string;
  /** Repository it was cloned from. */
  readonly repo?: string;
  /** Commit, tag or branch of it. */
  readonly ref?: string;
  /** Kustomization file that asked for it. */
  readonly configuredIn?: string;
  /** Generator or transformer that made it. */
  readonly configuredBy?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name?: string;
    readonly namespace?: string;
  };
}

/** What a generator wants done when the object exists already. */
export type Behavior = "create" | "merge" | "replace" | "unspecified";

/** What a resource is at one point of a build. */
export interface ResourceState {
  /** The object; replaced as a whole when a patch says so. */
  node: MapNode;
  /** Earlier names, oldest first. */
  previous: readonly PreviousName[];
  /** Prefixes it got, innermost first. */
  prefixes: readonly string[];
  /** Suffixes it got, innermost first. */
  suffixes: readonly string[];
  /** True when the name is to end in the hash of the content. */
  needsHash: boolean;
  /** For generated objects. */
  behavior: Behavior;
  /** Variables that read from it. */
  varNames: readonly string[];
  /** Where it comes from, as the annotation tells; only when asked for. */
  origin: Origin | undefined;
  /** What changed it, as the annotation tells; only when asked for. */
  transformations: readonly Origin[];
  /** Where it was read. */
  provenance: Provenance | undefined;
  /** What changed it; only when asked for. */
  changedBy: readonly Change[];
  /** True when a scalar may stand in several places of the node at once. */
  isTied: boolean;
}

/** One resource on its way; whoever changes it asks {@linkcode own} first. */
export interface Resource extends ResourceState {
  /** The kept state that it is in and shares its node with; absent once it has changed, and without a cache. */
  kept: Kept<ResourceState> | undefined;
}

const NO_CHANGES: readonly Change[] = [];

/** A resource without history. */
export function newResource(node: MapNode, provenance?: Provenance): Resource {
  return {
    node,
    previous: [],
    prefixes: [],
    suffixes: [],
    needsHash: false,
    behavior: "unspecified",
    varNames: [],
    origin: undefined,
    transformations: [],
    provenance,
    changedBy: NO_CHANGES,
    isTied: false,
    kept: undefined,
  };
}

/** Makes the resource one that may be changed. */
export function own(resource: Resource): void {
  if (resource.kept === undefined) return;
  resource.kept = undefined;
  resource.node = resource.isTied ? cloneTied(resource.node, new Map()) : cloneNode(resource.node);
}

/** A copy in which the same scalars stand in several places as in `node`. */
function cloneTied<T extends YamlNode>(node: T, made: Map<ScalarNode, ScalarNode>): T;
function cloneTied(node: YamlNode, made: Map<ScalarNode, ScalarNode>): YamlNode {
  if (node.kind === "seq") {
    return { ...node, items: node.items.map((item) => cloneTied(item, made)) };
  }
  if (node.kind === "map") {
    const entries = node.entries.map(({ key, value }) => ({
      key: { ...key },
      value: cloneTied(value, made),
    }));
    return { ...node, entries };
  }
  const copy = made.get(node) ?? { ...node };
  made.set(node, copy);
  return copy;
}

/** A resource in a kept state. */
export function resourceOf(kept: Kept<ResourceState>): Resource {
  return { ...kept.state, kept };
}

/** Puts a resource into a kept state. */
export function putInto(resource: Resource, kept: Kept<ResourceState>): void {
  Object.assign(resource, kept.state);
  resource.kept = kept;
}

/** True when something has happened to it that is on record. */
export function hasHistory(resource: Resource): boolean {
  const { previous, prefixes, suffixes, needsHash, behavior, origin, transformations } = resource;
  return needsHash || behavior !== "unspecified" || origin !== undefined ||
    [previous, prefixes, suffixes, transformations].some((list) => list.length > 0);
}

/** A copy that shares nothing that changes. */
export function cloneResource(resource: Resource): Resource {
  return { ...resource, node: cloneNode(resource.node), kept: undefined };
}

/** `apiVersion` of a node. */
export function apiVersionOf(node: MapNode): string {
  return textOf(getKey(node, "apiVersion")) ?? "";
}

/** `kind` of a node. */
export function kindOf(node: MapNode): string {
  return textOf(getKey(node, "kind")) ?? "";
}

/** `metadata.name` of a node. */
export function nameOf(node: MapNode): string {
  return writtenText(getKey(getKey(node, "metadata"), "name"));
}

/** `metadata.namespace` of a node, as written. */
export function namespaceOf(node: MapNode): string {
  return writtenText(getKey(getKey(node, "metadata"), "namespace"));
}

/** Until the end of the build, what has no type of its own is the text it is written with, be that `null`. */
function writtenText(node: YamlNode | undefined): string {
  return (node?.kind === "scalar" && node.isUntagged ? node.value : textOf(node)) ?? "";
}

/** Group, version and kind of a node. */
export function gvkOf(node: MapNode): Gvk {
  return { ...splitApiVersion(apiVersionOf(node)), kind: kindOf(node) };
}

/** The identity it has now. */
export function currentId({ kept, node }: Resource): ResourceId {
  return kept === undefined ? idOf(node) : kept.facts.id;
}

function idOf(node: MapNode): ResourceId {
  const apiVersion = apiVersionOf(node);
  const kind = kindOf(node);
  return {
    ...splitApiVersion(apiVersion),
    kind,
    name: nameOf(node),
    namespace: effectiveNamespace(apiVersion, kind, namespaceOf(node)),
  };
}

/** The identities it had, oldest first. */
export function previousIds(resource: Resource): ResourceId[] {
  if (resource.previous.length === 0) return [];
  const { group, version } = currentId(resource);
  return resource.previous.map((previous) => ({ group, version, ...previous }));
}

/** The identity it was loaded with. */
export function originalId(resource: Resource): ResourceId {
  const [first] = resource.previous;
  if (first === undefined) return currentId(resource);
  const { group, version } = currentId(resource);
  return { group, version, ...first };
}

/** The identity it has now as one text, for indexes. */
export function currentKey(resource: Resource): string {
  return resource.kept?.facts.idKey ?? idKey(currentId(resource));
}

/** All identities that it has or had, as texts; none for what has lost its kind. */
export function anyKeys(resource: Resource): readonly string[] {
  if (resource.kept !== undefined) return resource.kept.facts.anyKeys;
  const id = currentId(resource);
  if (id.kind === "") return [];
  const key = idKey(id);
  if (resource.previous.length === 0) return [key];
  return [...new Set([...previousIds(resource).map(idKey), key])];
}

/** `metadata.namespace`, as written. */
export function writtenNamespace(resource: Resource): string {
  return resource.kept?.facts.namespace ?? namespaceOf(resource.node);
}

/** Texts by which the output is sorted: group, version and kind, then what tells objects of a kind apart. */
export function orderOf(resource: Resource): { readonly kind: string; readonly id: string } {
  if (resource.kept !== undefined) return resource.kept.facts.order;
  const id = currentId(resource);
  return {
    kind: kindKey(id),
    id: `${id.kind || "[noKind]"}.${id.version || "[noVer]"}.${id.group || "[noGrp]"}|` +
      `${namespaceOf(resource.node) || "~X"}|${id.name || "~N"}`,
  };
}

const LOCAL_CONFIG = "config.kubernetes.io/local-config";

/** True for an object that only configures tools, and so does not leave the build. */
export function isLocal(resource: Resource): boolean {
  if (resource.kept !== undefined) return resource.kept.facts.isLocal;
  const mark = metadataMap(resource.node, "annotations").get(LOCAL_CONFIG);
  return mark !== undefined && mark !== "false";
}

/** What there is to know about the state that it is in. */
export function factsOf(resource: Resource): Facts {
  return {
    id: currentId(resource),
    idKey: currentKey(resource),
    anyKeys: anyKeys(resource),
    namespace: writtenNamespace(resource),
    order: orderOf(resource),
    isLocal: isLocal(resource),
  };
}

/** Remembers the identity it has now, before a step changes it. */
export function rememberName(resource: Resource): void {
  const { name, namespace, kind } = currentId(resource);
  resource.previous = [...resource.previous, { name, namespace, kind }];
}

/** Gives it another name. */
export function setName(node: MapNode, name: string): void {
  setKey(metadataOf(node), "name", stringNode(name));
}

/** Gives it another namespace, or none for the empty string. */
export function setNamespace(node: MapNode, namespace: string): void {
  const metadata = metadataOf(node);
  if (namespace === "") deleteKey(metadata, "namespace");
  else setKey(metadata, "namespace", stringNode(namespace));
}

/** The `metadata` map; made when there is none. */
export function metadataOf(node: MapNode): MapNode {
  const metadata = getKey(node, "metadata");
  if (metadata?.kind === "map") return metadata;
  const made = mapNode();
  setKey(node, "metadata", made);
  return made;
}

/** A map of `metadata` as text, whatever the scalars were: `labels` or `annotations`. */
export function metadataMap(node: MapNode, field: "labels" | "annotations"): Map<string, string> {
  const values = new Map<string, string>();
  const map = getKey(getKey(node, "metadata"), field);
  if (map?.kind !== "map") return values;
  for (const { key, value } of map.entries) {
    values.set(key.value, value.kind === "scalar" ? value.value : "");
  }
  return values;
}

/** Writes a map of `metadata`, sorted; an empty one is taken out. */
export function setMetadataMap(
  node: MapNode,
  field: "labels" | "annotations",
  values: ReadonlyMap<string, string>,
): void {
  const metadata = metadataOf(node);
  if (values.size === 0) {
    deleteKey(metadata, field);
    return;
  }
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  setKey(metadata, field, mapNode(sorted.map(([key, value]) => [key, stringNode(value)] as const)));
}
