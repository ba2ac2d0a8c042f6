/**
 * Puts resources into a namespace.
 *
 * @module
 */
import { getKey, stringNode, textOf, type YamlNode } from "../../yaml/mod.ts";
import {
  type FieldSpec,
  fieldSpec,
  makeText,
  setText,
  visitField,
  visitSelected,
} from "../field_spec.ts";
import { Refusal } from "../refusal.ts";
import {
  apiVersionOf,
  currentId,
  gvkOf,
  kindOf,
  rememberName,
  type Resource,
} from "../resource.ts";
import { isNoNamespace, showId } from "../resource_id.ts";
import type { ResourceList } from "../resource_list.ts";

/** Which subjects of role bindings follow. */
export type SubjectMode = "defaultOnly" | "allServiceAccounts" | "none";

/** How to set a namespace. */
export interface NamespaceOptions {
  /** Fields besides `metadata.namespace`. */
  readonly specs: readonly FieldSpec[];
  /** True to leave alone what has a namespace already. */
  readonly unsetOnly?: boolean;
  /** Default: subjects named `default`. */
  readonly subjects?: SubjectMode;
}

const METADATA_NAMESPACE = fieldSpec("metadata/namespace", {}, true);

/** Sets the namespace of every resource that can have one. */
export function setNamespaces(
  resources: ResourceList,
  namespace: string,
  options: NamespaceOptions,
): void {
  if (namespace === "") return;
  for (const resource of resources.items) {
    rememberName(resource);
    namespaceResource(resource, namespace, options);
  }
  resources.renamed();
  for (const resource of resources.items) {
    const [first, second] = resources.withCurrentId(currentId(resource));
    if (first === undefined || second === undefined) continue;
    throw new Refusal(
      `namespace "${namespace}" makes two resources the same: ${showId(currentId(first))}; ` +
        "rename one of them, or put it into another kustomization",
      second.provenance,
    );
  }
}

/** Sets the namespace of one resource. */
export function namespaceResource(
  resource: Resource,
  namespace: string,
  options: NamespaceOptions,
): void {
  function set(node: YamlNode): void {
    if (
      options.unsetOnly === true && node.kind === "scalar" &&
      (node.value !== "" && node.tag !== "null")
    ) return;
    setText(node, namespace);
  }
  const isCore = apiVersionOf(resource.node) === "v1";
  const isBinding = /^(Cluster)?RoleBinding$/.test(kindOf(resource.node));
  if (!isNoNamespace(currentId(resource).namespace)) {
    visitSelected(resource, METADATA_NAMESPACE, { make: makeText, visit: set });
  }
  if (isBinding) setSubjects(resource, options.subjects ?? "defaultOnly", set);
  for (const spec of options.specs) {
    if (spec.path === METADATA_NAMESPACE.path) continue;
    // Only the core Namespace is named after itself.
    if (spec.path === "metadata/name" && !isCore) continue;
    if (isBinding && /RoleBinding$/.test(spec.kind) && spec.path === "subjects/namespace") continue;
    visitField(resource, spec, { make: makeText, visit: set });
  }
}

function setSubjects(
  resource: Resource,
  mode: SubjectMode,
  set: (node: YamlNode) => void,
): void {
  const subjects = getKey(resource.node, "subjects");
  if (mode === "none" || subjects === undefined) return;
  if (subjects.kind === "scalar" && subjects.tag === "null") return;
  if (subjects.kind !== "seq") {
    throw new Refusal(
      `subjects of ${showId({ ...gvkOf(resource.node), name: "" })} must be a list`,
      resource.provenance,
    );
  }
  for (const subject of subjects.items) {
    const isChosen = mode === "allServiceAccounts"
      ? textOf(getKey(subject, "kind")) === "ServiceAccount"
      : textOf(getKey(subject, "name")) === "default";
    if (!isChosen || subject.kind !== "map") continue;
    let namespace = getKey(subject, "namespace");
    if (namespace === undefined) {
      namespace = stringNode("");
      subject.entries.push({ key: stringNode("namespace"), value: namespace });
    }
    set(namespace);
  }
}
