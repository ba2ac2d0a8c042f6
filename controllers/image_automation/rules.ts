/**
 * How conditions of an ImageUpdateAutomation are computed and written.
 *
 * @module
 */
import type { ConditionRules } from "../../lib/runtime/mod.ts";

/** contract/image.md */
export const AUTOMATION_RULES: ConditionRules = {
  ready: "direct",
  order: [],
  negative: ["Reconciling", "Stalled"],
  owned: ["Ready", "Reconciling", "Stalled"],
  observe: "ready-or-stalled",
  succeeded: "Succeeded",
  fieldManager: "image-automation-controller",
  skipSuspendedRequests: true,
};
