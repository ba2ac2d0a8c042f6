/**
 * `sluice.dev/verify-range`: every commit since the last verified one must verify, not the newest alone.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import type { GitOutcome } from "./git_outcomes.ts";

/** The annotation's name. */
export const VERIFY_RANGE = "sluice.dev/verify-range";

/** Which commits of a merge count: those of both sides, or of the branch it was made on. */
export type RangeMode = "all" | "first-parent";

const MODES: readonly string[] = ["all", "first-parent"] satisfies readonly RangeMode[];

/** Which commits must verify; nothing without the annotation. */
export function rangeMode(repo: GitRepository): RangeMode | undefined {
  const value = repo.metadata.annotations?.[VERIFY_RANGE];
  return value === "all" || value === "first-parent" ? value : undefined;
}

/** Why the annotation cannot be honoured, as a message. */
export function annotationTrouble(repo: GitRepository): { message: string } | undefined {
  const value = repo.metadata.annotations?.[VERIFY_RANGE];
  if (value === undefined) return undefined;
  const name = `metadata.annotations["${VERIFY_RANGE}"]`;
  if (!MODES.includes(value)) {
    return { message: `${name} is ${JSON.stringify(value)}: use ${MODES.join(" or ")}` };
  }
  if (repo.spec.verify !== undefined) return undefined;
  return {
    message: `${name} needs spec.verify, which names the keys: set it, or remove the annotation`,
  };
}

/** The commit that was verified last. */
export function lastVerified({ status }: GitRepository): string | undefined {
  if (status?.sourceVerificationMode === undefined) return undefined;
  return status.artifact?.revision.split(":").at(-1);
}

/**
 * An artifact that is lost from the store goes out of the status (as in Flux), and with it would go the only
 * record of what was verified last: one failed fetch later anything could follow it. So it stays named.
 */
export function keepLastVerified(repo: GitRepository, outcome: GitOutcome): GitOutcome {
  const artifact = repo.status?.artifact;
  const isLost = outcome.status !== undefined && outcome.status.artifact === undefined;
  if (rangeMode(repo) === undefined || artifact === undefined || !isLost) return outcome;
  return { ...outcome, status: { ...outcome.status, artifact } };
}
