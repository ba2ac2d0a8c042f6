/**
 * How conditions of an ImageUpdateAutomation are computed and written.
 *
 * @module
 */
import { type ConditionRules, imageRules } from "../../lib/runtime/mod.ts";

/** contract/image.md; a request made while suspended stays open (errata 9). */
export const AUTOMATION_RULES: ConditionRules = {
  ...imageRules("image-automation-controller"),
  skipSuspendedRequests: true,
};
