/**
 * What every step of a build works with.
 *
 * @module
 */
import type { Meter } from "../base/mod.ts";
import type { Keeper } from "./cache.ts";
import type { BuildOptions } from "./face.ts";
import type { Loader } from "./loader.ts";
import type { MergeSchemas } from "./merge/schema.ts";

/** One build. */
export interface BuildContext {
  /** What the caller asked for. */
  readonly options: BuildOptions;
  /** Counts what is spent. */
  readonly meter: Meter;
  /** Reads files. */
  readonly loader: Loader;
  /** Finds and keeps what steps make; absent in a build without a cache. */
  keeper: Keeper | undefined;
  /** Which lists merge by key. */
  schemas: MergeSchemas;
  /** Tells {@linkcode schemas} from others; empty for the built-in ones. */
  schemasKey: string;
  /** True once a kustomization has named the schemas to use. */
  hasOwnSchemas: boolean;
  /** True once a resource was loaded for which the built-in schemas had to be read: one of no built-in kind. */
  hasLoadedResources: boolean;
  /** The kustomization file that is worked on, as people are shown it. */
  file: string;
  /** True when origins and transformations are recorded for the annotations. */
  tracksOrigin: boolean;
  /** What to tell the user besides the result. */
  readonly warnings: string[];
}
