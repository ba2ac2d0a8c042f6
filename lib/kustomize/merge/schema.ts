/**
 * Which lists merge by key, for built-in kinds and for an OpenAPI document that a kustomization brings along.
 *
 * @module
 */
import { fromPlain, getKey, type MapNode, textOf, type YamlNode } from "../../yaml/mod.ts";
import { KINDS, TYPES } from "../data/merge_keys.ts";

/** What is known about a field: the types of its parts, and whether it is a list that merges. */
export interface MergeSchema {
  /** Keys by which the items of this list are told apart; empty for a list of plain values; absent: no merging. */
  readonly keys?: readonly string[];
  /** What is known about a field of this map. */
  field(name: string): MergeSchema | undefined;
  /** What is known about the items of this list. */
  item(): MergeSchema | undefined;
}

/** Finds what is known about a kind. */
export interface MergeSchemas {
  /** The schema of a kind; `undefined` for one that nobody described. */
  forKind(apiVersion: string, kind: string): MergeSchema | undefined;
  /** The schema of a definition in an OpenAPI document. */
  forDefinition(name: string): MergeSchema | undefined;
}

/** Known, and no list below it merges. */
const PLAIN: MergeSchema = { field: () => PLAIN, item: () => PLAIN };

interface Field {
  readonly shape: "map" | "list" | "values";
  readonly keys: readonly string[] | undefined;
  readonly type: string | undefined;
}

/** What is known about the built-in kinds; parsed when it is first needed. */
export function builtinSchemas(): MergeSchemas {
  let kinds: Map<string, string> | undefined;
  let types: Map<string, string> | undefined;
  const parsed = new Map<string, MergeSchema>();

  function schemaOf(type: string | undefined): MergeSchema {
    if (type === undefined) return PLAIN;
    const known = parsed.get(type);
    if (known !== undefined) return known;
    const fields = parseFields(types?.get(type) ?? "");
    const schema: MergeSchema = {
      field(name) {
        const field = fields.get(name);
        return field === undefined ? PLAIN : schemaOfField(field);
      },
      item: () => PLAIN,
    };
    parsed.set(type, schema);
    return schema;
  }

  function schemaOfField(field: Field): MergeSchema {
    if (field.shape === "map") return schemaOf(field.type);
    const inner = schemaOf(field.type);
    if (field.shape === "values") return { field: () => inner, item: () => PLAIN };
    return { ...(field.keys && { keys: field.keys }), field: () => PLAIN, item: () => inner };
  }

  return {
    forKind(apiVersion, kind) {
      kinds ??= parseLines(KINDS, 2);
      types ??= parseLines(TYPES, 1);
      const type = kinds.get(`${apiVersion} ${kind}`);
      return type === undefined ? undefined : schemaOf(type);
    },
    forDefinition(name) {
      types ??= parseLines(TYPES, 1);
      const type = name.replace(/^io\.k8s\.(api|apimachinery\.pkg\.apis)\./, "");
      return types.has(type) ? schemaOf(type) : undefined;
    },
  };
}

/** Lines as a map: the first `words` words are the key. */
function parseLines(text: string, words: number): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.trim().split("\n")) {
    const parts = line.split(" ");
    lines.set(parts.slice(0, words).join(" "), parts.slice(words).join(" "));
  }
  return lines;
}

const FIELD = /^([^[{:]+)(?:\[([^\]]*)\]|(\{\}))?(?::(.*))?$/;

function parseFields(line: string): Map<string, Field> {
  const fields = new Map<string, Field>();
  for (const word of line.split(" ")) {
    const [, name, keys, values, type] = FIELD.exec(word) ?? [];
    if (name === undefined) continue;
    fields.set(name, {
      shape: keys !== undefined ? "list" : values !== undefined ? "values" : "map",
      keys: keys === undefined || keys === "" ? undefined : keys === "=" ? [] : keys.split(","),
      type,
    });
  }
  return fields;
}

/**
 * What an OpenAPI document says. It stands in for the built-in kinds altogether, unless those are handed over as
 * `others`.
 */
export function documentSchemas(document: MapNode, others?: MergeSchemas): MergeSchemas {
  const definitions = getKey(document, "definitions");
  const kinds = new Map<string, YamlNode>();
  for (const { value } of definitions?.kind === "map" ? definitions.entries : []) {
    const gvks = getKey(value, "x-kubernetes-group-version-kind");
    for (const gvk of gvks?.kind === "seq" ? gvks.items : []) {
      const group = textOf(getKey(gvk, "group")) ?? "";
      const version = textOf(getKey(gvk, "version")) ?? "";
      const apiVersion = group === "" ? version : `${group}/${version}`;
      kinds.set(`${apiVersion} ${textOf(getKey(gvk, "kind"))}`, value);
    }
  }

  function schemaOf(node: YamlNode): MergeSchema | undefined {
    let here = node;
    for (let step = 0; step < MOST_REFERENCES; step++) {
      const reference = textOf(getKey(here, "$ref"));
      if (reference === undefined) return nodeSchema(here, schemaOf);
      const name = reference.replace(DEFINITIONS, "");
      const found = getKey(definitions, name);
      if (found === undefined) return others?.forDefinition(name);
      here = found;
    }
    return undefined;
  }

  return {
    forKind(apiVersion, kind) {
      const definition = kinds.get(`${apiVersion} ${kind}`);
      return definition === undefined ? others?.forKind(apiVersion, kind) : schemaOf(definition);
    },
    forDefinition(name) {
      const found = getKey(definitions, name);
      return found === undefined ? others?.forDefinition(name) : schemaOf(found);
    },
  };
}

const MOST_REFERENCES = 100;
const DEFINITIONS = /^#\/definitions\//;

function nodeSchema(
  schema: YamlNode,
  schemaOf: (node: YamlNode) => MergeSchema | undefined,
): MergeSchema {
  const keys = mergeKeys(schema);
  return {
    ...(keys && { keys }),
    field(name) {
      const properties = getKey(schema, "properties");
      const property = getKey(properties, name) ?? getKey(schema, "additionalProperties");
      return property?.kind === "map" ? schemaOf(property) : undefined;
    },
    item() {
      const items = isArray(schema) ? getKey(schema, "items") : undefined;
      return items?.kind === "map" ? schemaOf(items) : undefined;
    },
  };
}

function isArray(schema: YamlNode): boolean {
  const type = getKey(schema, "type");
  const [only, ...more] = type?.kind === "seq" ? type.items : [type];
  return textOf(only) === "array" && more.length === 0;
}

/** What a comment at a node says: a schema, which may refer to definitions; nothing when it is no JSON object. */
export function commentSchema(comment: string, schemas: MergeSchemas): MergeSchema | undefined {
  const parsed = parseJson(comment);
  if (parsed?.kind !== "map" || parsed.entries.length === 0 || !isSchema(parsed)) return undefined;
  return referredSchema(parsed, (name) => schemas.forDefinition(name)) ?? nodeSchema(parsed, here);

  function here(node: YamlNode): MergeSchema | undefined {
    return getKey(node, "$ref") === undefined
      ? nodeSchema(node, here)
      : referredSchema(node, (name) => schemas.forDefinition(name));
  }
}

/** False where Go could not read it as a schema. */
export function isSchema(node: YamlNode): boolean {
  if (node.kind !== "map") return false;
  return node.entries.every(({ key, value }) => {
    switch (key.value) {
      case "$ref":
        return value.kind === "scalar" && value.tag === "str";
      case "properties":
        return value.kind === "map" && value.entries.every((property) => isSchema(property.value));
      case "items":
        return value.kind === "seq" ? value.items.every(isSchema) : isSchema(value);
      case "additionalProperties":
        return value.kind === "scalar" ? value.tag === "bool" : isSchema(value);
      default:
        return true;
    }
  });
}

function referredSchema(
  node: YamlNode,
  find: (name: string) => MergeSchema | undefined,
): MergeSchema | undefined {
  const reference = textOf(getKey(node, "$ref"));
  return reference === undefined ? undefined : find(reference.replace(DEFINITIONS, ""));
}

function parseJson(text: string): YamlNode | undefined {
  try {
    return fromPlain(JSON.parse(text));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

function mergeKeys(schema: YamlNode): readonly string[] | undefined {
  const strategy = textOf(getKey(schema, "x-kubernetes-patch-strategy"));
  if (strategy === undefined || !strategy.split(",").includes("merge")) return undefined;
  const keys = getKey(schema, "x-kubernetes-list-map-keys");
  if (keys?.kind === "seq") return keys.items.map((key) => textOf(key) ?? "");
  const key = textOf(getKey(schema, "x-kubernetes-patch-merge-key"));
  return key === undefined ? [] : [key];
}
