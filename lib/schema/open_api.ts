/**
 * The OpenAPI v3 structural schema of a shape, as a CustomResourceDefinition wants it.
 *
 * @module
 */
import type { Schema } from "./build.ts";

/** A structural schema; plain JSON. */
export interface OpenApi {
  /** JSON type. */
  type?: string;
  /** For people. */
  description?: string;
  /** `date-time`, `int64`. */
  format?: string;
  /** Regular expression a text must match. */
  pattern?: string;
  /** Allowed words. */
  enum?: string[];
  /** Taken when the field is absent. */
  default?: unknown;
  /** Shortest text. */
  minLength?: number;
  /** Longest text. */
  maxLength?: number;
  /** Least number. */
  minimum?: number;
  /** Greatest number. */
  maximum?: number;
  /** Longest list. */
  maxItems?: number;
  /** Shape of a list's items. */
  items?: OpenApi;
  /** Fields by name. */
  properties?: Record<string, OpenApi>;
  /** Shape of a map's values. */
  additionalProperties?: OpenApi;
  /** Fields that must be written. */
  required?: string[];
  /** How server-side apply merges a list: `atomic` ones change as a whole. */
  "x-kubernetes-list-type"?: string;
  /** The same for a map or an object. */
  "x-kubernetes-map-type"?: string;
  /** Rules that the API server enforces. */
  "x-kubernetes-validations"?: { rule: string; message: string }[];
}

/** Ours alone: explains a pattern to people; demands a field that has a default. */
const PRIVATE_KEYWORDS: ReadonlySet<string> = new Set(["hint", "isRequired"]);
const PLAIN_KEYWORDS: ReadonlySet<string> = new Set([
  "type",
  "description",
  "format",
  "pattern",
  "enum",
  "default",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "maxItems",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-validations",
]);

/**
 * Converts a shape; throws `TypeError` at a keyword that a structural schema cannot have.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object, text } from "./mod.ts";
 * assert.deepEqual(openApiOf(object("A", { b: text("B", { default: "x" }) })), {
 *   type: "object",
 *   description: "A",
 *   properties: { b: { type: "string", description: "B", default: "x" } },
 * });
 * ```
 */
export function openApiOf(schema: Schema): OpenApi {
  const result: OpenApi = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (PRIVATE_KEYWORDS.has(keyword)) continue;
    if (PLAIN_KEYWORDS.has(keyword)) Object.assign(result, { [keyword]: value });
    else if (keyword === "items") result.items = openApiOf(value);
    else if (keyword === "additionalProperties") result.additionalProperties = openApiOf(value);
    else if (keyword === "properties") result.properties = propertiesOf(value);
    else if (keyword === "required") continue;
    else throw new TypeError(`A structural schema has no keyword "${keyword}"`);
  }
  const required = requiredOf(schema);
  if (required.length > 0) result.required = required;
  return result;
}

function propertiesOf(fields: Readonly<Record<string, Schema>>): Record<string, OpenApi> {
  return Object.fromEntries(Object.entries(fields).map(([name, f]) => [name, openApiOf(f)]));
}

/** What must be written: a field with a default is filled in by the server, before it looks for it. */
function requiredOf(schema: Schema): string[] {
  const { required = [], properties = {} } = partsOf(schema);
  return required.filter((name) => {
    const field = properties[name];
    return field !== undefined && (!hasDefault(field) || partsOf(field).isRequired === true);
  }).toSorted();
}

/** The members of a schema that has any; TypeBox types them per shape only. */
export interface Parts {
  /** Fields of an object. */
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Names of fields that the decoded value always has. */
  readonly required?: readonly string[];
  /** Shape of a list's items. */
  readonly items?: Schema;
  /** Shape of a map's values. */
  readonly additionalProperties?: Schema;
  /** Taken when the value is absent. */
  readonly default?: unknown;
  /** Must be written although it has a default, as the API has it. */
  readonly isRequired?: boolean;
  /** What a pattern means. */
  readonly hint?: string;
  /** Allowed words. */
  readonly enum?: readonly string[];
}

/** Looks at a schema as plain JSON Schema. */
export function partsOf(schema: Schema): Parts {
  return schema;
}

/** Whether an absent value is filled in. */
export function hasDefault(schema: Schema): boolean {
  return partsOf(schema).default !== undefined;
}
