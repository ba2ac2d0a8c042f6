/**
 * ImageUpdateAutomation: writes the latest images into a git repository.
 *
 * @module
 */
import {
  flag,
  type Infer,
  mapOf,
  object,
  oneOf,
  optional,
  text,
  textMap,
} from "../../lib/schema/mod.ts";
import { commonConditions, commonReasons, statusFields } from "../meta/condition.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { interval } from "../meta/interval.ts";
import { kind, NO_SUBSTITUTION, ONLY_V1 } from "../meta/kind.ts";
import { labelSelector } from "../meta/label_selector.ts";
import { localReference } from "../meta/reference.ts";
import { GitReference } from "../source/git_repository.ts";
import { ImageReference } from "./image_policy.ts";

/** What a commit looks like. */
export const AutomationCommit = object("What a commit looks like.", {
  author: object("Who is named as author and committer.", {
    email: text("Address."),
    name: optional(text("Name.")),
  }),
  messageTemplate: optional(
    text(
      "Message, as a Go template over `.AutomationObject`, `.Changed` and `.Values`; `Update from image update automation` when absent.",
    ),
  ),
  messageTemplateValues: optional(textMap("What the template finds in `.Values`.")),
  signingKey: optional(object("Signs the commits.", {
    secretRef: localReference(
      "Secret with the key: `git.asc` and `passphrase` for `gpg`, `identity` and `password` for `ssh`.",
    ),
    type: optional(oneOf("Kind of key; `gpg` when absent.", ["gpg", "ssh"])),
  })),
});
/** What a commit looks like. */
export type AutomationCommit = Infer<typeof AutomationCommit>;

/** Where commits go. */
export const AutomationPush = object(
  "Where commits go; to the branch that was checked out when absent.",
  {
    branch: optional(text("Branch to push to; made when it is not there.")),
    refspec: optional(text("What else to push, as `git push` takes it: `main:refs/for/main`.")),
    options: optional(textMap("Push options.")),
  },
);
/** Where commits go. */
export type AutomationPush = Infer<typeof AutomationPush>;

/** How git is used. */
export const AutomationGit = object("How git is used.", {
  commit: AutomationCommit,
  checkout: optional(object("Which commit to start from.", {
    ref: GitReference,
  })),
  push: optional(AutomationPush),
});
/** How git is used. */
export type AutomationGit = Infer<typeof AutomationGit>;

/** What is to be written where. */
export const ImageUpdateAutomationSpec = object("What is to be written where.", {
  sourceRef: object("The GitRepository to write to.", {
    apiVersion: optional(text("API version of the source.")),
    kind: oneOf("Kind of the source.", ["GitRepository"], {
      default: "GitRepository",
      isRequired: true,
    }),
    name: text("Name of the source."),
    namespace: optional(text("Namespace of the source; its own when absent.")),
  }),
  git: optional(AutomationGit),
  interval: interval("How often to look, besides when a policy has chosen another tag."),
  policySelector: optional(
    labelSelector("Policies of this namespace whose choices are written; all when absent."),
  ),
  update: object(
    "How files are changed.",
    {
      strategy: oneOf("`Setters`: values that are marked by a comment.", ["Setters"], {
        default: "Setters",
      }),
      path: optional(
        text("Folder below which files are changed; the whole repository when absent."),
      ),
    },
    [],
    { default: { strategy: "Setters" } },
  ),
  suspend: optional(flag("Stop writing.")),
});
/** What is to be written where. */
export type ImageUpdateAutomationSpec = Infer<typeof ImageUpdateAutomationSpec>;

/** What was written. */
export const ImageUpdateAutomationStatus = object("What was written.", {
  ...statusFields,
  lastAutomationRunTime: optional(text("When it last looked.", { format: "date-time" })),
  lastPushCommit: optional(text("The last commit that was pushed.")),
  lastPushTime: optional(text("When it was pushed.", { format: "date-time" })),
  observedPolicies: optional(
    mapOf("What the policies had chosen at the last run, by their names.", ImageReference),
  ),
  observedSourceRevision: optional(text("The revision that the last run left or found.")),
});
/** What was written. */
export type ImageUpdateAutomationStatus = Infer<typeof ImageUpdateAutomationStatus>;

/** Condition types of an ImageUpdateAutomation. */
export const ImageUpdateAutomationCondition = { ...commonConditions } as const;
/** Condition types of an ImageUpdateAutomation. */
export type ImageUpdateAutomationCondition = keyof typeof ImageUpdateAutomationCondition;

/** Reasons of an ImageUpdateAutomation's conditions. */
export const ImageUpdateAutomationReason = {
  ...commonReasons,
  AccessDenied: "The GitRepository is in another namespace, which is not allowed here.",
  InvalidSourceConfiguration: "`spec.sourceRef` is no GitRepository, or `spec.git` is missing.",
  SourceManagerFailed:
    "The GitRepository, its Secret or the signing key cannot be used, or no branch is given.",
  GitOperationFailed: "The remote refused, is not reachable, or has no such reference.",
  UpdateFailed: "The files cannot be changed.",
  InvalidUpdateStrategy: "`spec.update.strategy` is not known.",
  InvalidPolicySelector: "`spec.policySelector` cannot be used.",
  RemovedTemplateField:
    "The template uses a field that is no more: `.Updated`, `.Changed.ImageResult`.",
  InvalidAnnotation: "An annotation of Sluice has a value that it does not know.",
  Locked: "`sluice.dev/lock` says who wants nothing to be written, and why.",
} as const;
/** Reasons of an ImageUpdateAutomation's conditions. */
export type ImageUpdateAutomationReason = keyof typeof ImageUpdateAutomationReason;

/** Writes the latest images into a git repository. */
export const ImageUpdateAutomation = kind({
  group: "image.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "ImageUpdateAutomation",
  plural: "imageupdateautomations",
  shortNames: ["iua", "imgupd", "imgauto"],
  categories: ["all", "fluxcd", "fluxcd-images"],
  component: "image-automation-controller",
  annotations: NO_SUBSTITUTION,
  description: "Writes the images that policies have chosen into a git repository.",
  columns: [
    ...READY_COLUMNS,
    { name: "Last run", type: "string", jsonPath: ".status.lastAutomationRunTime", priority: 1 },
    AGE_COLUMN,
  ],
  spec: ImageUpdateAutomationSpec,
  status: ImageUpdateAutomationStatus,
  conditions: ImageUpdateAutomationCondition,
  reasons: ImageUpdateAutomationReason,
});
/** Writes the latest images into a git repository. */
export type ImageUpdateAutomation = Infer<typeof ImageUpdateAutomation>;
