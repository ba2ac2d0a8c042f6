/**
 * Which changes of an object ask for a run (contract/common.md §4, event filter).
 *
 * @module
 */
import type { KubeObject } from "../kube/mod.ts";

/** The annotation by which a person or another controller asks for a run. */
export const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

/** Why the change asks for a run, if it does; our own status writes do not. */
export function reasonToRun(
  previous: KubeObject | undefined,
  object: KubeObject,
): string | undefined {
  if (previous === undefined) return "added";
  const [before, after] = [previous.metadata, object.metadata];
  if (before.uid !== after.uid) return "created again";
  if (after.deletionTimestamp !== undefined && before.deletionTimestamp === undefined) {
    return "deleted";
  }
  if (before.generation !== after.generation) return "new generation";
  const requested = after.annotations?.[REQUESTED_AT];
  const isRequest = requested !== undefined && requested !== before.annotations?.[REQUESTED_AT];
  return isRequest ? "requested" : undefined;
}
