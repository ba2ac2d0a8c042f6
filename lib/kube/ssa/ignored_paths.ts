/**
 * Parts of objects that are left to others: `spec.ignore` of a Kustomization (contract/kustomize.md §7).
 *
 * @module
 */
import {
  fail,
  type Failure,
  isEqualJson,
  isRecord,
  ok,
  parsePointer,
  type Result,
} from "../../base/mod.ts";
import type { KubeObject, ManagedFields } from "../object.ts";
import { parseTarget, type Target } from "./target.ts";

/** Which parts of which objects; a rule without `target` is about all. */
export interface IgnoreRule {
  /** JSON pointers (RFC 6901). */
  readonly paths: readonly string[];
  /** All that is given must match. */
  readonly target?: Target;
}

/** The JSON pointers that are left to others in an object. */
export type IgnoredPaths = (object: KubeObject) => readonly string[];

type Test = (object: KubeObject) => boolean;

/**
 * Reads the rules; `InvalidIgnoreRule` names the rule and the field that cannot be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const rules = readIgnoreRules([{ paths: ["/spec/replicas"], target: { kind: "Deployment" } }]);
 * assert.ok(rules.ok);
 * const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } };
 * assert.deepEqual(rules.value(object), ["/spec/replicas"]);
 * ```
 */
export function readIgnoreRules(rules: readonly IgnoreRule[]): Result<IgnoredPaths> {
  const read: { readonly paths: readonly string[]; readonly tests: readonly Test[] }[] = [];
  for (const [index, { paths, target }] of rules.entries()) {
    const at = `spec.ignore[${index}]`;
    const wrong = paths.find((path) => !path.startsWith("/"));
    if (wrong !== undefined) {
      return invalid(`${at}.paths: "${wrong}" is no JSON pointer; it begins with "/"`);
    }
    const tests = readTarget(target ?? {}, at);
    if (!tests.ok) return tests;
    read.push({ paths, tests: tests.value });
  }
  return ok((object) =>
    read.flatMap(({ paths, tests }) => tests.every((test) => test(object)) ? paths : [])
  );
}

/** Each field by itself, so that the one that cannot be read is named. */
function readTarget(target: Target, at: string): Result<readonly Test[]> {
  const tests: Test[] = [];
  for (const [field, value] of Object.entries(target)) {
    const test = parseTarget({ [field]: value });
    if (!test.ok) return invalid(`${at}.target.${field}: ${test.message}`);
    tests.push(test.value);
  }
  return ok(tests);
}

function invalid(message: string): Failure {
  return fail("InvalidIgnoreRule", message);
}

/** A copy of `object` without the parts at `paths`; the object itself when it has none of them. */
export function withoutPaths(object: KubeObject, paths: readonly string[]): KubeObject {
  const present = paths.map(parsePointer).filter((path) => valueAt(object, path) !== undefined);
  if (present.length === 0) return object;
  const copy = structuredClone(object);
  // From the end, so that the indexes of list items that follow still hold.
  for (const path of present.toSorted(byLastIndex)) removeAt(copy, path);
  return copy;
}

/**
 * What to send when another part of `desired` has to be written: where the live object differs at one of `paths`,
 * the part is left out when another manager applies it, and else sent as it is live.
 */
export function leavePaths(
  desired: KubeObject,
  live: KubeObject,
  paths: readonly string[],
  fieldManager: string,
): KubeObject {
  const copy = structuredClone(desired);
  const dropped: string[][] = [];
  for (const path of paths.map(parsePointer)) {
    const [ours, theirs] = [valueAt(desired, path), valueAt(live, path)];
    if (ours === undefined || isEqualJson(ours, theirs)) continue;
    const isForeign = (live.metadata.managedFields ?? []).some((entry) =>
      entry.operation === "Apply" && entry.manager !== fieldManager && owns(entry, path)
    );
    if (theirs === undefined || isForeign) dropped.push(path);
    else setAt(copy, path, theirs);
  }
  for (const path of dropped.toSorted(byLastIndex)) removeAt(copy, path);
  return copy;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let here = value;
  for (const part of path) here = memberOf(here, part);
  return here;
}

/** The member of a record, or the item of a list, that a part of a pointer names. */
export function memberOf(value: unknown, part: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(part) ? value[Number(part)] : undefined;
  return isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined;
}

function removeAt(root: unknown, path: readonly string[]): void {
  const holder = valueAt(root, path.slice(0, -1));
  const last = path.at(-1) ?? "";
  if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else if (isRecord(holder)) delete holder[last];
}

function setAt(root: unknown, path: readonly string[], value: unknown): void {
  const holder = valueAt(root, path.slice(0, -1));
  const last = path.at(-1) ?? "";
  if (Array.isArray(holder)) holder[Number(last)] = value;
  else if (isRecord(holder)) holder[last] = value;
}

function byLastIndex(a: readonly string[], b: readonly string[]): number {
  return Number(b.at(-1)) - Number(a.at(-1)) || 0;
}

/** Whether the manager has the field itself, or something in it; items of lists go by their place no manager knows. */
function owns({ fieldsV1 }: ManagedFields, path: readonly string[]): boolean {
  let here: unknown = fieldsV1;
  for (const part of path) {
    here = isRecord(here) ? here[`f:${part}`] : undefined;
    if (here === undefined) return false;
  }
  return true;
}
