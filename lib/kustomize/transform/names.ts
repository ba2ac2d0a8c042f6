/**
 * Prefixes and suffixes of names, and the hash of generated content.
 *
 * @module
 */
import { type FieldSpec, makeText, setPlainText, visitSelected } from "../field_spec.ts";
import { contentHash } from "../hash.ts";
import {
  gvkOf,
  nameOf,
  originalId,
  own,
  rememberName,
  type Resource,
  setName,
} from "../resource.ts";
import { isSelected } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

/** Kinds that keep their name: others refer to it by what it means. */
function keepsName(resource: Resource): boolean {
  const { group, kind } = originalId(resource);
  return kind === "CustomResourceDefinition" || kind === "Namespace" ||
    (kind === "APIService" && group === "apiregistration.k8s.io");
}

/** Puts a text in front of the fields that `specs` name: the name, unless configured otherwise. */
export function addPrefix(
  resources: ResourceList,
  prefix: string,
  specs: readonly FieldSpec[],
): void {
  addAffix(
    resources,
    specs,
    (resource) => {
      if (prefix !== "") resource.prefixes = [...resource.prefixes, prefix];
    },
    prefix,
    (name) => prefix + name,
  );
}

/** Puts a text behind the fields that `specs` name. */
export function addSuffix(
  resources: ResourceList,
  suffix: string,
  specs: readonly FieldSpec[],
): void {
  addAffix(
    resources,
    specs,
    (resource) => {
      if (suffix !== "") resource.suffixes = [...resource.suffixes, suffix];
    },
    suffix,
    (name) => name + suffix,
  );
}

function addAffix(
  resources: ResourceList,
  specs: readonly FieldSpec[],
  note: (resource: Resource) => void,
  affix: string,
  change: (name: string) => string,
): void {
  for (const resource of resources.items) {
    if (keepsName(resource)) continue;
    for (const spec of specs) {
      if (!isSelected(originalId(resource), spec)) continue;
      if (spec.path === "metadata/name") {
        note(resource);
        if (affix !== "") rememberName(resource);
      }
      if (!isSelected(gvkOf(resource.node), spec)) continue;
      visitSelected(resource, spec, {
        make: makeText,
        visit: (node) => setPlainText(node, change(node.kind === "scalar" ? node.value : "")),
      });
    }
  }
  resources.renamed();
}

/** Ends the names of generated objects in the hash of what they hold. */
export function addHashes(resources: ResourceList): void {
  for (const resource of resources.items) {
    if (!resource.needsHash) continue;
    own(resource);
    rememberName(resource);
    setName(resource.node, `${nameOf(resource.node)}-${contentHash(resource.node)}`);
  }
  resources.renamed();
}
