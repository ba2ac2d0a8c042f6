/**
 * A transformer or generator, ready to run.
 *
 * @module
 */
import type { Provenance } from "./built.ts";
import type { Origin, Resource } from "./resource.ts";
import type { ResourceList } from "./resource_list.ts";
import type { EntryPlace } from "./target_file.ts";

/** Changes resources. */
export interface Transformer {
  /** Kind of the built-in transformer, for annotations. */
  readonly kind: string;
  /** What it notes in annotations, when it comes from a file of its own. */
  readonly origin?: Origin | undefined;
  /** What asks for it in the kustomization file, for messages. */
  readonly place?: EntryPlace | undefined;
  /** Does it. */
  run(resources: ResourceList): void;
  /** What is known about it that lets its work be kept; absent: it may look at, and change, everything. */
  readonly reach?: Reach | undefined;
}

/** How far the work of a transformer goes. */
export type Reach =
  | {
    /** Each resource for itself, as if it were the only one. */
    readonly kind: "each";
    /** All that decides over its work besides the resource. */
    readonly key: string;
    /** True when no two resources may be called the same afterwards. */
    readonly isUnique?: boolean;
  }
  | {
    /** Some resources, each for itself. */
    readonly kind: "some";
    /** All that decides over its work besides the resource. */
    readonly key: string;
    /** Which ones; refuses when they are not what the transformer needs. */
    touches(resources: ResourceList): readonly Resource[];
    /** True when it may change what they are called. */
    readonly isNaming?: boolean;
  }
  | {
    /** It calls `own` for what it changes. */
    readonly kind: "owning";
  }
  | {
    /** These steps, one after the other, are the same. */
    readonly kind: "parts";
    readonly steps: readonly Transformer[];
  };

/** Makes resources. */
export interface Generator {
  /** What asks for it in the kustomization file. */
  readonly place?: EntryPlace | undefined;
  /** Where its configuration stands, when it has a document of its own. */
  readonly provenance?: Provenance | undefined;
  /** Kind of the built-in generator, for annotations. */
  readonly kind: string;
  /** What it notes in annotations, when it comes from a file of its own. */
  readonly origin?: Origin | undefined;
  /** Does it. */
  run(): readonly Resource[];
}
