/**
 * Which changes of an object ask for a run (contract/common.md §4, event filter).
 *
 * @module
 */
import { isEqualJson } from "../base/mod.ts";
import type { KubeObject } from "../kube/mod.ts";

/** The annotation by which a person or another controller asks for a run. */
export const REQUESTED_AT = "reconcile.fluxcd.io/requestedAt";

/** Begins the names of Sluice's own annotations. */
export const OWN_PREFIX = "sluice.dev/";

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
  if (isRequest) return "requested";
  // They say how the object is to be treated, as the spec does, but they are not in its generation.
  return isEqualJson(ownAnnotations(before), ownAnnotations(after)) ? undefined : "new annotation";
}

function ownAnnotations({ annotations = {} }: KubeObject["metadata"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(([name]) => name.startsWith(OWN_PREFIX)),
  );
}
