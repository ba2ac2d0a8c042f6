/**
 * What the image reflector needs from outside; built in `main.ts`, faked in tests.
 *
 * @module
 */
import type { ImagePolicySpec, ImageRepository } from "../../crds/mod.ts";
import type { Budget, Result } from "../../lib/base/mod.ts";
import type { BuildDates } from "../../lib/delivery/mod.ts";
import type { ObjectRef } from "../../lib/kube/mod.ts";
import type { ImageAccess, ImageReader, TagList } from "../../lib/oci/mod.ts";
import type { Run } from "../../lib/runtime/mod.ts";

/** Tags by ImageRepository; kept in memory as far as there is room, filled again by the first scan after a start. */
export interface TagStore {
  /** The tags that the last scan of `image` found, in descending order; nothing before the first. */
  read(repository: RepositoryName, image: string): readonly string[] | undefined;
  /** Puts the tags of a scan of `image` in place of those before, with the list that they are of. */
  write(repository: RepositoryName, image: string, scanned: ScannedTags): void;
  /** The registry's own list of the last scan of `image`; without it a registry sends it again. */
  lastList(repository: RepositoryName, image: string): TagList | undefined;
  /** Whether tags of a scan are gone since there was no room for all. */
  hasLetGo(repository: RepositoryName): boolean;
  /** Forgets a repository. */
  remove(repository: RepositoryName): void;
}

/** What a scan found. */
export interface ScannedTags {
  /** Those that count, in descending order. */
  readonly tags: readonly string[];
  /** What the registry listed. */
  readonly list?: TagList;
}

/** Names an ImageRepository, or a policy. */
export interface RepositoryName {
  readonly namespace: string;
  readonly name: string;
}

/** What knows registries and versions. */
export interface ReflectorEngines {
  /** The image with everything spelled out; a failure when `image` is no name of one. */
  canonicalName(image: string): Result<string>;
  /** How to get at the image: with the certificates, the proxy and the login that `repository` names. */
  readAccess(repository: ImageRepository): Promise<Result<ImageAccess>>;
  /** Asks the registry, which need not send again what is as in `before`. */
  listTags(
    access: ImageAccess,
    budget: Budget,
    before: TagList | undefined,
  ): Promise<Result<TagList>>;
  /** For many questions about one image's tags. */
  openReader(access: ImageAccess, budget: Budget): Promise<Result<ImageReader>>;
  /** Chooses; code `InvalidPolicy` when no list of tags could ever do. */
  chooseTag(
    spec: ImagePolicySpec,
    tags: readonly string[],
    budget: Budget,
  ): Promise<Result<string>>;
}

/** What outlives a run. */
export interface ReflectorParts extends ReflectorEngines {
  /** Tags of earlier scans. */
  readonly tags: TagStore;
  /** When images were made, of all runs there ever were. */
  readonly dates: BuildDates;
  /** How far orders by build date have come that need several runs. */
  readonly unfinished: UnfinishedOrders;
  /** The ImageRepository, from the local copy where it has it; code `NotFound` in Flux's words. */
  readRepository(ref: ObjectRef & RepositoryName): Promise<Result<ImageRepository>>;
  /** Has a repository scanned whose tags are gone, and its policies run then. */
  scanAgain(repository: RepositoryName): void;
  /** Labels of a namespace. */
  readNamespaceLabels(name: string): Promise<Result<Readonly<Record<string, string>>>>;
  /** Limits of one run, ended by `signal`. */
  budget(signal: AbortSignal): Budget;
  /** `--no-cross-namespace-refs`. */
  readonly noCrossNamespaceRefs: boolean;
}

/** Digests by tag that a policy's earlier runs have asked for, of the list of tags it still orders. */
export interface UnfinishedOrders {
  /** Those of `policy` for the list with that revision; a list that is another begins anew. */
  digestsOf(policy: RepositoryName, revision: string): Map<string, string>;
  /** Forgets them: the order came to an end. */
  finish(policy: RepositoryName): void;
}

/** Everything a reconcile function may touch. */
export type ReflectorContext<Status> = ReflectorParts & Run<Status>;
