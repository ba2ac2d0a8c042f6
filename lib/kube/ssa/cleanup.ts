/**
 * Takes over what other tools left on an object: their field ownership and their bookkeeping.
 *
 * @module
 */
import { isEqualJson, isRecord, pointerPart } from "../../base/mod.ts";
import type { KubeObject, ManagedFields } from "../object.ts";

/** One operation of the JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: "remove" | "replace";
  readonly path: string;
  readonly value?: unknown;
}

/** A manager whose fields become ours. */
interface Predecessor {
  /** Beginning of the manager's name. */
  readonly prefix: string;
  readonly operation: "Apply" | "Update";
}

const ANNOTATIONS = [
  "kubectl.kubernetes.io/last-applied-configuration",
  "kustomize.toolkit.fluxcd.io/checksum",
  "fluxcd.io/sync-checksum",
];
const LABELS = ["fluxcd.io/sync-gc-mark"];
const PREDECESSORS: readonly Predecessor[] = [
  { prefix: "kubectl", operation: "Apply" },
  { prefix: "kubectl", operation: "Update" },
  { prefix: "before-first-apply", operation: "Update" },
  { prefix: "kustomize-controller", operation: "Update" },
];

/**
 * The JSON patch that makes the fields of earlier managers ours, so that a field removed from git is
 * removed from the object; empty when there is nothing to take over. It holds for this version of
 * `live` only.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const live = {
 *   apiVersion: "v1",
 *   kind: "ConfigMap",
 *   metadata: { name: "a", annotations: { "fluxcd.io/sync-checksum": "1" } },
 * };
 * assert.deepEqual(cleanupPatch(live, "kustomize-controller"), [
 *   { op: "remove", path: "/metadata/annotations/fluxcd.io~1sync-checksum" },
 * ]);
 * ```
 */
export function cleanupPatch(
  live: KubeObject,
  fieldManager: string,
  overrideManagers: readonly string[] = [],
): PatchOperation[] {
  const { annotations, labels, managedFields, resourceVersion } = live.metadata;
  const patch: PatchOperation[] = [
    ...ANNOTATIONS.filter((key) => annotations?.[key] !== undefined)
      .map((key) => removal("annotations", key)),
    ...LABELS.filter((key) => labels?.[key] !== undefined).map((key) => removal("labels", key)),
  ];
  const taken = takeOver(managedFields ?? [], live.apiVersion, fieldManager, overrideManagers);
  if (taken !== undefined) {
    patch.push({ op: "replace", path: "/metadata/managedFields", value: taken });
  }
  if (patch.length > 0 && resourceVersion !== undefined) {
    patch.push({ op: "replace", path: "/metadata/resourceVersion", value: resourceVersion });
  }
  return patch;
}

function removal(field: "annotations" | "labels", key: string): PatchOperation {
  return { op: "remove", path: `/metadata/${field}/${pointerPart(key)}` };
}

/** The entries with all predecessors merged into ours, which comes first; `undefined` without any. */
function takeOver(
  entries: readonly ManagedFields[],
  apiVersion: string,
  fieldManager: string,
  overrideManagers: readonly string[],
): ManagedFields[] | undefined {
  const predecessors = [
    ...PREDECESSORS,
    ...overrideManagers.flatMap((prefix): Predecessor[] => [
      { prefix, operation: "Apply" },
      { prefix, operation: "Update" },
    ]),
  ];
  const isOurs = (entry: ManagedFields) =>
    entry.manager === fieldManager && entry.operation === "Apply" && !entry.subresource;
  const isOld = (entry: ManagedFields) => !isOurs(entry) && isPredecessor(entry, predecessors);
  const old = entries.filter(isOld);
  if (old.length === 0) return undefined;
  const ours = entries.find(isOurs) ??
    {
      manager: fieldManager,
      operation: "Apply",
      apiVersion,
      fieldsType: "FieldsV1",
      ...timeOf(old),
    };
  const merged = old.reduce<unknown>(
    (fields, entry) => mergeFields(fields, entry.fieldsV1),
    ours.fieldsV1,
  );
  const rest = entries.filter((entry) => !isOurs(entry) && !isOld(entry));
  const result = [{ ...ours, fieldsV1: merged }, ...rest];
  return isEqualJson(result, entries) ? undefined : result;
}

function isPredecessor(entry: ManagedFields, predecessors: readonly Predecessor[]): boolean {
  return !entry.subresource &&
    predecessors.some(({ prefix, operation }) =>
      prefix !== "" && entry.operation === operation && entry.manager?.startsWith(prefix)
    );
}

function timeOf(entries: readonly ManagedFields[]): { time?: string } {
  const time = entries.at(-1)?.time;
  return time === undefined ? {} : { time };
}

/** The union of two field sets. */
function mergeFields(a: unknown, b: unknown): unknown {
  if (!isRecord(a) || !isRecord(b)) return b ?? a;
  const merged: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = mergeFields(merged[key], value);
  return merged;
}
