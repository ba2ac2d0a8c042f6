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
  setKey,
  stringNode,
  textOf,
} from "../yaml/mod.ts";
import type { Change, Provenance } from "./face.ts";
import { effectiveNamespace, type Gvk, type ResourceId, splitApiVersion } from "./resource_id.ts";

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

/** One resource. */
export interface Resource {
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
  };
}

/** True when something has happened to it that is on record. */
export function hasHistory(resource: Resource): boolean {
  const { previous, prefixes, suffixes, needsHash, behavior, origin, transformations } = resource;
  return needsHash || behavior !== "unspecified" || origin !== undefined ||
    [previous, prefixes, suffixes, transformations].some((list) => list.length > 0);
}

/** A copy that shares nothing that changes. */
export function cloneResource(resource: Resource): Resource {
  return { ...resource, node: cloneNode(resource.node) };
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
  return textOf(getKey(getKey(node, "metadata"), "name")) ?? "";
}

/** `metadata.namespace` of a node, as written. */
export function namespaceOf(node: MapNode): string {
  return textOf(getKey(getKey(node, "metadata"), "namespace")) ?? "";
}

/** Group, version and kind of a node. */
export function gvkOf(node: MapNode): Gvk {
  return { ...splitApiVersion(apiVersionOf(node)), kind: kindOf(node) };
}

/** The identity it has now. */
export function currentId(resource: Resource): ResourceId {
  const { node } = resource;
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
  const { group, version } = splitApiVersion(apiVersionOf(resource.node));
  return resource.previous.map((previous) => ({ group, version, ...previous }));
}

/** The identity it was loaded with. */
export function originalId(resource: Resource): ResourceId {
  const [first] = resource.previous;
  if (first === undefined) return currentId(resource);
  return { ...splitApiVersion(apiVersionOf(resource.node)), ...first };
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
