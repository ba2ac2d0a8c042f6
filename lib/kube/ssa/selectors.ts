/**
 * The `kustomize.toolkit.fluxcd.io/*` switches that an object carries, as labels or as annotations.
 *
 * @module
 */
import type { KubeObject } from "../object.ts";

/** On a manifest of any kind, with the value `confirm`: it is deleted only after a confirmation. */
export const PRUNE_ANNOTATION = "sluice.dev/prune";

const PREFIX = "kustomize.toolkit.fluxcd.io/";

/** The switches that apply, prune and the build read. */
export type SwitchName = "reconcile" | "ssa" | "force" | "prune" | "decrypt" | "substitute";

/**
 * Whether a label or an annotation sets the switch to `value`. Case does not count, except for
 * `substitute`, as in Flux.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const object = {
 *   apiVersion: "v1",
 *   kind: "ConfigMap",
 *   metadata: { name: "a", labels: { "kustomize.toolkit.fluxcd.io/prune": "Disabled" } },
 * };
 * assert.equal(hasSwitch(object, "prune", "disabled"), true);
 * ```
 */
export function hasSwitch(
  object: KubeObject | undefined,
  name: SwitchName,
  value: string,
): boolean {
  if (object === undefined) return false;
  return name === "substitute"
    ? readings(object, PREFIX + name).includes(value)
    : hasAnyMetadata(object, { [PREFIX + name]: value });
}

/** Whether one of `wanted` stands in the labels or the annotations; case of values does not count. */
export function hasAnyMetadata(
  object: KubeObject,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).some(([key, value]) =>
    readings(object, key).some((found) => found.toLowerCase() === value.toLowerCase())
  );
}

function readings(object: KubeObject, key: string): string[] {
  const { labels, annotations } = object.metadata;
  return [labels?.[key], annotations?.[key]].filter((text) => typeof text === "string");
}

/** Never written: the desired object or the live one says so. */
export function isExcludedFromApply(desired: KubeObject, live: KubeObject | undefined): boolean {
  return [desired, live].some((object) =>
    hasSwitch(object, "reconcile", "disabled") || hasSwitch(object, "ssa", "Ignore")
  );
}

/** Never deleted: the live object says so. */
export function isExcludedFromPrune(live: KubeObject): boolean {
  return hasSwitch(live, "prune", "disabled") || hasSwitch(live, "reconcile", "disabled") ||
    hasSwitch(live, "ssa", "Ignore");
}

/** Only created, never changed. */
export function isCreateOnly(desired: KubeObject): boolean {
  return hasSwitch(desired, "ssa", "IfNotPresent");
}

/** Fields of other managers stay theirs. */
export function keepsOtherManagers(desired: KubeObject, live: KubeObject | undefined): boolean {
  return hasSwitch(desired, "ssa", "Merge") || hasSwitch(live, "ssa", "Merge");
}

/** May be deleted and made anew when an immutable field changed. */
export function mayRecreate(desired: KubeObject, live: KubeObject | undefined): boolean {
  return hasSwitch(desired, "force", "enabled") || hasSwitch(live, "force", "enabled");
}
