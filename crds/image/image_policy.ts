/**
 * ImagePolicy: which tag of an image repository is the latest.
 *
 * @module
 */
import { flag, type Infer, object, oneOf, optional, text } from "../../lib/schema/mod.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { commonConditions, commonReasons, statusFields } from "../meta/condition.ts";
import { interval } from "../meta/interval.ts";
import { kind, ONLY_V1 } from "../meta/kind.ts";
import { namespacedReference } from "../meta/reference.ts";

/** How tags are compared. */
export const ImagePolicyChoice = object("How tags are compared: exactly one of these.", {
  semver: optional(object("As versions; the highest in the range is the latest.", {
    range: text("Range of versions, such as `>=1.0.0 <2.0.0`."),
  })),
  alphabetical: optional(object("As texts.", {
    order: oneOf("`asc` takes the last in the alphabet, `desc` the first.", ["asc", "desc"], {
      default: "asc",
    }),
  })),
  numerical: optional(object("As numbers.", {
    order: oneOf("`asc` takes the greatest, `desc` the smallest.", ["asc", "desc"], {
      default: "asc",
    }),
  })),
});
/** How tags are compared. */
export type ImagePolicyChoice = Infer<typeof ImagePolicyChoice>;

/** Which tags count. */
export const TagFilter = object("Which tags count, and which part of them.", {
  pattern: optional(text("Regular expression (RE2) that a tag must match somewhere.")),
  extract: optional(
    text("What to compare instead of the tag, made of groups of the pattern: `$1`, `$name`."),
  ),
});
/** Which tags count. */
export type TagFilter = Infer<typeof TagFilter>;

/** Which tag is wanted. */
export const ImagePolicySpec = object(
  "Which tag is wanted.",
  {
    imageRepositoryRef: namespacedReference(
      "The ImageRepository whose tags are looked at. One in another namespace must let this one in by `accessFrom`.",
    ),
    policy: ImagePolicyChoice,
    filterTags: optional(TagFilter),
    digestReflectionPolicy: oneOf(
      "Whether `status.latestRef` gets the image's digest: `Never`; `IfNotPresent` when the tag is chosen; `Always` at each interval.",
      ["Always", "IfNotPresent", "Never"],
      { default: "Never" },
    ),
    interval: optional(
      interval("How often to ask for the digest; with `digestReflectionPolicy: Always` only."),
    ),
    suspend: optional(flag("Stop choosing tags.")),
  },
  [
    {
      rule:
        "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
      message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
    },
    {
      rule:
        "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
      message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
    },
  ],
);
/** Which tag is wanted. */
export type ImagePolicySpec = Infer<typeof ImagePolicySpec>;

/** An image and a tag. */
export const ImageReference = object("An image and a tag.", {
  name: text("The image as the ImageRepository has it in `spec.image`."),
  tag: text("The tag."),
  digest: optional(text("Digest that the tag stood for.")),
});
/** An image and a tag. */
export type ImageReference = Infer<typeof ImageReference>;

/** Which tag is the latest. */
export const ImagePolicyStatus = object("Which tag is the latest.", {
  ...statusFields,
  latestRef: optional(ImageReference),
  observedPreviousRef: optional(ImageReference),
});
/** Which tag is the latest. */
export type ImagePolicyStatus = Infer<typeof ImagePolicyStatus>;

/** Condition types of an ImagePolicy. */
export const ImagePolicyCondition = { ...commonConditions } as const;
/** Condition types of an ImagePolicy. */
export type ImagePolicyCondition = keyof typeof ImagePolicyCondition;

/** Reasons of an ImagePolicy's conditions. */
export const ImagePolicyReason = {
  ...commonReasons,
  DependencyNotReady: "The ImageRepository is missing or has no tags yet.",
  AccessDenied: "The ImageRepository does not let this namespace in.",
  InvalidPolicy: "`spec.policy` or `spec.filterTags` cannot be used.",
  ImageURLInvalid: "The ImageRepository's `spec.image` is no name of an image.",
  IntervalNotConfigured: "`digestReflectionPolicy: Always` needs `spec.interval`.",
  Locked: "`sluice.dev/lock` says who wants nothing to be chosen, and why.",
  Failure: "No tag fits, or something failed that has no reason of its own.",
} as const;
/** Reasons of an ImagePolicy's conditions. */
export type ImagePolicyReason = keyof typeof ImagePolicyReason;

/** Which tag of an image repository is the latest. */
export const ImagePolicy = kind({
  group: "image.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "ImagePolicy",
  plural: "imagepolicies",
  shortNames: ["imgpol", "imagepol"],
  categories: ["all", "fluxcd", "fluxcd-images"],
  component: "image-reflector-controller",
  annotations: {},
  description: "Says which tag of an image repository is the latest.",
  columns: [
    { name: "Image", type: "string", jsonPath: ".status.latestRef.name" },
    { name: "Tag", type: "string", jsonPath: ".status.latestRef.tag" },
    ...READY_COLUMNS,
    AGE_COLUMN,
  ],
  spec: ImagePolicySpec,
  status: ImagePolicyStatus,
  conditions: ImagePolicyCondition,
  reasons: ImagePolicyReason,
});
/** Which tag of an image repository is the latest. */
export type ImagePolicy = Infer<typeof ImagePolicy>;
