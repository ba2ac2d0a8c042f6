/**
 * What a source hands to those who build from it.
 *
 * @module
 */
import type { FileTree, Result } from "../base/mod.ts";
import type { Skip } from "../tar/mod.ts";

/** `status.artifact` of every source kind. */
export interface Artifact {
  /** Path below the storage root: `gitrepository/<namespace>/<name>/<hex>.tar.gz`. */
  readonly path: string;
  /** Where it is served. */
  readonly url: string;
  /** `main@sha1:hex`. */
  readonly revision: string;
  /** `sha256:hex` of the file. */
  readonly digest: string;
  /** Bytes of the file. */
  readonly size?: number;
  /** RFC 3339, when the file was written. */
  readonly lastUpdateTime: string;
  /** Annotations of an OCI manifest. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The object that an artifact belongs to. */
export interface Owner {
  /** Kind as in the API: `GitRepository`. */
  readonly kind: string;
  /** Its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
}

/** What is published. */
export interface Content {
  /** `main@sha1:hex`; its last part names the file. */
  readonly revision: string;
  /** The files. */
  readonly tree: FileTree;
  /** Leaves files and folders out: `.sourceignore`. */
  readonly skip?: Skip;
  /** Kept in the artifact as it is. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The files below `--storage-path`; it alone writes there. */
export interface ArtifactStore {
  /** Archives the tree and writes it; the same revision and files give the same digest. */
  publish(owner: Owner, content: Content): Promise<Result<Artifact>>;
  /**
   * The artifact with its current address, if its file is there and its digest right; else a failure
   * `NotFound` or `DigestMismatch`. A damaged file stays until it is published anew or collected.
   */
  verify(artifact: Artifact): Promise<Result<Artifact>>;
  /**
   * Removes files that are old or too many, never the one of `current`, and what broken writes left; gives back
   * what went. Not while something is published for the same owner.
   */
  collectGarbage(owner: Owner, current: Artifact | undefined): Promise<Result<readonly string[]>>;
  /** Removes everything of the owner. */
  remove(owner: Owner): Promise<Result<readonly string[]>>;
}
