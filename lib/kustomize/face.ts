/**
 * What goes into a build and what comes out of it.
 *
 * @module
 */
import type { Budget, FileTree, Result } from "../base/mod.ts";
import type { BuiltResource } from "./built.ts";

/** A remote base or file that the caller fetched. */
export interface RemoteTree {
  /** What was fetched. */
  readonly tree: FileTree;
  /** The folder to build, or the file to read, inside of it. */
  readonly path: string;
  /** True when the address is that of a single file, which kustomize takes for resources, patches and the like. */
  readonly isFile?: boolean;
}

/** What builds leave behind for later ones; opened by its owner, who hands it to every build that may share work. */
export interface BuildCache {
  /** Bytes that it holds, by estimate. */
  readonly usedBytes: number;
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
  /**
   * Records for every resource the file and line that it came from, and which transformers changed it; `origins`
   * leaves the transformers out, and costs nothing.
   */
  readonly provenance?: boolean | "origins";
  /** Where to look for what earlier builds made, and to leave what this one makes. The result is the same without. */
  readonly cache?: BuildCache;
  /** How a path of the tree is shown to people in messages. Default: as it is. */
  readonly showPath?: (path: string) => string;
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
