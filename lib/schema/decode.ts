/**
 * Foreign value in, typed value or a reason out; defaults are filled in as the API server does.
 *
 * @module
 */
import type Type from "typebox";
import { Compile } from "typebox/compile";
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { Schema } from "./build.ts";
import { explain } from "./explain.ts";
import { hasDefault, partsOf } from "./open_api.ts";

/**
 * Makes the decoder of a shape; a wrong value fails as `InvalidObject` and the message names the field.
 * The value handed in is not changed. Fields the shape does not know are kept.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object, text } from "./mod.ts";
 * const decode = decoderOf(object("A", { b: text("B", { default: "x" }) }));
 * assert.deepEqual(decode({ c: 1 }), { ok: true, value: { b: "x", c: 1 } });
 * assert.equal(decode({ b: 1 }).ok, false);
 * ```
 */
export function decoderOf<S extends Schema>(schema: S): (value: unknown) => Result<Type.Static<S>> {
  let compiled: ReturnType<typeof Compile<S>> | undefined;
  function decode(value: unknown): Result<Type.Static<S>> {
    // Compiling costs milliseconds and most programs use few kinds.
    compiled ??= Compile(schema);
    const filled = fillDefaults(schema, value);
    if (compiled.Check(filled)) return ok(filled);
    return fail("InvalidObject", explain(schema, filled, compiled.Errors(filled)));
  }
  return decode;
}

/**
 * A copy of `value` with defaults; parts that need none are shared with it. As on the API server a
 * default fills a field of an object that is there, and null counts as absent.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { object, text } from "./mod.ts";
 * const shape = object("", { at: object("", { b: text("", { default: "x" }) }) });
 * assert.deepEqual(fillDefaults(shape, { at: {} }), { at: { b: "x" } });
 * assert.deepEqual(fillDefaults(shape, {}), {});
 * ```
 */
export function fillDefaults(schema: Schema, value: unknown): unknown {
  const { properties, items, additionalProperties } = partsOf(schema);
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => fillDefaults(items, item));
  }
  if (!isRecord(value)) return value;
  if (properties !== undefined) return fillFields(properties, value);
  if (additionalProperties === undefined) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [key, fillDefaults(additionalProperties, v)]),
  );
}

function fillFields(
  properties: Readonly<Record<string, Schema>>,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...value };
  for (const [name, schema] of Object.entries(properties)) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given !== undefined && given !== null) result[name] = fillDefaults(schema, given);
    else if (hasDefault(schema)) {
      result[name] = fillDefaults(schema, structuredClone(partsOf(schema).default));
    } else delete result[name];
  }
  return result;
}
