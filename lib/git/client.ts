/**
 * The face of a git remote.
 *
 * @module
 */
import type { Budget, FileTree, Result } from "../base/mod.ts";
import type { ProxyOptions } from "../http/mod.ts";
import type { NewObject } from "./new_commit.ts";

/** Who to log in as. */
export interface Credentials {
  /** User name of basic authentication. */
  readonly username?: string;
  /** Password or token of basic authentication. */
  readonly password?: string;
  /** Goes before user name and password. */
  readonly bearerToken?: string;
  /** Authorities trusted besides the system's, PEM. */
  readonly caCert?: string;
  /** Our own certificate, PEM. */
  readonly clientCert?: string;
  /** The key of `clientCert`, PEM. */
  readonly clientKey?: string;
  /** Private key for SSH, PEM. */
  readonly identity?: string;
  /** Opens `identity`. */
  readonly passphrase?: string;
  /** Keys that SSH servers may show, as lines of a `known_hosts` file. */
  readonly knownHosts?: string;
  /** Who connects for us; over ssh `socks5:` alone. */
  readonly proxy?: ProxyOptions;
  /**
   * Names whose login it is, where its words change by the hour: what one of them has fetched, the next may build
   * on. Without it every other login begins anew.
   */
  readonly holder?: string;
}

/** Which commit is wanted: `spec.ref` of a GitRepository. Commit beats name, tag, semver, branch. */
export interface RefSpec {
  /** Branch; `master` when nothing is given. */
  readonly branch?: string;
  /** Tag; the commit it leads to when annotated. */
  readonly tag?: string;
  /** Range of versions; the caller hands in who picks the tag. */
  readonly semver?: string;
  /** Full reference name: `refs/pull/1/head`. */
  readonly name?: string;
  /** Commit id, 40 hex digits; `branch` only names the revision then. */
  readonly commit?: string;
  /** Whatever `git fetch` takes: a commit, `HEAD`, a tag, a branch, in this order; goes before the others. */
  readonly any?: string;
}

/** Where a reference points now. */
export interface RemoteRef {
  /** `main@sha1:hex`, as status and artifacts show it. */
  readonly revision: string;
  /** The commit's id, hex. */
  readonly commit: string;
  /** Full reference name; empty when only a commit was given. */
  readonly ref: string;
  /** Id of the annotated tag that led to the commit. */
  readonly tagObject?: string;
}

/** Who did something, and when. */
export interface Signature {
  /** Name as the commit has it. */
  readonly name: string;
  /** Address as the commit has it. */
  readonly email: string;
  /** Seconds since 1970 UTC. */
  readonly timeSeconds: number;
  /** Offset from UTC: `+0200`. */
  readonly zone: string;
}

/** A commit and its files. */
export interface Commit extends RemoteRef {
  /** The files; content is read out of the pack when asked for. */
  readonly tree: FileTree;
  /** Ids of the commits before it. */
  readonly parents: readonly string[];
  /** Full message. */
  readonly message: string;
  /** Who wrote the change. */
  readonly author: Signature;
  /** Who made the commit. */
  readonly committer: Signature;
  /** The commit object's bytes, for signatures. */
  readonly raw: Uint8Array;
  /** The tag object's bytes, when an annotated tag led here. */
  readonly rawTag?: Uint8Array;
}

/** Commits that lead from one to another. */
export interface CommitRange {
  /** Id of the commit before the first; it and all behind it are left out. */
  readonly from: string;
  /** Id of the last commit. */
  readonly to: string;
  /** Of a merge only the branch it was made on. */
  readonly firstParentOnly: boolean;
}

/** A commit of a history. */
export interface HistoryCommit {
  /** Its id, hex. */
  readonly id: string;
  /** Ids of the commits before it. */
  readonly parents: readonly string[];
  /** Who wrote the change. */
  readonly author: Signature;
  /** The commit object's bytes, for signatures. */
  readonly raw: Uint8Array;
}

/** A commit that is to be made. */
export interface CommitDraft {
  /** Id of the commit it stands on. */
  readonly parent: string;
  /** New contents of files that are there already, by path; all else stays. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Who wrote the change, and made the commit. */
  readonly author: Signature;
  /** Full message. */
  readonly message: string;
  /** Signs the commit's bytes, with an armoured signature. */
  readonly sign?: (content: Uint8Array) => Promise<Result<string>>;
}

/** A commit that only we have. */
export interface NewCommit {
  /** Its id, hex. */
  readonly id: string;
  /** Id of the commit it stands on. */
  readonly parent: string;
  /** The commit, its folders and files, as far as they are new. */
  readonly objects: readonly NewObject[];
}

/** Where a commit is to go. */
export interface Push {
  /** Full name of the ref. */
  readonly ref: string;
  /** What it is to lead to. */
  readonly commit: NewCommit;
  /** Whether the ref may be moved from the commit it leads to now; nothing when there is no such ref. */
  readonly mayReplace: (current: string | undefined) => boolean;
  /** git's push options; a value may be empty. */
  readonly options?: ReadonlyMap<string, string>;
}

/**
 * Names of what can go wrong. Messages have Flux's words without its prefixes, which the caller adds:
 * all but `EmptyRepository` follow `failed to checkout and determine revision: `, and all but
 * `UnresolvedRef` and `UnknownCommit` then `unable to clone '<url>': `.
 */
export type GitCode =
  | "InvalidUrl"
  | "InvalidRef"
  | "Unsupported"
  | "Unauthorized"
  | "Forbidden"
  | "RepositoryNotFound"
  | "RefNotFound"
  | "UnresolvedRef"
  | "UnknownCommit"
  | "EmptyRepository"
  | "Submodule"
  | "RefMoved"
  | "PushRejected"
  | "Unreachable"
  | "NotPermitted"
  | "HostKeyRejected"
  | "WeakKey"
  | "InvalidCredentials"
  | "InvalidKnownHosts"
  | "Timeout"
  | "TooLarge"
  | "UnexpectedStatus"
  | "InvalidData";

/** Git remotes; nothing is written to disk. */
export interface GitClient {
  /** Finds the commit that `ref` names now. */
  listRef(
    url: string,
    ref: RefSpec,
    login: Credentials | undefined,
    budget: Budget,
  ): Promise<Result<RemoteRef>>;
  /** Fetches the commit that `listRef` found, without its history. */
  fetchTree(
    url: string,
    ref: RemoteRef,
    login: Credentials | undefined,
    budget: Budget,
  ): Promise<Result<Commit>>;
  /** Fetches the commits of a range without their files, newest first. */
  fetchHistory(
    url: string,
    range: CommitRange,
    login: Credentials | undefined,
    budget: Budget,
  ): Promise<Result<readonly HistoryCommit[]>>;
}

/** Git remotes that take commits of ours. */
export interface GitWriter {
  /** Makes a commit, without sending any of it; fetches the commit it stands on when that is not here. */
  makeCommit(
    url: string,
    draft: CommitDraft,
    login: Credentials | undefined,
    budget: Budget,
  ): Promise<Result<NewCommit>>;
  /**
   * Moves one ref to a commit of ours. `RefMoved`: it is not where it may be; `PushRejected`: the server
   * refused. A push whose answer was lost is looked for at the server.
   */
  push(
    url: string,
    push: Push,
    login: Credentials | undefined,
    budget: Budget,
  ): Promise<Result<void>>;
}
