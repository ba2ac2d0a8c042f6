/**
 * How the objects of a Kustomization are sent: by which manager, and with which marks of their owner.
 *
 * @module
 */
import type { KubeObject } from "../kube/mod.ts";

/** Field manager of everything a Kustomization applies (contract/common.md §9). */
export const KUSTOMIZE_MANAGER = "kustomize-controller";
/** Label with the name of the Kustomization that applied an object. */
export const OWNER_NAME = "kustomize.toolkit.fluxcd.io/name";
/** Label with its namespace. */
export const OWNER_NAMESPACE = "kustomize.toolkit.fluxcd.io/namespace";

/** What of a Kustomization its objects show. */
export interface ObjectOwner {
  /** Of the Kustomization. */
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  /** Of the Kustomization. */
  readonly spec: {
    readonly commonMetadata?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
  };
}

/**
 * The object with owner labels, and `commonMetadata` over them (Flux lets it win).
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const owner = { metadata: { name: "app", namespace: "flux-system" }, spec: {} };
 * const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
 * assert.deepEqual(asApplied(object, owner).metadata.labels, {
 *   "kustomize.toolkit.fluxcd.io/name": "app",
 *   "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
 * });
 * ```
 */
export function asApplied(
  object: KubeObject,
  { metadata: owner, spec: { commonMetadata } }: ObjectOwner,
): KubeObject {
  const labels = {
    ...object.metadata.labels,
    [OWNER_NAME]: owner.name,
    [OWNER_NAMESPACE]: owner.namespace ?? "",
    ...commonMetadata?.labels,
  };
  const metadata = { ...object.metadata, labels };
  if (commonMetadata?.annotations) {
    metadata.annotations = { ...object.metadata.annotations, ...commonMetadata.annotations };
  }
  return { ...object, metadata };
}
