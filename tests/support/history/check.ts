/**
 * Holds a history against the invariants of "nothing lost": I1 convergence, I2 no wrongful delete, I3 no
 * orphan, I4 monotone revisions, I7 a true status.
 *
 * ```ts ignore
 * const steps = replaySteps(await Deno.readTextFile(plane.auditLogPath));
 * const violations = checkHistory(steps, subject, { isOurs: (user) => user === account });
 * assert.deepEqual(violations, []);
 * ```
 *
 * @module
 */
import { Ledger } from "./ledger.ts";
import { checkDelete } from "./check_delete.ts";
import { checkApply, checkLeaving } from "./check_inventory.ts";
import { checkAppliedRevision, checkRecordedRevision } from "./check_revisions.ts";
import { checkEnd, checkReady, checkSourceReady } from "./check_status.ts";
import type { Step } from "./steps.ts";
import type { Finding, Judgement, Subject, Violation } from "./subject.ts";

/** All that is wrong; none for a history that keeps every promise. */
export function checkHistory(
  steps: readonly Step[],
  subject: Subject,
  judgement: Judgement,
): Violation[] {
  const ledger = new Ledger(subject, judgement);
  const revisions = { floor: -1 };
  const violations: Violation[] = [];
  for (const step of steps) {
    const isOurs = judgement.isOurs(step.user);
    const found = isOurs ? beforeWrite(step, ledger, revisions) : [];
    ledger.enter(step);
    if (isOurs && !step.isUncertain) found.push(...afterWrite(step, ledger));
    violations.push(...found.map((finding) => ({ ...finding, at: step.at })));
  }
  const end = judgement.isSettled === false ? [] : checkEnd(ledger);
  return [...violations, ...end.map((finding) => ({ ...finding, at: "" }))];
}

/** What a write may only do in the state that it met. */
function beforeWrite(step: Step, ledger: Ledger, revisions: { floor: number }): Finding[] {
  const { id, verb } = step;
  if (id === ledger.ownerId || id === ledger.sourceId) return [];
  if (verb === "delete") return checkDelete(step, ledger);
  if (step.subresource !== "" || !ledger.owns(step.after)) return [];
  return [...checkApply(step, ledger), ...checkAppliedRevision(step, ledger, revisions)];
}

/** What must hold in the state that a write left. */
function afterWrite(step: Step, ledger: Ledger): Finding[] {
  if (step.id === ledger.sourceId) return checkSourceReady(step, ledger);
  if (step.id !== ledger.ownerId) return [];
  return [
    ...checkLeaving(step, ledger),
    ...checkRecordedRevision(step, ledger),
    ...checkReady(step, ledger),
  ];
}
