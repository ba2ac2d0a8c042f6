/**
 * What the generators make: plain values with marks for what only text can say.
 *
 * A mark is an object with one key that starts with `$`: `$file` (content that lies in a file; the mark
 * itself becomes its path), `$folder` (the same for a folder with a kustomization.yaml), `$text` (a string
 * that holds YAML), `$raw` (a scalar exactly as written), `$lines` (a file of plain lines), `$noted` (a value
 * with a comment at its key).
 *
 * @module
 */
import fc from "fast-check";

/** A value as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonMap;

/** An object of {@linkcode Json}. */
export interface JsonMap {
  readonly [key: string]: Json;
}

/** True for an object, marks included. */
export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True for a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Makes values that are to stand in an input. */
export type Make = fc.Arbitrary<Json>;

/** One of the given values. */
export function oneOf(...values: readonly Json[]): Make {
  return fc.constantFrom(...values);
}

/** An object that always has the `fixed` keys, and of the `open` ones `most` at most. */
export function mapOf(
  fixed: Readonly<Record<string, Make>>,
  open: Readonly<Record<string, Make>> = {},
  most: number = Object.keys(open).length,
): Make {
  return fc.subarray(Object.keys(open), { maxLength: Math.min(most, Object.keys(open).length) })
    .chain((names) => {
      const chosen: Record<string, Make> = { ...fixed };
      for (const name of names) {
        const make = open[name];
        if (make !== undefined) chosen[name] = make;
      }
      return fc.record(chosen);
    });
}

/** A list of one to `most` items. */
export function listOf(item: Make, most = 2, least = 1): Make {
  return fc.array(item, { minLength: least, maxLength: most });
}

/** An object with keys of a pool. */
export function dictionary(key: fc.Arbitrary<string>, value: Make, most = 3): Make {
  return fc.dictionary(key, value, { minKeys: 1, maxKeys: most, noNullPrototype: true });
}

/** A path, and with it the file of that content; several documents as a list under `$docs`. */
export function inFile(content: Make, extension = "yaml"): Make {
  return content.map((it) => ({ $file: it, extension }));
}

/** A string with the YAML of a value. */
export function asText(content: Make): Make {
  return content.map((it) => ({ $text: it }));
}
