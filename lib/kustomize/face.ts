/**
 * What goes into a build and what comes out of it.
 *
 * @module
 */
import type { Budget, FileTree, Result } from "../base/mod.ts";
import type { MapNode } from "../yaml/mod.ts";

/** A remote base or file that the caller fetched. */
export interface RemoteTree {
  /** What was fetched. */
  readonly tree: FileTree;
  /** The folder to build, or the file to read, inside of it. */
  readonly path: string;
  /** True when the address is that of a single file, which kustomize takes for resources, patches and the like. */
  readonly isFile?: boolean;
}

/** How to build; only `budget` must be given. */
export interface BuildOptions {
  /** What the build may spend. */
  readonly budget: Budget;
  /** Whether files must lie under the folder that names them. Default: `rootOnly`. */
  readonly loadRestrictions?: "rootOnly" | "none";
  /**
   * Order of the output: as listed (`none`, the default), namespaces first (`legacy`), or what `kustomize build`
   * without a flag does (`unspecified`: `sortOptions`, else legacy).
   */
  readonly reorder?: "none" | "legacy" | "unspecified";
  /**
   * Hands over a remote base or file that is already fetched: the engine is synchronous, so an asynchronous caller
   * answers with a failure, notes the address, fetches it, and builds again. It is asked once for each address.
   * Absent: remote entries are refused by name.
   */
  readonly fetchRemote?: (address: string) => Result<RemoteTree>;
  /** Adds the label `app.kubernetes.io/managed-by`. */
  readonly addManagedByLabel?: boolean;
  /** Records for every resource the file and line that it came from, and which transformers changed it. */
  readonly provenance?: boolean;
  /** How a path of the tree is shown to people in messages. Default: as it is. */
  readonly showPath?: (path: string) => string;
}

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
  /** The whole object; the caller may change it. */
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
  /** What changed it since, in order; only with {@linkcode BuildOptions.provenance}. */
  readonly changedBy?: readonly Change[];
}

/** What a folder builds to. */
export interface Build {
  /** The objects, in the order of the output. */
  readonly resources: readonly BuiltResource[];
  /**
   * Every path that the build looked at, those where nothing was included: as long as all of them have the same
   * content (or are still absent), the build gives the same result.
   */
  readonly filesRead: ReadonlySet<string>;
  /** What the tool would print as warnings: deprecated fields, mostly. */
  readonly warnings: readonly string[];
  /** The bytes that `kustomize build` prints. */
  toYaml(): string;
}
