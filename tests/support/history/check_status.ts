/**
 * I7: `Ready` is true only of what is so. I1: in the end the cluster is as the newest revision says.
 *
 * @module
 */
import { fieldOf } from "../../../tools/demo/observe.ts";
import {
  claimsReady,
  conditionOf,
  deletesObjects,
  endsRun,
  inventoryOf,
  type Ledger,
} from "./ledger.ts";
import type { Step } from "./steps.ts";
import { type BuiltRevision, type Finding, wantedOf } from "./subject.ts";

/** A Kustomization that says it is ready: nothing is missing, nothing is left over, all is healthy. */
export function checkReady(step: Step, ledger: Ledger): Finding[] {
  const { owner } = ledger;
  if (isObservedEarly(step)) {
    return [{ invariant: "I7", message: "a generation counts as observed before it is Ready" }];
  }
  if (owner === undefined || !claimsReady(owner)) return [];
  // What it said before is not said anew by a write about other things.
  if (!endsRun(step)) return [];
  const applied = fieldOf(owner, "status", "lastAppliedRevision");
  const built = ledger.subject.revisions[ledger.indexOf(applied)];
  const troubles = built === undefined
    ? [`it applied ${applied}`]
    : [...notCurrent(built, ledger), ...notAsBuilt(built, ledger)];
  return troubles.map((trouble) => ({ invariant: "I7", message: `Ready is True, but ${trouble}` }));
}

/** Whether a write counts a generation as observed that `Ready` and `Stalled` do not speak of. */
function isObservedEarly({ request, before, after }: Step): boolean {
  // An answer may also show what a write did that was cut off before.
  const isSaid = fieldOf(request, "status", "observedGeneration") !== undefined;
  const [was, is] = [before, after].map((object) =>
    fieldOf(object, "status", "observedGeneration")
  );
  if (is === was || is === undefined || !isSaid) return false;
  return !["Ready", "Stalled"].some((type) => {
    const condition = conditionOf(after, type);
    return condition?.status === "True" && condition.generation === is;
  });
}

/** A source that says it is ready has an artifact. */
export function checkSourceReady({ after }: Step, ledger: Ledger): Finding[] {
  if (!claimsReady(after)) return [];
  const revision = fieldOf(after, "status", "artifact", "revision");
  if (ledger.indexOf(revision) >= 0) return [];
  return [{ invariant: "I7", message: `the source is Ready, but its artifact is of ${revision}` }];
}

/** Where the history ends. */
export function checkEnd(ledger: Ledger): Finding[] {
  const { owner, subject } = ledger;
  if (subject.isDeleted) return checkGone(ledger);
  if (!claimsReady(owner)) return [{ invariant: "I1", message: "it is not ready in the end" }];
  const newest = subject.revisions.at(-1);
  if (newest === undefined) return [];
  const applied = fieldOf(owner, "status", "lastAppliedRevision");
  const troubles = applied === newest.revision
    ? notAsBuilt(newest, ledger)
    : [`it applied ${applied}, not ${newest.revision}`];
  return troubles.map((trouble) => ({ invariant: "I1", message: `in the end ${trouble}` }));
}

function checkGone(ledger: Ledger): Finding[] {
  if (ledger.owner !== undefined && !ledger.isUncertain(ledger.ownerId)) {
    return [{ invariant: "I1", message: "it is still there" }];
  }
  if (!deletesObjects(ledger.lastOwner)) return [];
  return everWanted(ledger)
    .filter((id) => isThere(id, ledger))
    .map((id) => ({ invariant: "I1", message: `in the end ${id} is still there` }));
}

function notCurrent(built: BuiltRevision, ledger: Ledger): string[] {
  return ledger.candidatesOfEnded().includes(built)
    ? []
    : [`${built.revision} is no longer served`];
}

/** How the cluster differs from what a revision builds to. */
function notAsBuilt(built: BuiltRevision, ledger: Ledger): string[] {
  const { owner, judgement } = ledger;
  const wanted = wantedOf(built);
  const ids = [...wanted.keys()];
  const inventory = inventoryOf(owner);
  const unrecorded = ids.filter((id) => !inventory.has(id));
  const left = [...new Set([...inventory, ...everWanted(ledger)])]
    .filter((id) => isThere(id, ledger) && !wanted.has(id));
  const isAwaited = fieldOf(owner, "spec", "wait") === true;
  const unhealthy = ids.filter((id) => {
    const object = ledger.get(id);
    const isKnown = object !== undefined && !ledger.isUncertain(id);
    return isAwaited && isKnown && judgement.isHealthy?.(object) === false;
  });
  const prunes = fieldOf(owner, "spec", "prune") === true;
  return [
    ...ledger.missingOf(built),
    ...unrecorded.map((id) => `${id} is not in the inventory`),
    ...(prunes ? left : []).map((id) => `${id} is left over`),
    ...unhealthy.map((id) => `${id} is not healthy`),
  ];
}

/** Whether an object of ours is certainly there, and not about to go. */
function isThere(id: string, ledger: Ledger): boolean {
  const object = ledger.get(id);
  return ledger.owns(object) && !ledger.isUncertain(id) &&
    object?.metadata.deletionTimestamp === undefined;
}

/** Ids of all that any revision builds to. */
function everWanted({ subject }: Ledger): string[] {
  return [...new Set(subject.revisions.flatMap((built) => [...wantedOf(built).keys()]))];
}
