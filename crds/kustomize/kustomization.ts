/**
 * Kustomization: manifests of a source to build and apply.
 *
 * @module
 */
import {
  flag,
  type Infer,
  list,
  object,
  oneOf,
  optional,
  text,
  textMap,
} from "../../lib/schema/mod.ts";
import { AGE_COLUMN, READY_COLUMNS } from "../meta/columns.ts";
import { commonConditions, commonReasons, statusFields } from "../meta/condition.ts";
import { interval } from "../meta/interval.ts";
import { Inventory, Snapshot } from "../meta/inventory.ts";
import { kind, NO_SUBSTITUTION, ONLY_V1 } from "../meta/kind.ts";
import { kindReference, localReference, secretKeyReference } from "../meta/reference.ts";
import { CommonMetadata, IgnoreRule, ImageOverride, Patch } from "./selector.ts";

/** Where the manifests come from. */
export const KustomizationSource = object("Where the manifests come from.", {
  apiVersion: optional(text("Group and version of the source.")),
  kind: oneOf("Kind of the source.", [
    "OCIRepository",
    "GitRepository",
    "Bucket",
    "ExternalArtifact",
  ]),
  name: text("Name of the source."),
  namespace: optional(text("Namespace of the source; its own when absent.")),
});
/** Where the manifests come from. */
export type KustomizationSource = Infer<typeof KustomizationSource>;

/** A Kustomization that must be ready first. */
export const KustomizationDependency = object("A Kustomization that must be ready first.", {
  name: text("Name of the Kustomization."),
  namespace: optional(text("Namespace of the Kustomization; its own when absent.")),
  readyExpr: optional(
    text("CEL expression over `self` and `dep` that decides in place of the built-in check."),
  ),
});
/** A Kustomization that must be ready first. */
export type KustomizationDependency = Infer<typeof KustomizationDependency>;

/** How secrets in the source are decrypted. */
export const Decryption = object("How secrets in the source are decrypted.", {
  provider: oneOf("What they are encrypted with.", ["sops"]),
  secretRef: optional(localReference(
    "Secret with the private keys: PGP under names that end in `.asc`, age under names that end in `.agekey`.",
  )),
  serviceAccountName: optional(
    text("ServiceAccount to ask a cloud's key service with, where the Secret has no credentials."),
  ),
});
/** How secrets in the source are decrypted. */
export type Decryption = Infer<typeof Decryption>;

/** When a custom resource counts as healthy. */
export const HealthCheckExpression = object("When a custom resource counts as healthy.", {
  apiVersion: text("Group and version of the resource."),
  kind: optional(text("Kind of the resource; every kind of the group when absent.")),
  current: text("CEL expression that is true when it is as it should be."),
  inProgress: optional(text("CEL expression that is true while it gets there.")),
  failed: optional(text("CEL expression that is true when it will not get there.")),
});
/** When a custom resource counts as healthy. */
export type HealthCheckExpression = Infer<typeof HealthCheckExpression>;

/** A ConfigMap or Secret with variables. */
export const SubstituteReference = object("A ConfigMap or Secret with variables.", {
  kind: oneOf("Kind of the object.", ["Secret", "ConfigMap"]),
  name: text("Name of the object, in the same namespace.", { minLength: 1, maxLength: 253 }),
  optional: flag("Go on without it when it does not exist.", { default: false }),
});
/** A ConfigMap or Secret with variables. */
export type SubstituteReference = Infer<typeof SubstituteReference>;

/** What happens to the manifests after the build. */
export const PostBuild = object("What happens to the manifests after the build.", {
  substitute: optional(textMap("Variables and their values, for `${name}` in the manifests.")),
  substituteFrom: optional(
    list(
      "Objects with more variables; later ones win, `substitute` wins over all.",
      SubstituteReference,
    ),
  ),
  substituteStrategy: optional(oneOf(
    "`WithVariables` (also when absent) leaves the manifests alone when there is no variable; `Always` does not.",
    ["WithVariables", "Always"],
  )),
});
/** What happens to the manifests after the build. */
export type PostBuild = Infer<typeof PostBuild>;

const EXACTLY_ONE_KUBECONFIG =
  "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified";

/** Another cluster to apply to. */
export const KubeConfigReference = object(
  "Another cluster to apply to; exactly one of the two.",
  {
    configMapRef: optional(
      localReference("ConfigMap that says how to log in to the cluster without a kubeconfig."),
    ),
    secretRef: optional(secretKeyReference("Secret with a kubeconfig.")),
  },
  [
    { rule: "has(self.configMapRef) || has(self.secretRef)", message: EXACTLY_ONE_KUBECONFIG },
    { rule: "!has(self.configMapRef) || !has(self.secretRef)", message: EXACTLY_ONE_KUBECONFIG },
  ],
);
/** Another cluster to apply to. */
export type KubeConfigReference = Infer<typeof KubeConfigReference>;

/** What to build, and how to apply it. */
export const KustomizationSpec = object("What to build, and how to apply it.", {
  sourceRef: KustomizationSource,
  path: optional(
    text(
      "Folder of the source that holds the manifests or a kustomization.yaml; its root when absent.",
    ),
  ),
  interval: interval("How often to apply again and undo drift, give or take the jitter."),
  retryInterval: optional(
    interval("How soon to try again after a failure; `interval` when absent."),
  ),
  timeout: optional(
    interval("How long building, applying and waiting may take; `interval` less 30s when absent."),
  ),
  prune: flag("Delete what was applied before and is no longer in the source."),
  deletionPolicy: optional(oneOf(
    "What happens to the applied objects when this object is deleted; `MirrorPrune` (as `prune` says) when absent.",
    ["MirrorPrune", "Delete", "WaitForTermination", "Orphan"],
  )),
  force: flag("Delete and create anew what cannot be changed in place.", { default: false }),
  wait: optional(flag("Wait until everything applied is healthy.")),
  healthChecks: optional(
    list(
      "Objects to wait for; without effect when `wait` is set.",
      kindReference("An object to wait for."),
    ),
  ),
  healthCheckExprs: optional(
    list("When custom resources count as healthy.", HealthCheckExpression),
  ),
  dependsOn: optional(
    list("Kustomizations that must be ready before this one is applied.", KustomizationDependency),
  ),
  serviceAccountName: optional(text("ServiceAccount to apply as.")),
  kubeConfig: optional(KubeConfigReference),
  targetNamespace: optional(
    text("Namespace that every namespaced object is put in.", { minLength: 1, maxLength: 63 }),
  ),
  namePrefix: optional(text("Put before every name.", { minLength: 1, maxLength: 200 })),
  nameSuffix: optional(text("Put after every name.", { minLength: 1, maxLength: 200 })),
  commonMetadata: optional(CommonMetadata),
  components: optional(
    list("Kustomize components to use.", text("Path relative to `path`.")),
  ),
  ignoreMissingComponents: optional(flag("Leave out components that the source does not have.")),
  patches: optional(list("Changes of the built objects.", Patch)),
  images: optional(list("Other names, tags or digests for images.", ImageOverride)),
  buildMetadata: optional(list(
    "What kustomize notes in annotations.",
    oneOf("Where an object came from, or what changed it.", [
      "originAnnotations",
      "transformerAnnotations",
    ]),
  )),
  postBuild: optional(PostBuild),
  decryption: optional(Decryption),
  ignore: optional(list("Parts of objects that others may change.", IgnoreRule)),
  suspend: optional(flag("Stop applying. What is applied stays.")),
});
/** What to build, and how to apply it. */
export type KustomizationSpec = Infer<typeof KustomizationSpec>;

/** What is applied. */
export const KustomizationStatus = object("What is applied, and how the last runs went.", {
  ...statusFields,
  lastAppliedRevision: optional(text("Revision that was applied last.")),
  lastAppliedOriginRevision: optional(
    text(
      "Revision that the artifact was made from, where the source says so (OCI annotation `org.opencontainers.image.revision`).",
    ),
  ),
  lastAttemptedRevision: optional(text("Revision of the last run, applied or not.")),
  inventory: optional(Inventory),
  history: optional(list("The last five sets of manifests, newest first.", Snapshot)),
});
/** What is applied. */
export type KustomizationStatus = Infer<typeof KustomizationStatus>;

/** Condition types of a Kustomization. */
export const KustomizationCondition = {
  ...commonConditions,
  Healthy: "What was applied is healthy. Only with `wait` or `healthChecks`.",
  Drifted:
    "Others changed what was applied, and it stays (`sluice.dev/drift: Inform`). Absent otherwise.",
  DriftContested: "Others change back what is repaired, again and again. Absent otherwise.",
  OwnershipConflict: "Another Kustomization owns some of the objects, too. Absent otherwise.",
  DriftUnwatched: "Drift of some kinds is noticed at the interval only. Absent otherwise.",
} as const;
/** Condition types of a Kustomization. */
export type KustomizationCondition = keyof typeof KustomizationCondition;

/** Reasons of a Kustomization's conditions. */
export const KustomizationReason = {
  ...commonReasons,
  ReconciliationSucceeded: "The revision is applied.",
  ReconciliationFailed: "The API server refused something.",
  Forbidden: "The controller may not watch a kind that was applied.",
  MethodNotAllowed: "A kind that was applied cannot be watched.",
  ForeignChange: "Others changed the objects that the message names.",
  ChangedBack: "Others change back the fields that the message names.",
  OwnedTwice: "Two Kustomizations own the objects that the message names.",
  ArtifactFailed: "The source, its artifact or the folder in it is missing.",
  BuildFailed: "The manifests cannot be generated, decrypted, built or substituted.",
  PartiallyApplied:
    "Some objects were refused, the others are applied (`sluice.dev/apply: Partial`).",
  PruneFailed: "Something that left the source cannot be deleted.",
  PruneHeld:
    "A prune or a deletion waits for a confirmation (`sluice.dev/max-prune`, `sluice.dev/prune`).",
  HealthCheckFailed: "Something applied failed, or did not become healthy in time.",
  HealthCheckCanceled: "The wait was ended by a newer revision or spec.",
  DependencyNotReady: "A Kustomization of `dependsOn` is not ready.",
  AccessDenied:
    "A reference to another namespace, or to a source of this kind, is not allowed here.",
  InvalidAnnotation:
    "An annotation `sluice.dev/…` has a value that is not allowed, or a name nobody knows.",
  FeatureGateDisabled:
    "`spec.decryption.serviceAccountName` needs the gate ObjectLevelWorkloadIdentity.",
  InvalidCELExpression: "An expression of `dependsOn` or `healthCheckExprs` is wrong.",
  DirectoryCreationFailed: "There is no room to work in.",
} as const;
/** Reasons of a Kustomization's conditions. */
export type KustomizationReason = keyof typeof KustomizationReason;

/** Manifests of a source to build and apply. */
export const Kustomization = kind({
  group: "kustomize.toolkit.fluxcd.io",
  versions: ONLY_V1,
  kind: "Kustomization",
  plural: "kustomizations",
  shortNames: ["ks"],
  categories: ["all", "fluxcd", "fluxcd-appliers"],
  component: "kustomize-controller",
  annotations: NO_SUBSTITUTION,
  description: "Manifests of a source that are built, applied and kept as they are in the source.",
  columns: [
    AGE_COLUMN,
    ...READY_COLUMNS,
  ],
  spec: KustomizationSpec,
  status: KustomizationStatus,
  conditions: KustomizationCondition,
  reasons: KustomizationReason,
});
/** Manifests of a source to build and apply. */
export type Kustomization = Infer<typeof Kustomization>;
