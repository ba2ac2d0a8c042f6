/**
 * From the documents of a build to the objects to apply.
 *
 * @module
 */
import { fail, isRecord, ok, type Result } from "../../base/mod.ts";
import type { KubeObject, ObjectMeta } from "../object.ts";

/** True for the files that tell kustomize what to build; they are never applied. */
export function isKustomizeFile(object: { apiVersion: string; kind: string }): boolean {
  return object.kind === "Kustomization" &&
    object.apiVersion.startsWith("kustomize.config.k8s.io/");
}

/**
 * The objects of a stream of documents, as plain values: lists are taken apart, documents that name no
 * object (no API version or name) and kustomize's own files are dropped, as Flux does.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const read = objectsOf([null, { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } }]);
 * assert.ok(read.ok);
 * assert.equal(read.value.length, 1);
 * ```
 */
export function objectsOf(documents: readonly unknown[]): Result<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const [index, document] of documents.entries()) {
    if (document === null || document === undefined) continue;
    if (!isRecord(document) || typeof document.kind !== "string") {
      return fail("InvalidObject", `Document ${index + 1} is no Kubernetes object: it has no kind`);
    }
    if (Array.isArray(document.items) && document.kind.endsWith("List")) {
      objects.push(...document.items.flatMap(asObject));
      continue;
    }
    const named = asObject(document).filter((object) => object.metadata.name !== "");
    objects.push(...named.filter((object) => object.apiVersion !== "" && !isKustomizeFile(object)));
  }
  return ok(objects);
}

function asObject(value: unknown): KubeObject[] {
  if (!isRecord(value)) return [];
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  const name = textOf(metadata.name);
  const meta: ObjectMeta = { ...metadata, name };
  return [{
    ...value,
    apiVersion: textOf(value.apiVersion),
    kind: textOf(value.kind),
    metadata: meta,
  }];
}

/** Go reads a name that is not text as no name. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
