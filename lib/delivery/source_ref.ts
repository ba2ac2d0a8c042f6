/**
 * What a Kustomization is built from.
 *
 * @module
 */
import { GitRepository } from "../../crds/mod.ts";
import type { ObjectRef } from "../kube/mod.ts";

/** What of a Kustomization names its source. */
export interface SourceUser {
  /** Of the Kustomization. */
  readonly metadata: { readonly namespace?: string | undefined };
  /** Of the Kustomization. */
  readonly spec: {
    /** Another namespace only where it says so. */
    readonly sourceRef: {
      readonly kind: string;
      readonly name: string;
      readonly namespace?: string | undefined;
    };
  };
}

/**
 * The object that `spec.sourceRef` names; of its `apiVersion` nothing counts, as in Flux.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const sourceRef = { kind: "GitRepository", name: "app" } as const;
 * const ref = sourceRefOf({ metadata: { namespace: "flux-system" }, spec: { sourceRef } });
 * assert.equal(`${ref.namespace}/${ref.name}`, "flux-system/app");
 * ```
 */
export function sourceRefOf({ metadata, spec }: SourceUser): ObjectRef {
  const { kind, name, namespace } = spec.sourceRef;
  return {
    apiVersion: GitRepository.apiVersion,
    kind,
    name,
    namespace: namespace || (metadata.namespace ?? ""),
  };
}
