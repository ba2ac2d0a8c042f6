/**
 * `metav1.Condition` and what every status has.
 *
 * @module
 */
import { type Infer, integer, list, object, oneOf, optional, text } from "../../lib/schema/mod.ts";
import { time } from "./interval.ts";

/** One thing that is so, or is not, or is not known. */
export const Condition = object("One thing that is so, is not so, or is not known.", {
  type: text("What the condition is about, in CamelCase.", {
    pattern:
      "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    maxLength: 316,
    hint: "a name such as Ready",
  }),
  status: oneOf("Whether it is so.", ["True", "False", "Unknown"]),
  observedGeneration: optional(
    integer("The `metadata.generation` that this was found out about.", {
      format: "int64",
      minimum: 0,
    }),
  ),
  lastTransitionTime: time("When status, reason or message last changed."),
  reason: text("Why, as one CamelCase word for programs.", {
    pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    minLength: 1,
    maxLength: 1024,
    hint: "a CamelCase word",
  }),
  message: text("Why, for people. May be empty.", { maxLength: 32768 }),
});
/** One thing that is so, or is not, or is not known. */
export type Condition = Infer<typeof Condition>;

/** Conditions every reconciled kind carries. */
export const commonConditions = {
  Ready: "The object is as its spec asks for. The one to look at.",
  Reconciling: "Work is going on, or will be tried again. Absent when nothing is to be done.",
  Stalled: "Nothing will be tried again until the spec changes. Absent otherwise.",
} as const;

/** Reasons every reconciled kind may give. */
export const commonReasons = {
  Succeeded: "All went well.",
  Progressing: "Work is going on.",
  ProgressingWithRetry: "The last run failed and will be tried again.",
  FeatureGateDisabled: "The spec uses a feature that this installation has switched off.",
  InvalidObject: "A field has a value that the schema does not allow; the message names it.",
  InvalidAnnotation:
    "An annotation has a value that is not known; the message names those that are.",
  Unsupported: "The spec uses a field that this version of Sluice does not support yet.",
} as const;

/** Fields of every status. */
export const statusFields = {
  observedGeneration: optional(
    integer("The `metadata.generation` that was last dealt with; -1 before the first time.", {
      format: "int64",
    }),
  ),
  lastHandledReconcileAt: optional(
    text("The value of the annotation `reconcile.fluxcd.io/requestedAt` that was last dealt with."),
  ),
  conditions: optional(list("What is so, is not so, or is not known.", Condition)),
} as const;
