/**
 * What of a prune waits until a person has agreed to exactly that (`sluice.dev/max-prune`, `sluice.dev/prune`).
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { sha256Hex } from "../../lib/base/mod.ts";
import { displayName } from "../../lib/kube/mod.ts";
import { PRUNE_ANNOTATION, type PrunePlan, type PruneStep } from "../../lib/kube/ssa/mod.ts";
import { CONFIRM, type Handling, type MaxPrune } from "./annotations.ts";

/** With `--safety=guarded`, and only where there is enough on record for a share to say something. */
const GUARDED: MaxPrune = { kind: "percent", most: 50 };
const GUARDED_FROM = 10;
const DIGEST_LENGTH = 16;
const MOST_NAMES = 20;

/** What is held, and what to tell. */
export interface Hold {
  /** Inventory ids. */
  readonly ids: ReadonlySet<string>;
  readonly message: string;
}

/** What a prune is judged by. */
export interface GuardOptions {
  readonly kustomization: Kustomization;
  readonly handling: Handling;
  readonly isGuarded: boolean;
  /** Objects on record before the run. */
  readonly recorded: number;
  /** Set where the revision has no object at all: more often by mistake than not. */
  readonly isEmptied?: boolean;
}

/** What of `plan` is held; nothing when all of it may go. */
export function findHold(plan: PrunePlan, options: GuardOptions): Hold | undefined {
  const { handling, isGuarded, recorded, isEmptied = false } = options;
  const deletions = plan.steps.filter(({ verdict }) => verdict.kind === "delete");
  const isLarge = isGuarded && recorded >= GUARDED_FROM;
  const limit = handling.maxPrune ?? (isLarge ? GUARDED : undefined);
  const over = limit !== undefined && exceeds(deletions.length, recorded, limit)
    ? limit
    : undefined;
  // Who says how much may go has thought of all of it going.
  const isEmpty = isGuarded && isEmptied && handling.maxPrune === undefined;
  const held = over !== undefined || isEmpty ? deletions : deletions.filter(asksToConfirm);
  if (held.length === 0) return undefined;
  const digest = digestOf(held);
  if (handling.confirmed === digest) return undefined;
  const why = isEmpty ? "the revision has no objects at all" : reasonOf(over, recorded);
  return {
    ids: new Set(held.map(({ entry }) => entry.id)),
    message: `Nothing of this is deleted before it is confirmed, as ${why}: ${namesOf(held)}. ` +
      howToConfirm(options.kustomization, digest),
  };
}

/** Nothing is exceeded: then the objects themselves ask. */
function reasonOf(exceeded: MaxPrune | undefined, recorded: number): string {
  if (exceeded === undefined) return `the annotation ${PRUNE_ANNOTATION}: confirm asks for it`;
  const share = exceeded.kind === "percent" ? `% of ${recorded}` : "";
  return `more than ${exceeded.most}${share} would go in one run`;
}

function exceeds(deleted: number, recorded: number, { kind, most }: MaxPrune): boolean {
  return kind === "count" ? deleted > most : deleted * 100 > most * recorded;
}

function asksToConfirm({ live }: PruneStep): boolean {
  return live?.metadata.annotations?.[PRUNE_ANNOTATION] !== undefined;
}

/** By uid, too: whoever agreed to one deletion did not agree to that of an object made anew by the same name. */
function digestOf(held: readonly PruneStep[]): string {
  const lines = held.map(({ entry, live }) => `${entry.id} ${live?.metadata.uid ?? ""}`);
  return sha256Hex(lines.toSorted().join("\n")).slice(0, DIGEST_LENGTH);
}

function namesOf(held: readonly PruneStep[]): string {
  const names = held.slice(0, MOST_NAMES).map(({ ref }) => displayName(ref));
  const more = held.length - names.length;
  return names.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function howToConfirm({ metadata }: Kustomization, digest: string): string {
  const target =
    `kubectl -n ${metadata.namespace} annotate --overwrite kustomization ${metadata.name}`;
  return `To delete exactly these, once: ${target} ${CONFIRM}=${digest}`;
}
