/**
 * Where objects live in the API server's address space.
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import type { ApiResource, Selection } from "./cluster.ts";
import { apiVersionOf } from "./object.ts";

/** Query parameters; absent ones are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * The path of the collection of `resource`, in one namespace or in all.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const gvk = { group: "apps", version: "v1", kind: "Deployment" };
 * const resource = { gvk, plural: "deployments", namespaced: true, verbs: [] };
 * assert.deepEqual(collectionPath(resource, "web"), {
 *   ok: true,
 *   value: "/apis/apps/v1/namespaces/web/deployments",
 * });
 * ```
 */
export function collectionPath(resource: ApiResource, namespace?: string): Result<string> {
  const { gvk, plural, namespaced } = resource;
  const root = `${gvk.group === "" ? "/api" : "/apis"}/${apiVersionOf(gvk)}`;
  if (!namespaced || !namespace) return ok(`${root}/${plural}`);
  if (!isSegment(namespace)) return badName("namespace", namespace);
  return ok(`${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`);
}

/** The path of one object, or of a subresource of it. */
export function objectPath(
  resource: ApiResource,
  ref: { name: string; namespace?: string | undefined },
  subresource?: string,
): Result<string> {
  if (resource.namespaced && !ref.namespace) {
    // client-go's words; the server would answer a bare 404.
    return fail(
      "BadRequest",
      "an empty namespace may not be set when a resource name is provided",
    );
  }
  if (!isSegment(ref.name)) return badName("name", ref.name);
  const collection = collectionPath(resource, ref.namespace);
  if (!collection.ok) return collection;
  const tail = subresource === undefined ? "" : `/${encodeURIComponent(subresource)}`;
  return ok(`${collection.value}/${encodeURIComponent(ref.name)}${tail}`);
}

/** `path` with `query` behind it. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== false) parameters.append(key, String(value));
  }
  const text = parameters.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The query of a selection. */
export function selectionQuery({ labelSelector, fieldSelector }: Selection): Query {
  return { labelSelector, fieldSelector };
}

/** A name with a slash or of dots alone would end up at another address. */
function isSegment(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/%]/.test(name);
}

function badName(field: string, name: string): Result<string> {
  return fail("Invalid", `${field} ${JSON.stringify(name)} is not allowed`);
}
