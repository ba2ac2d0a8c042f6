/**
 * Does the cluster hold what we want? Compares a live object with the answer of a dry-run.
 *
 * @module
 */
import { isEqualJson, isRecord, pointerPart } from "../../base/mod.ts";
import type { KubeObject } from "../object.ts";
import { normalizeDryRun } from "./normalize.ts";

/** One step of a JSON patch (RFC 6902), with what stood there before. */
export interface DiffStep {
  readonly op: "add" | "remove" | "replace";
  /** JSON pointer (RFC 6901). */
  readonly path: string;
  /** For `add` and `replace`. */
  readonly value?: unknown;
  /** For `remove` and `replace`: what the live object has. */
  readonly oldValue?: unknown;
}

/**
 * Whether applying would change something: labels, annotations, or anything but `metadata` and `status`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const live = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "1" } };
 * assert.equal(hasDrifted(live, { ...live, data: { k: "2" } }), true);
 * assert.equal(hasDrifted(live, { ...live, metadata: { name: "a", uid: "x" } }), false);
 * ```
 */
export function hasDrifted(live: KubeObject, dryRun: KubeObject): boolean {
  return !isEqualJson(comparable(live), comparable(dryRun));
}

/** What applying would change, as a patch of `live`; the same fields count as in {@linkcode hasDrifted}. */
export function diffObjects(live: KubeObject, dryRun: KubeObject): DiffStep[] {
  return diff(comparable(live), comparable(dryRun), "");
}

function comparable(object: KubeObject): Record<string, unknown> {
  const { metadata, status: _, ...rest } = normalizeDryRun(object);
  const judged: Record<string, unknown> = {};
  // An empty map of labels and none at all are the same thing.
  if (Object.keys(metadata?.labels ?? {}).length > 0) judged.labels = metadata.labels;
  if (Object.keys(metadata?.annotations ?? {}).length > 0) {
    judged.annotations = metadata.annotations;
  }
  return Object.keys(judged).length > 0 ? { ...rest, metadata: judged } : rest;
}

function diff(from: unknown, to: unknown, path: string): DiffStep[] {
  if (isEqualJson(from, to)) return [];
  if (isRecord(from) && isRecord(to)) return diffRecords(from, to, path);
  if (Array.isArray(from) && Array.isArray(to)) return diffLists(from, to, path);
  return [{ op: "replace", path, value: to, oldValue: from }];
}

function diffRecords(
  from: Record<string, unknown>,
  to: Record<string, unknown>,
  path: string,
): DiffStep[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return keys.flatMap((key) => {
    const at = `${path}/${pointerPart(key)}`;
    return diffMember(from[key], to[key], at);
  });
}

function diffMember(from: unknown, to: unknown, path: string): DiffStep[] {
  if (from === undefined) return to === undefined ? [] : [{ op: "add", path, value: to }];
  return to === undefined ? [{ op: "remove", path, oldValue: from }] : diff(from, to, path);
}

function diffLists(from: readonly unknown[], to: readonly unknown[], path: string): DiffStep[] {
  const steps: DiffStep[] = [];
  const shared = Math.min(from.length, to.length);
  for (let index = 0; index < shared; index++) {
    steps.push(...diff(from[index], to[index], `${path}/${index}`));
  }
  for (const value of to.slice(shared)) steps.push({ op: "add", path: `${path}/-`, value });
  // From the end, so that the indexes of the steps that follow still hold.
  for (let index = from.length - 1; index >= shared; index--) {
    steps.push({ op: "remove", path: `${path}/${index}`, oldValue: from[index] });
  }
  return steps;
}
