/**
 * GitRepository: a git repository to follow.
 *
 * @module
 */
import { flag, type Infer, list, object, oneOf, optional, text } from "../../lib/schema/mod.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { commonConditions, commonReasons, statusFields } from "../meta/condition.ts";
import { interval, timeout } from "../meta/interval.ts";
import { kind, NO_SUBSTITUTION, ONLY_V1 } from "../meta/kind.ts";
import { localReference } from "../meta/reference.ts";
import { Artifact } from "./artifact.ts";

/** Which commit to follow. */
export const GitReference = object(
  "Which commit to follow; branch `master` when empty. `commit` goes before `name`, that before `tag`, `semver`, `branch`.",
  {
    branch: optional(text("Branch to follow.")),
    tag: optional(text("Tag to take.")),
    semver: optional(text("Range of versions; the highest tag in it is taken.")),
    name: optional(text("Full name of a reference, such as `refs/pull/420/head`.")),
    commit: optional(
      text("Hash of the commit to take. With `branch` only that branch is fetched."),
    ),
  },
);
/** Which commit to follow. */
export type GitReference = Infer<typeof GitReference>;

/** Another repository whose files are put into this one's artifact. */
export const GitInclude = object(
  "Another GitRepository whose artifact is copied into this one's.",
  {
    repository: localReference("The GitRepository to copy from, in the same namespace."),
    fromPath: optional(text("Folder to copy; everything when absent.")),
    toPath: optional(text("Folder to copy to; named after the repository when absent.")),
  },
);
/** Another repository whose files are put into this one's artifact. */
export type GitInclude = Infer<typeof GitInclude>;

/** Which signatures must be good. */
export const GitVerification = object("Which signatures must be good before anything is served.", {
  mode: oneOf(
    "What must be signed: the commit (`HEAD`; `head` is the same), the tag, or both.",
    ["head", "HEAD", "Tag", "TagAndHEAD"],
    { default: "HEAD" },
  ),
  secretRef: localReference(
    "Secret with the trusted public keys: SSH keys under names that end in `.sshpub`, PGP keys under names that end in `.asc`.",
  ),
});
/** Which signatures must be good. */
export type GitVerification = Infer<typeof GitVerification>;

/** What to follow, and how. */
export const GitRepositorySpec = object(
  "What to follow, and how.",
  {
    url: text("Address of the repository: `https://`, `http://` or `ssh://`.", {
      pattern: "^(http|https|ssh)://.*$",
      hint: "an address that starts with https://, http:// or ssh://",
    }),
    interval: interval("How often to look for a new commit, give or take the jitter."),
    timeout: timeout("How long fetching may take.", { default: "60s" }),
    ref: optional(GitReference),
    secretRef: optional(localReference(
      "Secret with credentials: `username` and `password`, or `bearerToken`, for HTTP (and `ca.crt`); `identity` and `known_hosts` for SSH.",
    )),
    provider: optional(oneOf(
      "Whose way of logging in to use; `generic` when absent.",
      ["generic", "aws", "azure", "github"],
    )),
    serviceAccountName: optional(
      text("ServiceAccount to log in with, for the providers `azure` and `aws`."),
    ),
    proxySecretRef: optional(
      localReference("Secret with the proxy's `address`, `username` and `password`."),
    ),
    ignore: optional(
      text(
        "Patterns of files to leave out, as in `.gitignore`; added to those of `.sourceignore`.",
      ),
    ),
    include: optional(
      list("Other repositories whose files are put into this one's artifact.", GitInclude),
    ),
    recurseSubmodules: optional(flag("Fetch submodules too.")),
    sparseCheckout: optional(
      list("Folders to keep; everything when absent.", text("Path of a folder.")),
    ),
    verify: optional(GitVerification),
    suspend: optional(flag("Stop looking for new commits. What is served stays served.")),
  },
  [{
    rule:
      "!has(self.serviceAccountName) || (has(self.provider) && (self.provider == 'azure' || self.provider == 'aws'))",
    message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
  }],
);
/** What to follow, and how. */
export type GitRepositorySpec = Infer<typeof GitRepositorySpec>;

/** What is served, and what it was made with. */
export const GitRepositoryStatus = object("What is served, and what it was made with.", {
  ...statusFields,
  artifact: optional(Artifact),
  includedArtifacts: optional(
    list("Artifacts that were copied in, in the order of `spec.include`.", Artifact),
  ),
  observedIgnore: optional(text("`spec.ignore` that the artifact was made with.")),
  observedInclude: optional(list("`spec.include` that the artifact was made with.", GitInclude)),
  observedRecurseSubmodules: optional(
    flag("`spec.recurseSubmodules` that the artifact was made with."),
  ),
  observedSparseCheckout: optional(
    list("`spec.sparseCheckout` that the artifact was made with.", text("Path of a folder.")),
  ),
  sourceVerificationMode: optional(text("What was verified: `HEAD`, `Tag` or `TagAndHEAD`.")),
});
/** What is served, and what it was made with. */
export type GitRepositoryStatus = Infer<typeof GitRepositoryStatus>;

/** Condition types of a GitRepository. */
export const GitRepositoryCondition = {
  ...commonConditions,
  ArtifactInStorage: "The artifact of the wanted revision is served.",
  ArtifactOutdated: "A newer revision is known than the one that is served.",
  SourceVerified: "The signatures that `spec.verify` asks for are good. Absent without it.",
  FetchFailed: "The repository cannot be fetched.",
  IncludeUnavailable: "A repository of `spec.include` is missing or has no artifact yet.",
  StorageOperationFailed: "The artifact cannot be written or read.",
} as const;
/** Condition types of a GitRepository. */
export type GitRepositoryCondition = keyof typeof GitRepositoryCondition;

/** Reasons of a GitRepository's conditions. */
export const GitRepositoryReason = {
  ...commonReasons,
  NewRevision: "The repository has a new commit, or the spec asks for a new artifact.",
  IncludeChange: "`spec.include` or what it names has changed.",
  AuthenticationFailed: "The Secret is missing or its keys cannot be used.",
  URLInvalid: "`spec.url` is no address that can be followed.",
  GitOperationFailed: "The remote refused, is not reachable, or has no such reference.",
  EmptyGitRepository: "The repository has no commit.",
  FeatureGateDisabled: "`spec.serviceAccountName` needs the gate ObjectLevelWorkloadIdentity.",
  InvalidProviderConfiguration: "`spec.provider` and the Secret do not fit together.",
  Failed: "Something failed that has no reason of its own.",
  DirectoryCreationFailed: "The folder of the artifact cannot be made.",
  StatOperationFailed: "A file of the storage cannot be looked at.",
  InvalidPath: "A path is not one that can be served.",
  ArchiveOperationFailed: "The archive cannot be written.",
  AcquireLockFailed: "Someone else is writing the same artifact.",
  IllegalPath: "`spec.include` names a path outside of the tree.",
  CopyFailure: "The files of an included repository cannot be copied.",
  NotFound: "A repository of `spec.include` does not exist.",
  NoArtifact: "A repository of `spec.include` has no artifact yet.",
  VerificationError: "The trusted keys cannot be read.",
  InvalidVerificationMode: "`spec.verify.mode` asks for a tag, `spec.ref` names none.",
  InvalidGitObject: "The commit or tag has no signature.",
  InvalidTagSignature: "The tag's signature is not by a trusted key.",
  InvalidCommitSignature: "The commit's signature is not by a trusted key.",
} as const;
/** Reasons of a GitRepository's conditions. */
export type GitRepositoryReason = keyof typeof GitRepositoryReason;

/** A git repository to follow. */
export const GitRepository = kind({
  group: "source.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "GitRepository",
  plural: "gitrepositories",
  shortNames: ["gitrepo"],
  categories: ["all", "fluxcd", "fluxcd-sources"],
  component: "source-controller",
  annotations: NO_SUBSTITUTION,
  description: "A git repository to follow: each new commit becomes an artifact.",
  columns: [
    { name: "URL", type: "string", jsonPath: ".spec.url" },
    AGE_COLUMN,
    ...READY_COLUMNS,
  ],
  spec: GitRepositorySpec,
  status: GitRepositoryStatus,
  conditions: GitRepositoryCondition,
  reasons: GitRepositoryReason,
});
/** A git repository to follow. */
export type GitRepository = Infer<typeof GitRepository>;
