/**
 * ImageRepository: a repository of container images whose tags are listed.
 *
 * @module
 */
import {
  flag,
  type Infer,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
} from "../../lib/schema/mod.ts";
import { AccessFrom } from "../meta/access.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { commonConditions, commonReasons, statusFields } from "../meta/condition.ts";
import { interval, time, timeout } from "../meta/interval.ts";
import { kind, ONLY_V1 } from "../meta/kind.ts";
import { localReference } from "../meta/reference.ts";

/** Which repository to scan, and how. */
export const ImageRepositorySpec = object("Which repository to scan, and how.", {
  image: text("Name of the image, without scheme and tag, such as `ghcr.io/org/app`."),
  interval: interval("How often to list the tags."),
  timeout: optional(timeout("How long listing may take; `interval` when absent.")),
  exclusionList: list(
    "Tags that match one of these are left out.",
    text("Regular expression (RE2); need not match as a whole."),
    { maxItems: 25, default: ["^.*\\.sig$"] },
  ),
  secretRef: optional(
    localReference("Secret of type `kubernetes.io/dockerconfigjson` with the login."),
  ),
  serviceAccountName: optional(
    text("ServiceAccount whose image pull secrets to log in with.", { maxLength: 253 }),
  ),
  provider: oneOf(
    "Whose way of logging in to use.",
    ["generic", "aws", "azure", "gcp"],
    { default: "generic" },
  ),
  certSecretRef: optional(
    localReference("Secret with `ca.crt`, or `tls.crt` and `tls.key`, for the registry."),
  ),
  proxySecretRef: optional(
    localReference("Secret with the proxy's `address`, `username` and `password`."),
  ),
  insecure: optional(flag("Allow HTTP without TLS.")),
  accessFrom: optional(AccessFrom),
  suspend: optional(flag("Stop listing tags.")),
});
/** Which repository to scan, and how. */
export type ImageRepositorySpec = Infer<typeof ImageRepositorySpec>;

/** What the last scan found. */
export const ScanResult = object("What the last scan found.", {
  tagCount: integer("How many tags there are, without those left out."),
  revision: optional(text("Changes exactly when the tags change.")),
  scanTime: optional(time("When it was.")),
  latestTags: optional(
    list("The first ten tags in descending alphabetical order.", text("A tag.")),
  ),
});
/** What the last scan found. */
export type ScanResult = Infer<typeof ScanResult>;

/** What was found. */
export const ImageRepositoryStatus = object("What was found.", {
  ...statusFields,
  canonicalImageName: optional(
    text("The image with everything spelled out: `index.docker.io/library/alpine` for `alpine`."),
  ),
  lastScanResult: optional(ScanResult),
  observedExclusionList: optional(
    list("`spec.exclusionList` of the last scan.", text("Regular expression.")),
  ),
});
/** What was found. */
export type ImageRepositoryStatus = Infer<typeof ImageRepositoryStatus>;

/** Condition types of an ImageRepository. */
export const ImageRepositoryCondition = { ...commonConditions } as const;
/** Condition types of an ImageRepository. */
export type ImageRepositoryCondition = keyof typeof ImageRepositoryCondition;

/** Reasons of an ImageRepository's conditions. */
export const ImageRepositoryReason = {
  ...commonReasons,
  AuthenticationFailed: "The Secret is missing or cannot be used.",
  ReadOperationFailed: "The registry refused, is not reachable, or has no such repository.",
  ImageURLInvalid: "`spec.image` is no name of an image.",
  Failure: "Something failed that has no reason of its own.",
} as const;
/** Reasons of an ImageRepository's conditions. */
export type ImageRepositoryReason = keyof typeof ImageRepositoryReason;

/** A repository of container images whose tags are listed. */
export const ImageRepository = kind({
  group: "image.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "ImageRepository",
  plural: "imagerepositories",
  shortNames: ["imgrepo", "imagerepo"],
  categories: ["all", "fluxcd", "fluxcd-images"],
  component: "image-reflector-controller",
  annotations: {},
  description: "A repository of container images whose tags are listed at an interval.",
  columns: [
    { name: "Image", type: "string", jsonPath: ".spec.image" },
    { name: "Tags", type: "string", jsonPath: ".status.lastScanResult.tagCount" },
    ...READY_COLUMNS,
    { name: "Last scan", type: "string", jsonPath: ".status.lastScanResult.scanTime", priority: 1 },
    AGE_COLUMN,
  ],
  spec: ImageRepositorySpec,
  status: ImageRepositoryStatus,
  conditions: ImageRepositoryCondition,
  reasons: ImageRepositoryReason,
});
/** A repository of container images whose tags are listed. */
export type ImageRepository = Infer<typeof ImageRepository>;
