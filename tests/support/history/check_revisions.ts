/**
 * I4: revisions go forward only, and none is named that the source never served.
 *
 * @module
 */
import { fieldOf } from "../../../tools/demo/observe.ts";
import type { Ledger } from "./ledger.ts";
import type { Step } from "./steps.ts";
import { type Finding, hasFields, wantedOf } from "./subject.ts";

/** Nothing of an older revision is applied after something of a newer one; `floor` goes along. */
export function checkAppliedRevision(
  step: Step,
  ledger: Ledger,
  revisions: { floor: number },
): Finding[] {
  const indexes = ledger.subject.revisions.flatMap((built, index) => {
    const wanted = wantedOf(built).get(step.id);
    return wanted !== undefined && hasFields(step.request, wanted) ? [index] : [];
  });
  const [oldest, newest] = [indexes[0], indexes.at(-1)];
  // A write of some of the fields: the clean-up of managers before an apply, or what others are left.
  if (oldest === undefined || newest === undefined) return [];
  const isOlder = newest < revisions.floor;
  revisions.floor = Math.max(revisions.floor, oldest);
  if (!isOlder) return [];
  const { revision } = ledger.subject.revisions[newest] ?? {};
  const message = `${step.id} was applied as of ${revision} after something of a newer revision`;
  return [{ invariant: "I4", message }];
}

/** What the status of the Kustomization says it applied and tried. */
export function checkRecordedRevision({ before, after }: Step, ledger: Ledger): Finding[] {
  const findings: string[] = [];
  for (const field of ["lastAppliedRevision", "lastAttemptedRevision"]) {
    const [was, is] = [before, after].map((object) => fieldOf(object, "status", field));
    if (is === was || is === undefined) continue;
    const index = ledger.indexOf(is);
    if (!ledger.wasServed(index)) findings.push(`${field} is ${is}, which was never served`);
    else if (index < ledger.indexOf(was)) findings.push(`${field} went back from ${was} to ${is}`);
  }
  return findings.map((message) => ({ invariant: "I4", message }));
}
