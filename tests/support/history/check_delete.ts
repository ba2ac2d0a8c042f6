/**
 * I2: each delete is of this Kustomization's object, bound to its uid, and asked for by a revision that was
 * built completely and applied, or by the end of the Kustomization.
 *
 * @module
 */
import { hasSwitch } from "../../../lib/kube/ssa/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import { deletesObjects, type Ledger } from "./ledger.ts";
import { preconditionOf, type Step } from "./steps.ts";
import { type BuiltRevision, type Finding, wantedOf } from "./subject.ts";

/** What is wrong with a delete by the controllers. */
export function checkDelete(step: Step, ledger: Ledger): Finding[] {
  if (!concerns(step, ledger)) return [];
  const findings: string[] = [];
  const uid = preconditionOf(step);
  if (uid === undefined) findings.push("without the precondition of a uid");
  else if (!ledger.isUncertain(step.id) && uid !== step.before?.metadata.uid) {
    findings.push("of another uid than was asked for");
  }
  if (!ledger.inventory().has(step.id)) findings.push("though it is not in the inventory");
  const unasked = askedFor(step, ledger);
  if (unasked !== undefined) findings.push(unasked);
  return findings.map((why) => ({ invariant: "I2", message: `${step.id} was deleted ${why}` }));
}

/** Ours by label or by record; what carries no label at all is judged by its namespace. */
function concerns({ id, before }: Step, ledger: Ledger): boolean {
  if (ledger.owns(before) || ledger.inventory().has(id)) return true;
  const labels = Object.keys(before?.metadata.labels ?? {});
  const isLabelled = labels.includes("kustomize.toolkit.fluxcd.io/name");
  return !isLabelled && before?.metadata.namespace === ledger.subject.kustomization.namespace;
}

/** Why nothing asked for the delete; nothing when something did. */
function askedFor({ id }: Step, ledger: Ledger): string | undefined {
  const { owner } = ledger;
  if (owner === undefined) return "without a Kustomization";
  if (owner.metadata.deletionTimestamp !== undefined) {
    return deletesObjects(owner) ? undefined : "against the deletion policy";
  }
  const candidates = ledger.candidates();
  if (candidates.some((built) => isMadeAnew(id, built, ledger))) return undefined;
  if (fieldOf(owner, "spec", "prune") !== true) return "without `prune`";
  const reasons = candidates.map((built) => keptBy(id, built, ledger));
  return reasons.includes(undefined)
    ? undefined
    : reasons.at(-1) ?? "before any revision was served";
}

/** An object whose immutable field changed is deleted first, where it may be. */
function isMadeAnew(id: string, built: BuiltRevision, ledger: Ledger): boolean {
  const wanted = wantedOf(built).get(id);
  if (wanted === undefined) return false;
  return fieldOf(ledger.owner, "spec", "force") === true || hasSwitch(wanted, "force", "enabled");
}

/** Why a revision does not ask for the delete. */
function keptBy(id: string, built: BuiltRevision, ledger: Ledger): string | undefined {
  const { revision, objects } = built;
  if (objects === undefined) return `though ${revision} does not build`;
  if (wantedOf(built).has(id)) return `though it is part of ${revision}`;
  const missing = ledger.missingOf(built);
  return missing.length === 0
    ? undefined
    : `before all of ${revision} was applied: ${missing.join(", ")}`;
}
