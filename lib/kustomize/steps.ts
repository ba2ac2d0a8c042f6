/**
 * A transformer or generator, ready to run.
 *
 * @module
 */
import type { Origin, Resource } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";

/** Changes resources. */
export interface Transformer {
  /** Kind of the built-in transformer, for annotations. */
  readonly kind: string;
  /** What it notes in annotations, when it comes from a file of its own. */
  readonly origin?: Origin | undefined;
  /** Does it. */
  run(resources: ResourceList): void;
}

/** Makes resources. */
export interface Generator {
  /** Line of its entry in the kustomization file, where it has one. */
  readonly line?: number | undefined;
  /** Kind of the built-in generator, for annotations. */
  readonly kind: string;
  /** What it notes in annotations, when it comes from a file of its own. */
  readonly origin?: Origin | undefined;
  /** Does it. */
  run(): readonly Resource[];
}
