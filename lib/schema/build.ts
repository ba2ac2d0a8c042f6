/**
 * The words a shape is declared with. Each takes its description first: it becomes the user's documentation.
 *
 * A field with a `default` is present in the decoded type and optional in the OpenAPI schema.
 *
 * @module
 */
import Type from "typebox";
import type { Result } from "../base/mod.ts";

/** Any declared shape. */
export type Schema = Type.TSchema;

/** Whatever decodes to `T`: a kind. */
export interface Decodable<T> {
  /** Checks a foreign value and fills its defaults in. */
  decode(value: unknown): Result<T>;
}

/** The TypeScript type of a declared shape or kind, defaults applied. */
export type Infer<S> = S extends Decodable<infer T> ? T : S extends Schema ? Type.Static<S> : never;

/** A rule in the Common Expression Language that the API server enforces. */
export interface CelRule {
  /** The expression, over `self`. */
  readonly rule: string;
  /** What the API server says when it is false. */
  readonly message: string;
}

/** What a text may be. */
export interface TextOptions {
  /** JavaScript and RE2 read it alike. */
  readonly pattern?: string;
  /** `date-time`. */
  readonly format?: string;
  /** Shortest length in characters. */
  readonly minLength?: number;
  /** Greatest length in characters. */
  readonly maxLength?: number;
  /** Taken when the field is absent. */
  readonly default?: string;
  /** What `pattern` means, for error messages: "a duration such as 10m". */
  readonly hint?: string;
}

/**
 * A string.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { openApiOf } from "./mod.ts";
 * assert.deepEqual(openApiOf(text("Where to", { default: "." })), {
 *   type: "string",
 *   description: "Where to",
 *   default: ".",
 * });
 * ```
 */
export function text(description: string, options: TextOptions = {}): Type.TString {
  return Type.String({ description, ...options });
}

/** What a number may be. */
export interface IntegerOptions {
  /** `int64`, `int32`. */
  readonly format?: string;
  /** Least value. */
  readonly minimum?: number;
  /** Greatest value. */
  readonly maximum?: number;
  /** Taken when the field is absent. */
  readonly default?: number;
}

/**
 * A whole number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(integer("How many").type, "integer");
 * ```
 */
export function integer(description: string, options: IntegerOptions = {}): Type.TInteger {
  return Type.Integer({ description, ...options });
}

/**
 * True or false.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(flag("Whether").type, "boolean");
 * ```
 */
export function flag(
  description: string,
  options: { readonly default?: boolean } = {},
): Type.TBoolean {
  return Type.Boolean({ description, ...options });
}

/**
 * One of a few words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const size: Infer<ReturnType<typeof sizes>> = "small";
 * function sizes() {
 *   return oneOf("How much", ["small", "large"]);
 * }
 * assert.equal(size, "small");
 * ```
 */
export function oneOf<const Words extends readonly string[]>(
  description: string,
  words: Words,
  options: { readonly default?: Words[number]; readonly isRequired?: boolean } = {},
): Type.TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: "string", enum: [...words], description, ...options });
}

/**
 * Any number of the same.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(list("Names", text("A name"), { maxItems: 3 }).type, "array");
 * ```
 */
export function list<Item extends Schema>(
  description: string,
  items: Item,
  options: ListOptions<Item> = {},
): Type.TArray<Item> {
  const { isAtomic = false, ...rest } = options;
  const merge = isAtomic ? { "x-kubernetes-list-type": "atomic" } : {};
  return Type.Array(items, { description, ...rest, ...merge });
}

/** What a list may be. */
export interface ListOptions<Item extends Schema> {
  /** Most items. */
  readonly maxItems?: number;
  /** Taken when the field is absent. */
  readonly default?: Type.Static<Item>[];
  /** Changes as a whole when it is applied. */
  readonly isAtomic?: boolean;
}

/**
 * Strings by free names: labels, annotations, data.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const labels: Infer<ReturnType<typeof textMap>> = { app: "web" };
 * assert.equal(labels.app, "web");
 * ```
 */
export function textMap(description: string): Type.TUnsafe<Record<string, string>> {
  return Type.Unsafe<Record<string, string>>({
    type: "object",
    description,
    additionalProperties: { type: "string" },
  });
}

/**
 * Values of one shape by free names.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const ages: Infer<ReturnType<typeof agesOf>> = { ann: 3 };
 * function agesOf() {
 *   return mapOf("Ages", integer("Years"));
 * }
 * assert.equal(ages.ann, 3);
 * ```
 */
export function mapOf<Value extends Schema>(
  description: string,
  values: Value,
): Type.TUnsafe<Record<string, Type.Static<Value>>> {
  return Type.Unsafe<Record<string, Type.Static<Value>>>({
    type: "object",
    description,
    additionalProperties: values,
  });
}

/**
 * Named fields. Fields it does not know are kept.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const Point = object("A place", { x: integer("East"), label: optional(text("Name")) });
 * const point: Infer<typeof Point> = { x: 1 };
 * assert.deepEqual(Point.required, ["x"]);
 * assert.equal(point.x, 1);
 * ```
 */
export function object<Fields extends Type.TProperties>(
  description: string,
  fields: Fields,
  rules: readonly CelRule[] = [],
  { default: fallback, isAtomic = false }: ObjectOptions = {},
): Type.TObject<Fields> {
  return Type.Object(fields, {
    description,
    ...(fallback !== undefined && { default: fallback }),
    ...(isAtomic && { "x-kubernetes-map-type": "atomic" }),
    ...(rules.length > 0 && { "x-kubernetes-validations": rules }),
  });
}

/** What an object may be. */
export interface ObjectOptions {
  /** Taken when the field is absent. */
  readonly default?: Readonly<Record<string, unknown>>;
  /** Changes as a whole when it is applied. */
  readonly isAtomic?: boolean;
}

/**
 * A field that may be absent and has no default.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(object("", { a: optional(text("")) }).required, undefined);
 * ```
 */
export const optional: typeof Type.Optional = Type.Optional;
