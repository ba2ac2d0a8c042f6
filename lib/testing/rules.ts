/**
 * Condition rules of three families, as the tests of the runtime need them.
 *
 * @module
 */
import type { ConditionRules } from "../runtime/mod.ts";

/** As of GitRepository. */
export const SOURCE_RULES: ConditionRules = {
  ready: "summary",
  order: [
    "StorageOperationFailed",
    "FetchFailed",
    "IncludeUnavailable",
    "ArtifactOutdated",
    "ArtifactInStorage",
    "SourceVerified",
    "Stalled",
    "Reconciling",
  ],
  negative: [
    "StorageOperationFailed",
    "FetchFailed",
    "IncludeUnavailable",
    "ArtifactOutdated",
    "Stalled",
    "Reconciling",
  ],
  bipolar: ["SourceVerified"],
  owned: [
    "StorageOperationFailed",
    "FetchFailed",
    "IncludeUnavailable",
    "ArtifactOutdated",
    "ArtifactInStorage",
    "SourceVerified",
    "Ready",
    "Reconciling",
    "Stalled",
  ],
  observe: "ready-or-stalled",
  succeeded: "Succeeded",
  fieldManager: "source-controller",
};

/** As of Kustomization. */
export const KUSTOMIZATION_RULES: ConditionRules = {
  ready: "direct",
  order: [],
  negative: [],
  owned: ["Ready", "Healthy", "Reconciling", "Stalled"],
  observe: "ready",
  succeeded: "ReconciliationSucceeded",
  fieldManager: "gotk-kustomize-controller",
  working: "Reconciliation in progress",
};

/** As of ImageRepository. */
export const IMAGE_RULES: ConditionRules = {
  ready: "direct",
  order: [],
  negative: [],
  owned: ["Ready", "Reconciling", "Stalled"],
  observe: "ready-or-stalled",
  succeeded: "Succeeded",
  fieldManager: "image-reflector-controller",
};
