/**
 * What Flux v1's annotations say about a workload: automated, locked, ignored, which tags.
 *
 * @module
 */
import { parseTagPattern } from "./tag_pattern.ts";

/** Policies by name: `automated`, `tag.web`. */
export type Policies = ReadonlyMap<string, string>;

/** What a new annotation is called by. */
const PREFIX = "fluxcd.io/";
/** How the same was written at other times. */
const PREFIXES = [PREFIX, "flux.weave.works/"] as const;
const FILTER_PREFIX = "filter.fluxcd.io/";
const TAG = "tag.";

/** Policies that are yes or no. */
const FLAGS = new Set(["automated", "locked", "ignore"]);

/**
 * The policies among the annotations of a workload.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const policies = policiesOf(new Map([["fluxcd.io/automated", "true"], ["filter.fluxcd.io/web", "glob:v*"]]));
 * assert.deepEqual([...policies], [["automated", "true"], ["tag.web", "glob:v*"]]);
 * ```
 */
export function policiesOf(annotations: ReadonlyMap<string, string>): Policies {
  const policies = new Map<string, string>();
  for (const [name, value] of annotations) {
    const policy = policyOf(name);
    if (policy !== undefined) policies.set(policy, value);
  }
  return policies;
}

/** The policy that an annotation is about. */
export function policyOf(annotation: string): string | undefined {
  if (annotation.startsWith(FILTER_PREFIX)) return TAG + annotation.slice(FILTER_PREFIX.length);
  const prefix = PREFIXES.find((it) => annotation.startsWith(it));
  return prefix && annotation.slice(prefix.length);
}

/** The annotation that a policy is written as where it is new. */
export function annotationOf(policy: string): string {
  return PREFIX + policy;
}

/** Whether a policy holds: one that is yes or no only by `true`, another one by being there. */
export function hasPolicy(policies: Policies, policy: string): boolean {
  const value = policies.get(policy);
  return FLAGS.has(policy) ? value === "true" : value !== undefined;
}

/** Whether images of the workload may be changed without being asked: automated, not locked, not ignored. */
export function isAutomated(policies: Policies): boolean {
  return hasPolicy(policies, "automated") && !hasPolicy(policies, "locked") &&
    !hasPolicy(policies, "ignore");
}

/** The pattern that a policy sets, where it cannot be read. */
export function badPattern(policy: string, value: string): string | undefined {
  const isPattern = policy.startsWith(TAG) || policy === "tag_all";
  return isPattern && !parseTagPattern(value).isValid ? value : undefined;
}
