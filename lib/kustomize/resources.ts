/**
 * From the text of a file to resources: documents, lists unfolded, what is no object refused.
 *
 * @module
 */
import { type Budget, BudgetSpent } from "../base/mod.ts";
import {
  emitJson,
  getKey,
  type MapNode,
  parseDocuments,
  resolvePlain,
  stringNode,
  textOf,
  toPlain,
  type YamlDocument,
  type YamlMode,
  type YamlNode,
} from "../yaml/mod.ts";
import { Refusal } from "./refusal.ts";
import { kindOf, nameOf, newResource, type Resource } from "./resource.ts";

/** One document of a file. */
export interface Document {
  /** Its root. */
  readonly node: YamlNode;
  /** Line of its first node. */
  readonly line: number;
}

/** Splits and parses a file; documents without content are left out. */
export function parseFile(
  text: string,
  path: string,
  budget: Budget,
  mode: YamlMode = "kyaml",
): readonly Document[] {
  return readDocuments(text, path, budget, mode)
    .flatMap(({ node, line }) => (node === undefined ? [] : [{ node, line }]));
}

function readDocuments(
  text: string,
  path: string,
  budget: Budget,
  mode: YamlMode,
): readonly YamlDocument[] {
  const parsed = parseDocuments(text, { file: path, budget, mode });
  if (parsed.ok) return parsed.value;
  if (parsed.cause instanceof BudgetSpent) throw parsed.cause;
  throw new Refusal(parsed.message, "told");
}

/** Parses the first document of a file; `undefined` when it has none. */
export function parseFirst(
  text: string,
  path: string,
  budget: Budget,
  mode: YamlMode = "lenient",
): YamlNode | undefined {
  return parseFile(text, path, budget, mode)[0]?.node;
}

/** The resources in a text; `kind: List` gives way to its items. */
export function parseResources(text: string, path: string, budget: Budget): Resource[] {
  const pending: Document[] = [];
  const documents = readDocuments(text, path, budget, "kyaml");
  for (const { node, line } of documents) {
    if (node === undefined) continue;
    // A list that is all of its file gives way to its items at once, one among others after them.
    const wrapped = documents.length === 1 ? listWrapper(node) : undefined;
    if (wrapped === undefined) pending.push({ node, line });
    else for (const item of wrapped) pending.push({ node: item, line: item.at?.line ?? line });
  }
  const resources: Resource[] = [];
  // Lists may hold lists; their items follow after everything that is already waiting.
  for (let next = 0; next < pending.length; next++) {
    const document = pending[next];
    if (document === undefined || isEmpty(document.node)) continue;
    const node = checkObject(document, path);
    const items = kindOf(node).endsWith("List") ? itemsOf(node, document, path) : undefined;
    if (items === undefined) {
      const resource = newResource(node, { path, line: document.line });
      readBookkeeping(resource);
      resources.push(resource);
    } else {for (const item of items) {
        pending.push({ node: throughJson(item), line: item.at?.line ?? document.line });
      }}
  }
  return resources;
}

/** The items of a `ResourceList`, or of a `List` at the top, which need no metadata of their own. */
function listWrapper(node: YamlNode): readonly YamlNode[] | undefined {
  if (node.kind !== "map" || !/^(ResourceList|List)$/.test(kindOf(node))) return undefined;
  const items = getKey(node, "items");
  return items?.kind === "seq" ? items.items : undefined;
}

/** What another build has written into annotations about earlier names counts as if it had happened here. */
function readBookkeeping(resource: Resource): void {
  const annotations = getKey(getKey(resource.node, "metadata"), "annotations");
  if (annotations?.kind !== "map") return;
  const read = (name: string): string[] => {
    const value = textOf(getKey(annotations, `internal.config.kubernetes.io/${name}`));
    return value === undefined ? [] : value.split(",");
  };
  const namespaces = read("previousNamespaces");
  const kinds = read("previousKinds");
  const names = read("previousNames");
  if (names.length !== namespaces.length || names.length !== kinds.length) {
    throw new Refusal(
      "annotations internal.config.kubernetes.io/previousNames, …Namespaces and …Kinds must be equally long",
      resource.provenance,
    );
  }
  resource.previous = names.map((name, index) => ({
    name,
    namespace: namespaces[index] || "default",
    kind: kinds[index] ?? "",
  }));
  resource.prefixes = read("prefixes");
  resource.suffixes = read("suffixes");
}

/** Such items are written as JSON and read again: all text is in quotes then, and no comment is left. */
function throughJson(node: YamlNode): YamlNode {
  const at = node.at && { at: node.at };
  switch (node.kind) {
    case "seq":
      return { kind: "seq", items: node.items.map(throughJson), ...at };
    case "map":
      return {
        kind: "map",
        entries: node.entries.map(({ key, value }) => ({ key, value: throughJson(value) })),
        ...at,
      };
    case "scalar": {
      const plain = toPlain(node);
      if (typeof plain === "string") return { ...stringNode(plain), style: "double", ...at };
      const value = emitJson(node);
      return { kind: "scalar", tag: resolvePlain(value, "kyaml"), value, style: "plain", ...at };
    }
  }
}

function itemsOf(
  node: MapNode,
  document: Document,
  path: string,
): readonly YamlNode[] | undefined {
  const items = getKey(node, "items");
  if (items === undefined) return undefined;
  if (items.kind === "seq") return items.items;
  if (items.kind === "scalar" && items.tag === "null") return [];
  throw new Refusal(`items of a ${kindOf(node)} must be a list`, { path, line: document.line });
}

/** True for what leaves nothing behind: null, `{}`, `[]`. */
export function isEmpty(node: YamlNode): boolean {
  if (node.kind === "scalar") return node.tag === "null";
  return node.kind === "map" ? node.entries.length === 0 : node.items.length === 0;
}

function checkObject({ node, line }: Document, path: string): MapNode {
  const place = { path, line };
  if (node.kind !== "map") throw new Refusal("the document is not a Kubernetes object", place);
  const kind = getKey(node, "kind");
  if (kind?.kind !== "scalar" || textOf(kind) === undefined || kind.value === "") {
    throw new Refusal("the object has no kind; add one, or take the document out", place);
  }
  checkMetadata(node, place);
  if (!kind.value.endsWith("List") && nameOf(node) === "") {
    throw new Refusal(`the ${kind.value} has no metadata.name; add one`, place);
  }
  return node;
}

function checkMetadata(node: MapNode, place: { path: string; line: number }): void {
  const metadata = getKey(node, "metadata");
  if (metadata === undefined || isEmpty(metadata)) return;
  if (metadata.kind !== "map") throw new Refusal("metadata must be a map", place);
  for (const field of ["labels", "annotations"]) {
    const map = getKey(metadata, field);
    if (map === undefined || isEmpty(map)) continue;
    if (map.kind !== "map") {
      throw new Refusal(`metadata.${field} must be a map`, {
        ...place,
        line: map.at?.line ?? place.line,
      });
    }
    for (const { key, value } of map.entries) {
      if (value.kind === "scalar") continue;
      throw new Refusal(`metadata.${field}.${key.value} must be text`, {
        ...place,
        line: value.at?.line ?? place.line,
      });
    }
  }
}
