/**
 * Nothing is pruned before the other Kustomizations of the source have come to the revision: what has left this one may
 * have moved to one of them, and is to be taken over, not deleted and made anew.
 *
 * @module
 */
import type { Kustomization } from "../../crds/mod.ts";
import { displayName, refOf } from "../../lib/kube/mod.ts";
import { type InventoryEntry, unionOf } from "../../lib/kube/ssa/mod.ts";
import { isConditionTrue, wait } from "../../lib/runtime/mod.ts";
import type { Applied } from "./apply.ts";
import type { KustomizeContext } from "./context.ts";
import { memoryKey } from "./memory.ts";
import type { Attempt, KustomizationOutcome } from "./outcomes.ts";

/** One that does not come to it, because its dependencies are not ready, say, holds nobody up for longer. */
const LONGEST_WAIT_MS = 10_000;

/** The end of a run that has to wait for a sibling, or nothing; the next one begins when that has changed. */
export function awaitSiblings(
  attempt: Attempt,
  { before, entries }: Applied,
  ctx: KustomizeContext,
): KustomizationOutcome | undefined {
  const remembered = ctx.memory.of(memoryKey(attempt.kustomization));
  const nowMs = ctx.clock.monotonicMs();
  if (remembered.siblings?.revision !== attempt.revision) {
    remembered.siblings = { revision: attempt.revision, sinceMs: nowMs };
  }
  const deadlineMs = remembered.siblings.sinceMs + LONGEST_WAIT_MS;
  const sibling = nowMs < deadlineMs ? findAwaited(attempt, ctx) : undefined;
  if (sibling === undefined) return undefined;
  const { resourceVersion: seen } = sibling.metadata;
  const objects = [{ ...refOf(sibling), ...(seen !== undefined && { seen }) }];
  const message = `Waiting for ${
    displayName(refOf(sibling))
  } to come to revision ${attempt.revision} before pruning`;
  const inventory: InventoryEntry[] = unionOf(before, entries);
  return wait("Progressing", message, { kind: "healthy", objects, deadlineMs }, {
    status: { inventory: { entries: inventory }, lastAttemptedRevision: attempt.revision },
  });
}

/** Whether it has not applied all of `revision`, and is going to. */
export function isBehind(
  sibling: Kustomization,
  revision: string,
  { claims }: Pick<KustomizeContext, "claims">,
): boolean {
  return !isHeld(sibling) && !claims.hasApplied(sibling, revision);
}

function isHeld({ spec, status }: Kustomization): boolean {
  return spec.suspend === true || isConditionTrue(status?.conditions, "Stalled");
}

/** One that is not at the revision yet, or is about to apply it. */
function findAwaited(
  { kustomization, revision }: Attempt,
  ctx: KustomizeContext,
): Kustomization | undefined {
  return ctx.claims.siblingsOf(kustomization).find((sibling) => {
    const isComing = sibling.status?.lastAttemptedRevision !== revision ||
      ctx.claims.isRunning(sibling);
    return isComing && !isHeld(sibling) && !dependsOn(sibling, kustomization, ctx);
  });
}

/** Whether `sibling` waits for `self` to be ready, through others too. */
function dependsOn(
  sibling: Kustomization,
  self: Kustomization,
  ctx: KustomizeContext,
): boolean {
  const seen = new Set<string>();
  const pending = [sibling];
  for (let here = pending.pop(); here !== undefined; here = pending.pop()) {
    for (const { name, namespace = here.metadata.namespace ?? "" } of here.spec.dependsOn ?? []) {
      const key = memoryKey({ metadata: { name, namespace } });
      if (key === memoryKey(self)) return true;
      if (seen.has(key)) continue;
      seen.add(key);
      const known = ctx.knownKustomization({ ...refOf(self), name, namespace });
      if (known !== undefined) pending.push(known);
    }
  }
  return false;
}
