/**
 * How conditions of a Kustomization are computed and written.
 *
 * @module
 */
import type { ConditionRules } from "../../lib/runtime/mod.ts";

/** contract/common.md §3, Kustomization. */
export const KUSTOMIZATION_RULES: ConditionRules = {
  ready: "direct",
  order: [],
  negative: ["Reconciling", "Stalled"],
  owned: [
    "Ready",
    "Healthy",
    "Drifted",
    "DriftContested",
    "DriftUnwatched",
    "OwnershipConflict",
    "Reconciling",
    "Stalled",
  ],
  observe: "ready",
  succeeded: "ReconciliationSucceeded",
  fieldManager: "gotk-kustomize-controller",
  working: "Reconciliation in progress",
};
