/**
 * Says which field is wrong, what is wrong with it and what it should be.
 *
 * @module
 */
import type { TLocalizedValidationError } from "typebox/error";
import { parsePointer } from "../base/mod.ts";
import type { Schema } from "./build.ts";
import { partsOf } from "./open_api.ts";

const MOST_ERRORS = 3;
const LONGEST_VALUE = 60;

/** One sentence for the first few errors of `value`. */
export function explain(
  schema: Schema,
  value: unknown,
  errors: readonly TLocalizedValidationError[],
): string {
  const sentences = new Set<string>();
  for (const error of errors) {
    const place = lookUp(schema, value, error.instancePath);
    for (const sentence of sentencesOf(error, place)) sentences.add(sentence);
    if (sentences.size >= MOST_ERRORS) break;
  }
  return [...sentences].slice(0, MOST_ERRORS).join("; ");
}

interface Place {
  /** `spec.images[0].name`; empty for the whole value. */
  path: string;
  value: unknown;
  schema: Schema | undefined;
}

function lookUp(schema: Schema, value: unknown, pointer: string): Place {
  let place: Place = { path: "", value, schema };
  for (const step of parsePointer(pointer)) place = stepInto(place, step);
  return place;
}

function stepInto({ path, value, schema }: Place, key: string): Place {
  const parts = schema === undefined ? {} : partsOf(schema);
  if (Array.isArray(value)) {
    return { path: `${path}[${key}]`, value: value[Number(key)], schema: parts.items };
  }
  const inner = typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined;
  return {
    path: joinPath(path, key),
    value: inner,
    schema: parts.properties?.[key] ?? parts.additionalProperties,
  };
}

function joinPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(shorten(key))}]`;
  return path === "" ? key : `${path}.${key}`;
}

function sentencesOf(error: TLocalizedValidationError, place: Place): string[] {
  const field = place.path === "" ? "the object" : place.path;
  const shown = show(place.value);
  switch (error.keyword) {
    case "required":
      return error.params.requiredProperties.map((name) =>
        `${joinPath(place.path, name)} is missing`
      );
    case "type":
      return [`${field} must be ${nameOfType(error.params.type)}, not ${shown}`];
    case "enum":
      return [`${field} must be one of ${error.params.allowedValues.join(", ")}, not ${shown}`];
    case "pattern":
    case "format":
      return [`${field} must be ${hintOf(place.schema, error)}, not ${shown}`];
    case "maxItems":
      return [`${field} must not have more than ${error.params.limit} items`];
    case "minLength":
      return [`${field} must have at least ${error.params.limit} characters`];
    case "maxLength":
      return [`${field} must not have more than ${error.params.limit} characters`];
    // The values of a map each have an error of their own.
    case "additionalProperties":
      return [];
    default:
      return [`${field} ${error.message}, not ${shown}`];
  }
}

function hintOf(schema: Schema | undefined, error: TLocalizedValidationError): string {
  const hint = schema === undefined ? undefined : partsOf(schema).hint;
  if (hint !== undefined) return hint;
  if (error.keyword === "pattern") return `text that matches ${error.params.pattern}`;
  return "an RFC 3339 time such as 2026-01-31T08:00:00Z";
}

function nameOfType(type: string | string[]): string {
  const name = String(type);
  return /^[aeio]/.test(name) ? `an ${name}` : `a ${name}`;
}

function show(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "string" ? JSON.stringify(shorten(value)) : String(value);
}

function shorten(text: string): string {
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
