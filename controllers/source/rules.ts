/**
 * How conditions of the source kinds are computed and written.
 *
 * @module
 */
import type { ConditionRules } from "../../lib/runtime/mod.ts";

/** contract/common.md §3, source kinds. */
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
