/**
 * Who owns which field of a fake cluster's objects: a small server-side apply.
 *
 * Maps are merged and every list is owned as a whole; the real server merges lists by key where the schema
 * says so, prunes, defaults and validates. What depends on that is tested against a real one.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { fail, isRecord, ok, type Result } from "../base/mod.ts";
import type { KubeObject, ManagedFields } from "../kube/mod.ts";

/** A path, its keys joined by NUL. */
type Path = string;

interface Owner {
  entry: ManagedFields;
  paths: Set<Path>;
}

/** A write, as far as ownership goes. */
export interface Write {
  /** Field manager. */
  manager: string;
  /** RFC 3339. */
  time: string;
  /** `status` when the write went there. */
  subresource?: string | undefined;
}

/** Fields of `metadata` that the server fills in and nobody owns. */
const SERVER_FIELDS = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "generateName",
  "selfLink",
]);

/** The leaves of `object` that can be owned, with their values. */
function leavesOf(object: KubeObject): Map<Path, unknown> {
  const leaves = new Map<Path, unknown>();
  function visit(value: unknown, path: readonly string[]): void {
    if (!isRecord(value) || Object.keys(value).length === 0) {
      leaves.set(path.join("\0"), value);
      return;
    }
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue;
      if (path.length === 1 && path[0] === "metadata" && SERVER_FIELDS.has(key)) continue;
      visit(inner, [...path, key]);
    }
  }
  for (const [key, value] of Object.entries(object)) {
    if (key !== "apiVersion" && key !== "kind" && value !== undefined) visit(value, [key]);
  }
  // A metadata that says nothing is no field.
  if (isDeepStrictEqual(leaves.get("metadata"), {})) leaves.delete("metadata");
  return leaves;
}

function readOwners(object: KubeObject): Owner[] {
  return (object.metadata.managedFields ?? []).filter((entry) => entry.manager !== undefined)
    .map((entry) => ({ entry, paths: pathsOf(entry.fieldsV1) }));
}

function pathsOf(fields: unknown, path: readonly string[] = []): Set<Path> {
  const keys = isRecord(fields) ? Object.keys(fields).filter((key) => key.startsWith("f:")) : [];
  if (keys.length === 0) return new Set(path.length === 0 ? [] : [path.join("\0")]);
  const found = new Set<Path>();
  for (const key of keys) {
    const inner = isRecord(fields) ? fields[key] : undefined;
    for (const one of pathsOf(inner, [...path, key.slice(2)])) found.add(one);
  }
  return found;
}

function fieldsOf(paths: ReadonlySet<Path>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const path of [...paths].sort()) {
    let here = fields;
    for (const key of path.split("\0")) {
      const inner = here[`f:${key}`];
      const next: Record<string, unknown> = isRecord(inner) ? inner : {};
      here[`f:${key}`] = next;
      here = next;
    }
  }
  return fields;
}

function writeOwners(object: KubeObject, owners: readonly Owner[]): void {
  const entries = owners.filter((owner) => owner.paths.size > 0)
    .map((owner) => ({ ...owner.entry, fieldsV1: fieldsOf(owner.paths) }));
  if (entries.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries;
}

function ownerOf(
  owners: Owner[],
  object: KubeObject,
  operation: string,
  { manager, subresource, time }: Write,
): Owner {
  const found = owners.find(({ entry }) =>
    entry.manager === manager && entry.operation === operation && entry.subresource === subresource
  );
  if (found !== undefined) return found;
  const entry: ManagedFields = {
    manager,
    operation,
    apiVersion: object.apiVersion,
    time,
    fieldsType: "FieldsV1",
  };
  if (subresource !== undefined) entry.subresource = subresource;
  const owner = { entry, paths: new Set<Path>() };
  owners.push(owner);
  return owner;
}

/** Notes that `write` made `after` of `before`: what changed is its manager's from now on. */
export function ownUpdate(before: KubeObject | undefined, after: KubeObject, write: Write): void {
  const old = before === undefined ? new Map<Path, unknown>() : leavesOf(before);
  const now = leavesOf(after);
  const owners = readOwners(after);
  const changed = [...now].filter(([path, value]) =>
    !old.has(path) || !isDeepStrictEqual(old.get(path), value)
  ).map(([path]) => path);
  for (const owner of owners) {
    for (const path of [...owner.paths]) {
      const gone = !now.has(path) && ![...now.keys()].some((leaf) => leaf.startsWith(`${path}\0`));
      if (gone || changed.includes(path)) owner.paths.delete(path);
    }
  }
  if (changed.length > 0) {
    const owner = ownerOf(owners, after, "Update", write);
    owner.entry = { ...owner.entry, time: write.time };
    for (const path of changed) owner.paths.add(path);
  }
  writeOwners(after, owners);
}

/** `live` after `intent` was applied to it, or `Conflict`. */
export function applyFields(
  live: KubeObject | undefined,
  intent: KubeObject,
  write: Write & { force: boolean },
): Result<KubeObject> {
  const wanted = leavesOf(intent);
  const result: KubeObject = structuredClone(live) ??
    { apiVersion: intent.apiVersion, kind: intent.kind, metadata: { ...nameOf(intent) } };
  const owners = readOwners(result);
  const own = ownerOf(owners, result, "Apply", write);
  const before = live === undefined ? new Map<Path, unknown>() : leavesOf(live);

  const conflicts: { path: Path; entry: ManagedFields }[] = [];
  for (const [path, value] of wanted) {
    if (before.has(path) && isDeepStrictEqual(before.get(path), value)) continue;
    for (const other of owners) {
      if (other === own || !other.paths.has(path)) continue;
      if (other.entry.manager === own.entry.manager && other.entry.operation === "Apply") continue;
      if (write.force) other.paths.delete(path);
      else conflicts.push({ path, entry: other.entry });
    }
  }
  if (conflicts.length > 0) return fail("Conflict", conflictMessage(conflicts));

  for (const path of own.paths) {
    if (wanted.has(path) || [...wanted.keys()].some((leaf) => leaf.startsWith(`${path}\0`))) {
      continue;
    }
    if (!owners.some((other) => other !== own && other.paths.has(path))) dropPath(result, path);
  }
  for (const [path, value] of wanted) setPath(result, path.split("\0"), value);
  if (!isDeepStrictEqual(own.paths, new Set(wanted.keys()))) {
    own.entry = { ...own.entry, time: write.time };
    own.paths = new Set(wanted.keys());
  }
  writeOwners(result, owners);
  return ok(result);
}

function nameOf({ metadata: { name, namespace } }: KubeObject): KubeObject["metadata"] {
  return namespace === undefined ? { name } : { name, namespace };
}

function conflictMessage(conflicts: readonly { path: Path; entry: ManagedFields }[]): string {
  const first = conflicts[0]?.entry;
  const fields = conflicts.map(({ path }) => `.${path.replaceAll("\0", ".")}`);
  const who = `"${first?.manager}"${
    first?.operation === "Update" ? ` using ${first.apiVersion}` : ""
  }`;
  return fields.length === 1
    ? `Apply failed with 1 conflict: conflict with ${who}: ${fields[0]}`
    : `Apply failed with ${fields.length} conflicts: conflicts with ${who}:\n- ${
      fields.join("\n- ")
    }`;
}

function setPath(object: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let here = object;
  for (const key of path.slice(0, -1)) {
    const inner = here[key];
    const next: Record<string, unknown> = isRecord(inner) ? inner : {};
    here[key] = next;
    here = next;
  }
  const last = path.at(-1);
  if (last !== undefined) here[last] = structuredClone(value);
}

/** Takes a path out, and the maps that it leaves empty. */
function dropPath(object: Record<string, unknown>, path: Path): void {
  const keys = path.split("\0");
  const parents: Record<string, unknown>[] = [object];
  for (const key of keys.slice(0, -1)) {
    const inner = parents.at(-1)?.[key];
    if (!isRecord(inner)) return;
    parents.push(inner);
  }
  for (let depth = keys.length - 1; depth >= 0; depth--) {
    const parent = parents[depth];
    const key = keys[depth];
    if (parent === undefined || key === undefined) return;
    const inner = parent[key];
    const isLeaf = depth === keys.length - 1;
    if (!isLeaf && isRecord(inner) && Object.keys(inner).length > 0) return;
    if (key !== "metadata") delete parent[key];
  }
}
