/**
 * How conditions of the image kinds are computed and written (contract/image.md).
 *
 * @module
 */
import type { ConditionRules } from "./kind.ts";

/** The rules of all image kinds, of which `fieldManager` writes the status. */
export function imageRules(fieldManager: string): ConditionRules {
  return {
    ready: "direct",
    order: [],
    negative: ["Reconciling", "Stalled"],
    owned: ["Ready", "Reconciling", "Stalled"],
    observe: "ready-or-stalled",
    succeeded: "Succeeded",
    fieldManager,
  };
}
