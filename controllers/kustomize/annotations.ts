/**
 * Sluice's own annotations on a Kustomization: how it is to be treated, beyond what its spec can say.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { fail, type Failure, nearestName, ok, type Result } from "../../lib/base/mod.ts";
import { displayName, type KubeObject, refOf } from "../../lib/kube/mod.ts";
import { PRUNE_ANNOTATION } from "../../lib/kube/ssa/mod.ts";
import { REQUESTED_AT } from "../../lib/runtime/mod.ts";

const PREFIX = "sluice.dev/";
/** Whether foreign changes are undone or told of. */
const DRIFT = `${PREFIX}drift`;
/** Whether one object that is refused holds up the others. */
const APPLY = `${PREFIX}apply`;
/** How much one run may delete. */
const MAX_PRUNE = `${PREFIX}max-prune`;
/** The digest of a list of deletions that a person has agreed to. */
export const CONFIRM = `${PREFIX}confirm`;
/** Whether old objects go before or after the new ones are healthy. */
const PRUNE_ORDER = `${PREFIX}prune-order`;
/** Equal to `requestedAt`, it asks for foreign changes to be undone, once. */
export const CORRECT_AT = `${PREFIX}correct-at`;
/** Further away it is no typing error. */
const MOST_EDITS = 3;
/** The last one is about the Kustomization as somebody's manifest. */
const KNOWN = [DRIFT, APPLY, MAX_PRUNE, CONFIRM, PRUNE_ORDER, CORRECT_AT, PRUNE_ANNOTATION];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  [DRIFT]: ["Correct", "Inform"],
  [APPLY]: ["Atomic", "Partial"],
  [PRUNE_ORDER]: ["BeforeHealth", "AfterHealth"],
  [PRUNE_ANNOTATION]: ["confirm"],
};

/** Most objects that one run may delete: so many, or so many of a hundred on record. */
export type MaxPrune =
  | { readonly kind: "count"; readonly most: number }
  | { readonly kind: "percent"; readonly most: number };

/** What the annotations ask for. */
export interface Handling {
  /** Foreign changes are told of and stay. */
  readonly informs: boolean;
  /** What passes is applied, though others are refused. */
  readonly isPartial: boolean;
  readonly maxPrune: MaxPrune | undefined;
  /** A digest that was agreed to. */
  readonly confirmed: string | undefined;
  readonly prunesAfterHealth: boolean;
}

/** As Flux treats everything. */
export const NO_HANDLING: Handling = {
  informs: false,
  isPartial: false,
  maxPrune: undefined,
  confirmed: undefined,
  prunesAfterHealth: false,
};

/** Reads them; `InvalidAnnotation` names the annotation and what it may be. */
export function readHandling(kustomization: Kustomization): Result<Handling> {
  const annotations = kustomization.metadata.annotations ?? {};
  for (const [name, value] of Object.entries(annotations)) {
    const problem = checkAnnotation(name, value);
    if (problem !== undefined) return problem;
  }
  const maxPrune = annotations[MAX_PRUNE];
  return ok({
    informs: annotations[DRIFT] === "Inform" && !asksToCorrect(kustomization),
    isPartial: annotations[APPLY] === "Partial",
    maxPrune: maxPrune === undefined ? undefined : parseMaxPrune(maxPrune),
    confirmed: annotations[CONFIRM],
    prunesAfterHealth: annotations[PRUNE_ORDER] === "AfterHealth",
  });
}

/** What is wrong with an annotation of ours; a name that nobody knows is a typing error, not a wish to ignore. */
export function checkAnnotation(name: string, value: string): Failure | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  if (!KNOWN.includes(name)) {
    const close = nearestName(name, KNOWN, MOST_EDITS);
    const hint = close === undefined ? `known are ${KNOWN.join(", ")}` : `did you mean ${close}?`;
    return invalid(`annotation ${name} is not known; ${hint}`);
  }
  const allowed = VALUES[name];
  if (allowed !== undefined && !allowed.includes(value)) {
    return invalid(`annotation ${name} is "${value}"; allowed: ${allowed.join(", ")}`);
  }
  if (name === MAX_PRUNE && parseMaxPrune(value) === undefined) {
    return invalid(
      `annotation ${name} is "${value}"; allowed are a number of objects, such as 5, and a share from 0% to 100%`,
    );
  }
  return undefined;
}

/** What is wrong with the annotation by which a manifest asks not to be pruned unasked. */
export function checkManifest(object: KubeObject): Failure | undefined {
  const value = object.metadata.annotations?.[PRUNE_ANNOTATION];
  const problem = value === undefined ? undefined : checkAnnotation(PRUNE_ANNOTATION, value);
  return problem && invalid(`${displayName(refOf(object))}: ${problem.message}`);
}

function invalid(message: string): Failure {
  return fail("InvalidAnnotation", message);
}

function parseMaxPrune(text: string): MaxPrune | undefined {
  const [, digits, percent] = /^(\d{1,6})(%?)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const most = Number(digits);
  if (percent !== "%") return { kind: "count", most };
  return most <= 100 ? { kind: "percent", most } : undefined;
}

/** As Flux's `forceAt`: a request that says so, and that no run has answered yet. */
function asksToCorrect({ metadata, status }: Kustomization): boolean {
  const requested = metadata.annotations?.[REQUESTED_AT];
  return requested !== undefined && requested === metadata.annotations?.[CORRECT_AT] &&
    requested !== status?.lastHandledReconcileAt;
}
