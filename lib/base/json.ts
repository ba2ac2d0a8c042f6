/**
 * JSON that keeps 64-bit integers: those a double cannot hold become `bigint` and go back as digits.
 *
 * @module
 */

import { isRecord } from "./record.ts";

/** JSON as it is held in memory; `bigint` only outside the safe integer range. */
export type Json =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** A run of digits that a double may not hold; strings of digits match too, which only costs time. */
const LONG_INTEGER = /\d{16}/;

/**
 * Parses JSON text; throws `SyntaxError` as `JSON.parse` does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseJson('{"a":9007199254740993,"b":1}'), { a: 9007199254740993n, b: 1 });
 * ```
 */
export function parseJson(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  return JSON.parse(text, exactInteger);
}

/**
 * The JSON object that is written in `text`; nothing where it is none, whatever else it may be.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.deepEqual(parseJsonRecord('{"a":1}'), { a: 1 });
 * assert.equal(parseJsonRecord("[1]"), undefined);
 * assert.equal(parseJsonRecord("{"), undefined);
 * ```
 */
export function parseJsonRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = parseJson(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

interface ReviverContext {
  source?: string;
}

function exactInteger(_key: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

interface RawJson {
  rawJSON(text: string): unknown;
}

/**
 * Prints JSON text, `bigint` as plain digits.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(stringifyJson({ a: 9007199254740993n }), '{"a":9007199254740993}');
 * ```
 */
export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, rawInteger, indent);
}

function rawInteger(_key: string, value: unknown): unknown {
  // TypeScript's library does not know JSON.rawJSON yet.
  return typeof value === "bigint" ? (JSON as unknown as RawJson).rawJSON(String(value)) : value;
}
