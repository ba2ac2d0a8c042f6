/**
 * Which managers wrote a field of an object, as `metadata.managedFields` has it.
 *
 * @module
 */
import { isEqualJson, isRecord, parseJson, parsePointer } from "../../base/mod.ts";
import type { KubeObject, ManagedFields } from "../object.ts";

/**
 * The managers that own the field at `pointer` (RFC 6901) or something in it, sorted; nobody owns what is not there.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const managedFields = [{ manager: "hpa", operation: "Update", fieldsV1: { "f:spec": { "f:replicas": {} } } }];
 * const metadata = { name: "web", managedFields };
 * const live = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 3 } };
 * assert.deepEqual(managersOf(live, "/spec/replicas"), ["hpa"]);
 * ```
 */
export function managersOf(
  live: KubeObject,
  pointer: string,
  isCounted: (entry: ManagedFields) => boolean = () => true,
): string[] {
  const found = writesOf(live, pointer).filter(isCounted).map(({ manager = "" }) => manager);
  return [...new Set(found)].toSorted();
}

/**
 * The entries of `metadata.managedFields` that own the field at `pointer` (RFC 6901) or something in it: who wrote
 * it, how and when.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const time = "2026-01-01T00:00:00Z";
 * const metadata = { name: "a", managedFields: [{ manager: "x", time, fieldsV1: { "f:data": {} } }] };
 * const [write] = writesOf({ apiVersion: "v1", kind: "ConfigMap", metadata }, "/data/key");
 * assert.deepEqual([write?.manager, write?.time], ["x", time]);
 * ```
 */
export function writesOf(live: KubeObject, pointer: string): ManagedFields[] {
  const path = parsePointer(pointer);
  return (live.metadata.managedFields ?? []).filter(({ fieldsV1 }) => owns(fieldsV1, live, path));
}

function owns(fields: unknown, value: unknown, path: readonly string[]): boolean {
  const [part, ...rest] = path;
  if (part === undefined) return true;
  if (!isRecord(fields)) return false;
  // What has nothing below it is owned as a whole.
  if (Object.keys(fields).length === 0) return true;
  if (!Array.isArray(value)) {
    const below = fields[`f:${part}`];
    return below !== undefined && owns(below, isRecord(value) ? value[part] : undefined, rest);
  }
  const item: unknown = value[Number(part)];
  return Object.entries(fields).some(([key, below]) => names(key, item) && owns(below, item, rest));
}

/** Whether a key of a field set (`k:{"name":"main"}`, `v:"x"`) names the item of a list. */
function names(key: string, item: unknown): boolean {
  if (!/^[kv]:/.test(key)) return false;
  const wanted = parseKey(key.slice(2));
  if (key.startsWith("v:")) return isEqualJson(wanted, item);
  return isRecord(wanted) && isRecord(item) &&
    Object.entries(wanted).every(([name, value]) => isEqualJson(value, item[name]));
}

/** It comes from a server: one that cannot be read names nothing. */
function parseKey(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
