/**
 * Feature gates: Flux's names, and what Sluice does about each (contract/common.md §14).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { type FlagComponent, nearestFlag } from "./flags.ts";

/** A gate: most have their behaviour built in, and may be named but not changed. */
export interface FeatureGate {
  /** What Sluice does, unless it is told otherwise. */
  readonly value: boolean;
  /** Whether both values are implemented. */
  readonly isFree?: boolean;
  /** Whose gate it is. */
  readonly components: readonly FlagComponent[];
  /** One sentence: what it would decide. */
  readonly help: string;
}

/** Gates by name. */
export type FeatureGates = Readonly<Record<string, FeatureGate>>;

/** Gates of Flux that Sluice knows: with one side, or with both. All others are refused. */
export const FEATURE_GATES: FeatureGates = {
  "AdditiveCELDependencyCheck": {
    value: false,
    isFree: true,
    components: ["kustomize", "helm"],
    help: "Ask for a dependency's readiness besides its expression.",
  },
  "CacheSecretsAndConfigMaps": {
    value: false,
    components: ["source"],
    help: "Keep copies of all Secrets and ConfigMaps in memory.",
  },
  "DisableStatusPollerCache": {
    value: true,
    components: ["kustomize"],
    help: "Judge health without a copy of all objects in memory.",
  },
  "ExternalArtifact": {
    value: false,
    isFree: true,
    components: ["kustomize", "helm"],
    help: "Take ExternalArtifact as a source.",
  },
  "FluxStorage": {
    value: false,
    components: ["image-reflector"],
    help: "Keep the tags of scans in files.",
  },
  "GitAllBranchReferences": {
    value: true,
    components: ["image-automation"],
    help: "Go on from the tip of a push branch that is there already.",
  },
  "GitForcePushBranch": {
    value: false,
    components: ["image-automation"],
    help: "Overwrite what others pushed to a push branch.",
  },
  "GitShallowClone": {
    value: true,
    components: ["image-automation"],
    help: "Fetch no history where none is needed.",
  },
  "GitSparseCheckout": {
    value: false,
    components: ["image-automation"],
    help: "Check out `update.path` only.",
  },
  "ObjectLevelWorkloadIdentity": {
    value: false,
    isFree: true,
    components: ["source", "kustomize", "image-reflector", "image-automation"],
    help: "Log in to clouds and remote clusters by the service account that an object names.",
  },
  "StrictPostBuildSubstitutions": {
    value: true,
    components: ["kustomize"],
    help: "Refuse a build with a variable that is not set.",
  },
};

/**
 * Checks `--feature-gates=Name=true,…`: whoever sets a gate relies on it, so one that is not implemented, or
 * not at this value, is refused and never ignored.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const gates = { Strict: { value: true, components: ["kustomize"], help: "Be strict." } } as const;
 * assert.deepEqual(checkFeatureGates(["Strict=true"], gates), { ok: true, value: undefined });
 * assert.equal(checkFeatureGates(["Strict=false"], gates).ok, false);
 * assert.equal(checkFeatureGates(["Other=false"], gates).ok, false);
 * ```
 */
export function checkFeatureGates(
  items: readonly string[],
  known: FeatureGates = FEATURE_GATES,
): Result<void> {
  for (const item of items) {
    const [name = "", value] = item.split("=");
    if (value !== "true" && value !== "false") {
      return fail("InvalidFlag", `--feature-gates: "${item}" is not Name=true or Name=false`);
    }
    const gate = Object.hasOwn(known, name) ? known[name] : undefined;
    if (gate === undefined) {
      const nearest = nearestFlag(name, Object.keys(known));
      const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
      return fail("UnknownGate", `--feature-gates: "${name}" is not implemented here${hint}`);
    }
    if (String(gate.value) !== value && gate.isFree !== true) {
      return fail(
        "UnknownGate",
        `--feature-gates: ${name}=${value} is not implemented here; it is always ${gate.value}`,
      );
    }
  }
  return ok(undefined);
}

/**
 * Whether a gate is on, by what was given of `--feature-gates`; the last one given wins.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(isGateOn("AdditiveCELDependencyCheck", []), false);
 * assert.equal(isGateOn("AdditiveCELDependencyCheck", ["AdditiveCELDependencyCheck=true"]), true);
 * ```
 */
export function isGateOn(name: keyof typeof FEATURE_GATES, items: readonly string[]): boolean {
  const given = items.findLast((item) => item.startsWith(`${name}=`));
  return given === undefined ? FEATURE_GATES[name]?.value ?? false : given === `${name}=true`;
}
