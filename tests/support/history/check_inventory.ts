/**
 * I3: at every instant, what was applied is on record, and leaves the record only once it is gone.
 *
 * @module
 */
import type { KubeObject } from "../../../lib/kube/mod.ts";
import { isExcludedFromPrune } from "../../../lib/kube/ssa/mod.ts";
import { fieldOf } from "../../../tools/demo/observe.ts";
import { deletesObjects, inventoryOf, type Ledger } from "./ledger.ts";
import type { Step } from "./steps.ts";
import type { Finding } from "./subject.ts";

/** An object may only be applied once it is on record. */
export function checkApply({ id }: Step, ledger: Ledger): Finding[] {
  if (ledger.inventory().has(id)) return [];
  return [{ invariant: "I3", message: `${id} was applied before it was on record` }];
}

/** What left the record, or was left behind by the end of the Kustomization. */
export function checkLeaving({ before, after }: Step, ledger: Ledger): Finding[] {
  if (after === undefined) return checkReleased(before, ledger);
  if (fieldOf(after, "spec", "prune") !== true) return [];
  const now = inventoryOf(after);
  const left = [...inventoryOf(before)].filter((id) => !now.has(id));
  return left.filter((id) => mustGo(id, ledger)).map((id) => ({
    invariant: "I3",
    message: `${id} left the inventory before it was gone`,
  }));
}

function checkReleased(owner: KubeObject | undefined, ledger: Ledger): Finding[] {
  if (!deletesObjects(owner)) return [];
  const left = [...inventoryOf(owner)].filter((id) => {
    const isGoing = ledger.get(id)?.metadata.deletionTimestamp !== undefined;
    return !isGoing && mustGo(id, ledger);
  });
  return left.map((id) => ({
    invariant: "I3",
    message: `${id} was left behind when the Kustomization was released`,
  }));
}

/** Whether an object is there that no other owner and no switch of its own keeps. */
function mustGo(id: string, ledger: Ledger): boolean {
  const object = ledger.get(id);
  return object !== undefined && !ledger.isUncertain(id) && ledger.owns(object) &&
    !isExcludedFromPrune(object);
}
