/**
 * Brings objects into the form in which they are applied and compared.
 *
 * @module
 */
import {
  decodeBase64,
  encodeBase64,
  fail,
  isEqualJson,
  isRecord,
  ok,
  type Result,
} from "../../base/mod.ts";
import { displayName, type KubeObject, refOf } from "../object.ts";
import { type Shape, TYPED_SHAPES } from "./_typed_shapes.ts";

/** Labels and annotations put on every object. */
export interface CommonMetadata {
  readonly labels?: Readonly<Record<string, string>> | null;
  readonly annotations?: Readonly<Record<string, string>> | null;
}

/**
 * The object as it is sent: Go's zero values where Flux sends them, protocols, `stringData` moved to
 * `data`, no status (except on CRDs), no creation time. The object given is left as it is.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { k: "v" } };
 * const normal = normalizeObject(secret);
 * assert.ok(normal.ok);
 * assert.deepEqual(normal.value.data, { k: "dg==" });
 * ```
 */
export function normalizeObject(object: KubeObject): Result<KubeObject> {
  const copy = structuredClone(object);
  const isDefinition = copy.kind === "CustomResourceDefinition";
  if (!isDefinition) delete copy.status;
  const shape = TYPED_SHAPES.get(`${copy.apiVersion}/${copy.kind}`);
  if (shape !== undefined) fitShape(copy, shape);
  if (isSecret(copy)) {
    const moved = moveStringData(copy);
    if (!moved.ok) return moved;
  }
  // Objects read from outside may lack metadata altogether.
  copy.metadata = { ...copy.metadata, creationTimestamp: null };
  return ok(copy);
}

function isSecret(object: KubeObject): boolean {
  return object.apiVersion === "v1" && object.kind === "Secret";
}

/** Fills and empties one struct after its shape, then those below it. */
function fitShape(struct: Record<string, unknown>, shape: Shape): void {
  for (const [key, value] of Object.entries(struct)) if (value === null) delete struct[key];
  for (const key of shape.dropEmpty ?? []) if (isEmpty(struct[key])) delete struct[key];
  for (const [key, zero] of Object.entries(shape.zero ?? {})) {
    if (struct[key] === undefined) struct[key] = structuredClone(zero);
  }
  for (const [key, below] of Object.entries(shape.fields ?? {})) {
    if (key === "metadata" && isRecord(struct[key])) delete struct[key].creationTimestamp;
    for (const item of structsIn(struct[key])) fitShape(item, below);
  }
  for (const key of shape.quantities ?? []) writeQuantities(struct[key]);
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isRecord(value) && Object.keys(value).length === 0;
}

function structsIn(value: unknown): Record<string, unknown>[] {
  return (Array.isArray(value) ? value : [value]).filter(isRecord);
}

/** A quantity written as a number becomes text; text stays as it was written. */
function writeQuantities(values: unknown): void {
  if (!isRecord(values)) return;
  for (const [key, value] of Object.entries(values)) {
    if (typeof value === "number") values[key] = String(value);
  }
}

/** Values of `data` are decoded and encoded again, so that line breaks in base64 make no drift. */
function moveStringData(secret: KubeObject): Result<void> {
  const data: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(isRecord(secret.data) ? secret.data : {})) {
    const bytes = typeof value === "string" ? decodeBase64(value) : undefined;
    if (bytes === undefined) {
      return fail(
        "Invalid",
        `${
          displayName(refOf(secret))
        } data of key "${key}" is not base64; write plain text under stringData`,
      );
    }
    data[key] = encodeBase64(bytes);
  }
  for (const [key, value] of Object.entries(isRecord(secret.stringData) ? secret.stringData : {})) {
    data[key] = encodeBase64(new TextEncoder().encode(String(value)));
  }
  delete secret.stringData;
  if (Object.keys(data).length > 0) secret.data = data;
  return ok(undefined);
}

/** The answer of a dry-run as it is compared: metrics that an autoscaler lists twice count once. */
export function normalizeDryRun(object: KubeObject): KubeObject {
  if (object.apiVersion !== "autoscaling/v2" || object.kind !== "HorizontalPodAutoscaler") {
    return object;
  }
  const copy = structuredClone(object);
  const shape = TYPED_SHAPES.get("autoscaling/v2/HorizontalPodAutoscaler");
  if (shape !== undefined) fitShape(copy, shape);
  if (isRecord(copy.spec) && Array.isArray(copy.spec.metrics)) {
    copy.spec.metrics = distinctMetrics(copy.spec.metrics);
  }
  copy.status = { currentMetrics: null, desiredReplicas: 0, ...statusOf(copy) };
  return copy;
}

function statusOf(object: KubeObject): Record<string, unknown> {
  return isRecord(object.status) ? object.status : {};
}

function distinctMetrics(metrics: readonly unknown[]): unknown[] {
  const kept: unknown[] = [];
  for (const metric of metrics) {
    if (!isEmpty(metric) && !kept.some((other) => isEqualJson(other, metric))) kept.push(metric);
  }
  return kept;
}

/** A copy of `object` with the given labels and annotations over its own. */
export function withCommonMetadata(object: KubeObject, common: CommonMetadata): KubeObject {
  const metadata = { ...object.metadata };
  for (const field of ["labels", "annotations"] as const) {
    const added = common[field] ?? {};
    if (Object.keys(added).length > 0) metadata[field] = { ...metadata[field], ...added };
  }
  return { ...object, metadata };
}
