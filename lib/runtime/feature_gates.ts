/**
 * Feature gates: Flux's names, and what Sluice does about each (contract/common.md §14).
 *
 * @module
 */
import { fail, ok, type Result } from "../base/mod.ts";
import { type FlagComponent, nearestFlag } from "./flags.ts";

/** A gate whose behaviour is built in: it may be named, but not changed. */
export interface FeatureGate {
  /** What Sluice does, always. */
  readonly value: boolean;
  /** Whose gate it is. */
  readonly components: readonly FlagComponent[];
  /** One sentence: what it would decide. */
  readonly help: string;
}

/** Gates by name. */
export type FeatureGates = Readonly<Record<string, FeatureGate>>;

/** Gates of Flux whose one side is what Sluice does anyway. All others are refused. */
export const FEATURE_GATES: FeatureGates = {
  "AdditiveCELDependencyCheck": {
    value: false,
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
    components: ["kustomize", "helm"],
    help: "Take ExternalArtifact as a source.",
  },
  "ObjectLevelWorkloadIdentity": {
    value: false,
    components: ["all"],
    help: "Log in to clouds by the service account that an object names.",
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
    if (String(gate.value) !== value) {
      return fail(
        "UnknownGate",
        `--feature-gates: ${name}=${value} is not implemented here; it is always ${gate.value}`,
      );
    }
  }
  return ok(undefined);
}
