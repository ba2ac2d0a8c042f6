/**
 * Patches of both kinds: strategic merge and JSON 6902.
 *
 * @module
 */
import {
  cloneNode,
  deleteKey,
  getKey,
  type MapNode,
  setKey,
  stringNode,
  textOf,
  type YamlNode,
} from "../../yaml/mod.ts";
import { withHistory } from "../bookkeeping.ts";
import type { BuildContext } from "../context.ts";
import { setPlainText } from "../field_spec.ts";
import type { PatchFields, SelectorFields } from "../kustomization.ts";
import type { Folder } from "../loader.ts";
import { countNodes } from "../node_path.ts";
import { strategicMerge } from "../merge/strategic_merge.ts";
import { type Place, Refusal } from "../refusal.ts";
import {
  apiVersionOf,
  currentId,
  kindOf,
  metadataMap,
  metadataOf,
  nameOf,
  namespaceOf,
  rememberName,
  type Resource,
  setMetadataMap,
  setName,
  setNamespace,
} from "../resource.ts";
import { showId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";
import { parseFile, parseResources } from "../resources.ts";
import { compileSelector, selectResources } from "../selector.ts";
import { applyOperations, NODES_PER_ENTRY, parseOperations } from "./operations.ts";

/** What a patch may change besides fields. */
export interface PatchOptions {
  /** True when it may rename. */
  readonly allowNameChange?: boolean;
  /** True when it may turn an object into one of another kind. */
  readonly allowKindChange?: boolean;
}

/** A patch, parsed. */
export type Patch =
  & {
    readonly place: Place;
    readonly options: PatchOptions;
    /** All that the patch is, as one text. */
    readonly key: string;
  }
  & (
    | {
      readonly form: "merge";
      readonly objects: readonly Resource[];
      /** True where labels and annotations that are null change nothing: in `patchesStrategicMerge`. */
      readonly keepsMetadata?: true;
    }
    | { readonly form: "operations"; readonly operations: YamlNode }
  );

/** Reads an entry of `patches`; `field` is where its text stands, if it stands in the kustomization file. */
export function readPatch(
  entry: PatchFields,
  folder: Folder,
  context: BuildContext,
  field = "patch",
): Patch {
  const inline = (entry.patch ?? "").trim();
  const path = entry.path ?? "";
  if (inline === "" && path === "") {
    throw new Refusal("give one of patch and path");
  }
  if (inline !== "" && path !== "") {
    throw new Refusal("give either patch or path, not both");
  }
  if (inline !== "") {
    return parsePatch(inline, `${context.file}: ${field}`, entry.options ?? {}, context);
  }
  const loaded = context.loader.readText(folder, path);
  return parsePatch(loaded.text, context.loader.show(loaded.path), entry.options ?? {}, context);
}

/** Parses the text of a patch, found in `path`: a list is JSON 6902, anything else is objects to merge. */
export function parsePatch(
  text: string,
  path: string,
  options: PatchOptions,
  context: BuildContext,
): Patch {
  const place = { path };
  const key = JSON.stringify([text, path, options]);
  const [first] = parseFile(text, place.path, context.options.budget);
  // An empty list is a patch of neither kind, and changes nothing.
  if (first?.node.kind === "seq" && first.node.items.length > 0) {
    return {
      form: "operations",
      operations: parseOperations(text, place.path, context),
      options,
      place,
      key,
    };
  }
  const objects = parseResources(text, place.path, context.options.budget);
  return { form: "merge", objects, options, place, key };
}

/** Applies a patch to what `target` selects, or to the object that it names itself. */
export function applyPatch(
  resources: ResourceList,
  patch: Patch,
  target: SelectorFields | undefined,
  context: BuildContext,
): void {
  if (patch.form === "operations") {
    if (target === undefined) {
      throw new Refusal("a JSON 6902 patch needs a target", patch.place);
    }
    for (const resource of selectResources(resources, compileSelector(target), context.meter)) {
      rememberName(resource);
      applyOperations(resource, patch.operations, patch.place, context.meter);
    }
    resources.renamed();
    return;
  }
  if (target === undefined) return applyByName(resources, patch, context);
  const [object, second] = patch.objects;
  if (second !== undefined) {
    throw new Refusal("with a target, a patch may have one document only", patch.place);
  }
  if (object === undefined) return;
  for (const resource of selectResources(resources, compileSelector(target), context.meter)) {
    const left = mergeInto(resource, fitTo(resource, object), patch.options, patch.place, context);
    if (left === "deleted") resources.noteEmpty();
  }
  afterMerge(resources, patch.options);
}

function applyByName(
  resources: ResourceList,
  patch: Patch & { form: "merge" },
  context: BuildContext,
): void {
  for (const object of patch.objects) {
    const resource = findTarget(resources, object, patch.place);
    const node = patch.keepsMetadata ? fitTo(resource, object) : cloneNode(object.node);
    const { allowNameChange, allowKindChange } = patch.options;
    if (allowNameChange || allowKindChange) {
      // The tool notes the permission in the patch, among its annotations, which makes them a map of texts.
      setMetadataMap(node, "annotations", metadataMap(node, "annotations"));
    }
    const left = mergeInto(resource, node, patch.options, patch.place, context);
    if (left === "deleted") resources.noteEmpty();
    afterMerge(resources, patch.options);
  }
}

/** The one resource that a patch names. */
export function findTarget(resources: ResourceList, patch: Resource, place: Place): Resource {
  const id = currentId(patch);
  const [found, second] = resources.withAnyId(id)
    .filter(({ node }) => node.entries.length > 0);
  const at = { ...place, line: patch.provenance?.line };
  if (found === undefined) {
    throw new Refusal(
      `the patch names ${
        showId(id)
      }, which is not among the resources; check kind, apiVersion, name and namespace`,
      at,
    );
  }
  if (second !== undefined) {
    throw new Refusal(`the patch names ${showId(id)}, which two resources are`, at);
  }
  return found;
}

/** A copy of a patch that names `resource`; labels and annotations become text. */
function fitTo(resource: Resource, patch: Resource): MapNode {
  const node = cloneNode(patch.node);
  for (const field of ["labels", "annotations"] as const) {
    setMetadataMap(node, field, metadataMap(node, field));
  }
  setName(node, nameOf(node));
  setNamespace(node, namespaceOf(node));
  setKey(node, "apiVersion", stringNode(apiVersionOf(resource.node)));
  return node;
}

/** Merges `patch`, which is used up, into a resource. */
export function mergeInto(
  resource: Resource,
  patch: MapNode,
  options: PatchOptions,
  place: Place,
  context: BuildContext,
): "kept" | "deleted" {
  // To replace a whole object is lost by the tool that we follow, with all that the patch says besides.
  if (textOf(getKey(patch, "$patch")) === "replace") return "kept";
  const { node } = resource;
  const [name, namespace, kind] = [nameOf(node), namespaceOf(node), kindOf(node)];
  context.meter.spendEntries(Math.ceil(countNodes(patch) / NODES_PER_ENTRY), place.path);
  const mayRename = options.allowNameChange === true;
  const mayTurn = options.allowKindChange === true;
  if (mayRename || mayTurn) rememberName(resource);
  const left = withHistory(resource, () => {
    const merged = within(
      place,
      resource,
      () => strategicMerge(node, patch, { schemas: context.schemas, meter: context.meter }),
    );
    resource.node = merged ?? { kind: "map", entries: [] };
    return resource.node;
  });
  if (left.entries.length === 0) return "deleted";
  const version = getKey(left, "apiVersion");
  // An object without one gets one from the patch that was made to fit it: an empty one, which reads as null.
  if (version?.kind === "scalar" && version.value === "" && version.style === undefined) {
    setPlainText(version, "");
  }
  if (!mayTurn) putBack(left, "kind", kind);
  if (!mayRename) putBack(metadataOf(left), "name", name);
  if (namespace === "") deleteKey(metadataOf(left), "namespace");
  else putBack(metadataOf(left), "namespace", namespace);
  return "kept";
}

/** What is put back has no type of its own from then on: a later step decides by the text it writes there. */
function putBack(map: MapNode, field: string, value: string): void {
  const there = getKey(map, field);
  const node = there?.kind === "scalar" ? there : stringNode("");
  setPlainText(node, value);
  if (node !== there) setKey(map, field, node);
}

function afterMerge(resources: ResourceList, options: PatchOptions): void {
  resources.dropEmpty();
  if (options.allowNameChange === true || options.allowKindChange === true) {
    resources.renamed();
    resources.checkUnique();
  }
}

function within<T>(place: Place, resource: Resource, step: () => T): T {
  const id = showId(currentId(resource));
  try {
    return step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    throw new Refusal(`${thrown.message} (in ${id})`, place);
  }
}
