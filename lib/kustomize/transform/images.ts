/**
 * Names, tags and digests of images.
 *
 * @module
 */
import type { MapNode, YamlNode } from "../../yaml/mod.ts";
import { type FieldSpec, setText, SpecTable, visitSelected } from "../field_spec.ts";
import type { ImageFields } from "../kustomization.ts";
import { Refusal } from "../refusal.ts";
import { currentId, gvkOf, kindOf, type Resource } from "../resource.ts";
import { showId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";
import { compileRegex, type Matcher } from "../selector.ts";

const TAIL = "(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?$";

/** An image taken apart. */
export interface ImageParts {
  /** Registry and repository. */
  readonly name: string;
  /** Tag, or nothing. */
  readonly tag: string;
  /** Digest with its algorithm, or nothing. */
  readonly digest: string;
}

/**
 * Takes an image apart; a colon in front of the first slash belongs to the host.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(splitImage("host:5000/a/b:1@sha256:2"), { name: "host:5000/a/b", tag: "1", digest: "sha256:2" });
 * ```
 */
export function splitImage(image: string): ImageParts {
  const slash = Math.max(0, image.indexOf("/"));
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  if (at >= 0 && (colon < 0 || at < colon)) {
    return { name: image.slice(0, at), tag: "", digest: image.slice(at + 1) };
  }
  if (colon < 0) return { name: image, tag: "", digest: "" };
  const name = image.slice(0, colon);
  if (at < 0) return { name, tag: image.slice(colon + 1), digest: "" };
  return { name, tag: image.slice(colon + 1, at), digest: image.slice(at + 1) };
}

/** Applies a rule to the images that it names. */
export function setImages(
  resources: ResourceList,
  rule: ImageFields,
  specs: readonly FieldSpec[],
): void {
  // The name goes into the pattern as it is, so a dot stands for any character; a broken one matches nothing.
  const matches = compileRegex(`^${rule.name ?? ""}${TAIL}`) ?? (() => false);
  const table = new SpecTable(specs);
  const update = (node: YamlNode) => updateImage(node, rule, matches);
  for (const resource of resources.items) {
    if (kindOf(resource.node) === "CustomResourceDefinition") continue;
    inResource(resource, () => updateContainers(resource.node, update));
  }
  // The second pass is why a tag suffix is added twice to what both passes reach.
  for (const resource of resources.items) {
    if (kindOf(resource.node) === "CustomResourceDefinition") continue;
    for (const spec of table.for(gvkOf(resource.node))) {
      visitSelected(resource, spec, { visit: update });
    }
  }
}

function inResource(resource: Resource, step: () => void): void {
  try {
    step();
  } catch (thrown) {
    if (!(thrown instanceof Refusal) || thrown.isPlaced) throw thrown;
    const id = showId(currentId(resource));
    throw new Refusal(`${id}: ${thrown.message}`, resource.provenance);
  }
}

/** Images of `containers` and `initContainers` at any depth, in objects of any kind. */
function updateContainers(node: YamlNode, update: (node: YamlNode) => void): void {
  if (node.kind === "scalar") return;
  if (node.kind === "seq") {
    for (const item of node.items) updateContainers(item, update);
    return;
  }
  for (const { key, value } of node.entries) {
    updateContainers(value, update);
    if (key.value !== "containers" && key.value !== "initContainers") continue;
    for (const item of value.kind === "seq" ? value.items : []) {
      if (item.kind === "map") updateItem(item, update);
    }
  }
}

function updateItem(item: MapNode, update: (node: YamlNode) => void): void {
  const image = item.entries.find(({ key }) => key.value === "image");
  if (image !== undefined) update(image.value);
}

function updateImage(node: YamlNode, rule: ImageFields, matches: Matcher): void {
  if (node.kind !== "scalar") {
    throw new Refusal("the image of a container must be text, not a map or a list");
  }
  if (!matches(node.value)) return;
  const changed = changeImage(splitImage(node.value), rule);
  setText(
    node,
    changed.name + (changed.tag === "" ? "" : `:${changed.tag}`) +
      (changed.digest === "" ? "" : `@${changed.digest}`),
  );
}

function changeImage(image: ImageParts, rule: ImageFields): ImageParts {
  const { newName = "", newTag = "", digest = "", tagSuffix = "" } = rule;
  const name = newName === "" ? image.name : newName;
  if (newTag !== "" || digest !== "") return { name, tag: newTag, digest };
  if (tagSuffix !== "") return { name, tag: image.tag + tagSuffix, digest: "" };
  return { ...image, name };
}
