/**
 * One object of the output, and what is known about its way.
 *
 * @module
 */
import type { MapNode } from "../yaml/mod.ts";

/** Where a resource was read. */
export interface Provenance {
  /** Path in the tree. */
  readonly path: string;
  /** Line of its first key, from 1. */
  readonly line: number;
}

/** A transformer that changed a resource. */
export interface Change {
  /** Kind of the built-in transformer, such as `PatchTransformer`. */
  readonly kind: string;
  /** The kustomization file that asked for it, as people are shown it. */
  readonly path: string;
}

/** One object of the output. */
export interface BuiltResource {
  /** The whole object. With a cache it is shared with later builds: copy it before you change it. */
  readonly node: MapNode;
  /** `apiVersion`. */
  readonly apiVersion: string;
  /** `kind`. */
  readonly kind: string;
  /** `metadata.name`. */
  readonly name: string;
  /** `metadata.namespace`, where there is one. */
  readonly namespace?: string;
  /** Where it came from; only with {@linkcode BuildOptions.provenance}. */
  readonly origin?: Provenance;
  /** What changed it since, in order; only with {@linkcode BuildOptions.provenance} `true`. */
  readonly changedBy?: readonly Change[];
  /** The object as a YAML document, as `kustomize build` prints it. */
  toYaml(): string;
}
