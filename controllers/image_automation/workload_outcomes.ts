/**
 * What conditions and events say of automated workloads.
 *
 * @module
 */
import type { ImageUpdateAutomationStatus } from "../../crds/mod.ts";
import { NEXT_PART_MS } from "../../lib/image/mod.ts";
import { type OutcomeParts, retry, wait, warning } from "../../lib/runtime/mod.ts";
import type { AutomationOutcome } from "./context.ts";
import type { WorkloadReport } from "./workloads.ts";

/** A message is read by people. */
const MOST_NAMED = 5;

/** Behind `Ready`'s message: which workloads are left alone, and why. */
export function lockedOf({ locked }: WorkloadReport): string {
  return locked.length === 0 ? "" : `; left alone: ${listed(locked)}`;
}

/** The outcome of a run that could not do all it should; `parts` has what it did. Nothing when it did all. */
export function incomplete(
  report: WorkloadReport | undefined,
  parts: OutcomeParts<ImageUpdateAutomationStatus>,
): AutomationOutcome | undefined {
  const { troubles = [], unfinished } = report ?? {};
  if (unfinished !== undefined) {
    return wait("Progressing", unfinished, { kind: "time", delayMs: NEXT_PART_MS }, parts);
  }
  if (troubles.length === 0) return undefined;
  const message = `failed to update workloads: ${listed(troubles)}`;
  const events = [...parts.events ?? [], warning("UpdateFailed", { message })];
  return retry("UpdateFailed", { message }, { ...parts, events });
}

function listed(lines: readonly string[]): string {
  const rest = lines.length - MOST_NAMED;
  const named = lines.slice(0, MOST_NAMED).join("; ");
  return rest > 0 ? `${named}; and ${rest} more` : named;
}
