/**
 * Which images the policies of a namespace have chosen.
 *
 * @module
 */
import type { ImagePolicy, ImageReference, ImageUpdateAutomation } from "../../crds/mod.ts";
import { fail, isEqualJson, ok, type Result } from "../../lib/base/mod.ts";
import type { LatestImage } from "../../lib/image/mod.ts";
import { matchesLabels, readLabelSelector } from "../../lib/kube/mod.ts";

/** What policies have chosen, by their names; `status.observedPolicies`. */
export type Choices = Readonly<Record<string, ImageReference>>;

/** The choices of those policies that `spec.policySelector` means; who has chosen nothing is left out. */
export function choicesOf(
  { spec }: ImageUpdateAutomation,
  policies: readonly ImagePolicy[],
): Result<Choices> {
  const selector = readLabelSelector(spec.policySelector ?? {});
  if (!selector.ok) {
    const why = `failed to parse policy selector: ${selector.message}`;
    return fail("InvalidPolicySelector", why);
  }
  const chosen: [string, ImageReference][] = policies.flatMap(({ metadata, status }) => {
    const isMeant = matchesLabels(selector.value, metadata.labels);
    return isMeant && status?.latestRef !== undefined ? [[metadata.name, status.latestRef]] : [];
  });
  return ok(Object.fromEntries(chosen.sort(([a], [b]) => a < b ? -1 : 1)));
}

/** The same for the setters, which name a policy with its namespace. */
export function imagesOf(namespace: string, choices: Choices): ReadonlyMap<string, LatestImage> {
  return new Map(
    Object.entries(choices).map(([name, choice]) => [`${namespace}:${name}`, choice]),
  );
}

/** Whether the policies have chosen what they had at the last run. */
export function hasSameChoices({ status }: ImageUpdateAutomation, choices: Choices): boolean {
  return isEqualJson(status?.observedPolicies ?? {}, choices);
}
