/**
 * Columns of `kubectl get` that every kind has.
 *
 * @module
 */
import type { PrinterColumn } from "./kind.ts";

/** What `Ready` says, and why. */
export const READY_COLUMNS: readonly PrinterColumn[] = [
  { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: "Status", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
];

/** How old the object is. */
export const AGE_COLUMN: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
};
