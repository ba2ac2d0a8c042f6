/**
 * The values of CEL, and objects of the API server seen as such.
 *
 * @module
 */
import { isRecord } from "../base/mod.ts";

/** A value: `bigint` is an `int`, `number` a `double`. */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelList
  | CelMap
  | CelTimestamp
  | CelDuration
  | CelOptional
  | CelTypeValue;

/** An unsigned integer of 64 bits. */
export interface CelUint {
  /** Tells it apart. */
  readonly kind: "uint";
  /** From 0 to 2^64 - 1. */
  readonly value: bigint;
}

/** A list; elements are made when asked for. */
export interface CelList {
  /** Tells it apart. */
  readonly kind: "list";
  /** How many elements it has. */
  size(): number;
  /** The element at `index`, which is below the size. */
  at(index: number): CelValue;
}

/** A map; values are made when asked for. */
export interface CelMap {
  /** Tells it apart. */
  readonly kind: "map";
  /** How many entries it has. */
  size(): number;
  /** The value of `key`, or nothing. */
  get(key: CelValue): CelValue | undefined;
  /** All keys. */
  keys(): CelValue[];
}

/** A point in time. */
export interface CelTimestamp {
  /** Tells it apart. */
  readonly kind: "timestamp";
  /** Nanoseconds since 1970. */
  readonly ns: bigint;
}

/** A length of time. */
export interface CelDuration {
  /** Tells it apart. */
  readonly kind: "duration";
  /** Nanoseconds. */
  readonly ns: bigint;
}

/** A value that may be absent. */
export interface CelOptional {
  /** Tells it apart. */
  readonly kind: "optional";
  /** Absent where there is none. */
  readonly value?: CelValue;
}

/** A type as a value: what `type(x)` gives. */
export interface CelTypeValue {
  /** Tells it apart. */
  readonly kind: "type";
  /** As it is written in an expression. */
  readonly name: string;
}

/** The largest `int`. */
export const MAX_INT = (1n << 63n) - 1n;
/** The smallest `int`. */
export const MIN_INT = -(1n << 63n);
/** The largest `uint`. */
export const MAX_UINT = (1n << 64n) - 1n;

/** Absent. */
export const NONE: CelOptional = { kind: "optional" };

/** Names of types that stand for themselves in an expression. */
export const TYPE_NAMES: ReadonlySet<string> = new Set([
  "bool",
  "bytes",
  "double",
  "int",
  "list",
  "map",
  "null_type",
  "optional_type",
  "string",
  "type",
  "uint",
  "google.protobuf.Duration",
  "google.protobuf.Timestamp",
]);

/**
 * What was read from JSON, as a value; lists and maps are looked into only where the expression does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(celOf(3), 3n);
 * assert.equal(celOf(0.5), 0.5);
 * ```
 */
export function celOf(json: unknown): CelValue {
  switch (typeof json) {
    case "boolean":
    case "string":
      return json;
    case "number":
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    case "bigint":
      return json >= MIN_INT && json <= MAX_INT ? json : Number(json);
  }
  if (Array.isArray(json)) {
    return { kind: "list", size: () => json.length, at: (index) => celOf(json[index]) };
  }
  return isRecord(json) ? mapOfRecord(json) : null;
}

function mapOfRecord(record: Readonly<Record<string, unknown>>): CelMap {
  const isThere = (key: string) => Object.hasOwn(record, key) && record[key] !== undefined;
  return {
    kind: "map",
    size: () => Object.keys(record).filter(isThere).length,
    get: (key) => typeof key === "string" && isThere(key) ? celOf(record[key]) : undefined,
    keys: () => Object.keys(record).filter(isThere),
  };
}

/** A list of values. */
export function listOf(values: readonly CelValue[]): CelList {
  // Never asked beyond its size.
  return { kind: "list", size: () => values.length, at: (index) => values[index] ?? null };
}

/** All elements. */
export function itemsOf(list: CelList): CelValue[] {
  return Array.from({ length: list.size() }, (_, index) => list.at(index));
}

/** A map of entries by {@linkcode keyOf}. */
export function mapOf(entries: ReadonlyMap<string, readonly [CelValue, CelValue]>): CelMap {
  return {
    kind: "map",
    size: () => entries.size,
    get: (key) => entries.get(keyOf(key) ?? "")?.[1],
    keys: () => [...entries.values()].map(([key]) => key),
  };
}

/** What keys are told apart by: numbers by their value, whatever their type; nothing for what is no key. */
export function keyOf(key: CelValue): string | undefined {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : undefined;
  return isUint(key) ? `n${key.value}` : undefined;
}

/** The name of the value's type. */
export function typeNameOf(value: CelValue): string {
  if (value === null) return "null_type";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
  }
  if (value instanceof Uint8Array) return "bytes";
  switch (value.kind) {
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "duration":
      return "google.protobuf.Duration";
    case "optional":
      return "optional_type";
    default:
      return value.kind;
  }
}

/** Whether the value is an object of our own, not one of the language's. */
function kindOf(value: CelValue): string | undefined {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array)
    ? value.kind
    : undefined;
}

/** Whether it is a `uint`. */
export function isUint(value: CelValue): value is CelUint {
  return kindOf(value) === "uint";
}

/** Whether it is a list. */
export function isList(value: CelValue): value is CelList {
  return kindOf(value) === "list";
}

/** Whether it is a map. */
export function isMap(value: CelValue): value is CelMap {
  return kindOf(value) === "map";
}

/** Whether it is a timestamp. */
export function isTimestamp(value: CelValue): value is CelTimestamp {
  return kindOf(value) === "timestamp";
}

/** Whether it is a duration. */
export function isDuration(value: CelValue): value is CelDuration {
  return kindOf(value) === "duration";
}

/** Whether it is an optional. */
export function isOptional(value: CelValue): value is CelOptional {
  return kindOf(value) === "optional";
}

/** Whether it is a type. */
export function isTypeValue(value: CelValue): value is CelTypeValue {
  return kindOf(value) === "type";
}
