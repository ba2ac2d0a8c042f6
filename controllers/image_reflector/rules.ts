/**
 * How conditions of the image kinds are computed and written.
 *
 * @module
 */
import type { ConditionRules } from "../../lib/runtime/mod.ts";

/** contract/image.md: both kinds. */
export const IMAGE_RULES: ConditionRules = {
  ready: "direct",
  order: [],
  negative: ["Reconciling", "Stalled"],
  owned: ["Ready", "Reconciling", "Stalled"],
  observe: "ready-or-stalled",
  succeeded: "Succeeded",
  fieldManager: "image-reflector-controller",
};
