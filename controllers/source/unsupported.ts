/**
 * What GitRepository may say and this version does not act on yet: refused by name, never ignored.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import { PRUNE_ANNOTATION } from "../../lib/kube/ssa/mod.ts";
import { VERIFY_RANGE } from "./verify_range.ts";

/** The first annotation of `repo` that cannot be honoured, as a message. */
export function unsupportedField(repo: GitRepository): { message: string } | undefined {
  const names = Object.keys(repo.metadata.annotations ?? {});
  // The last one is about the object as a manifest in git.
  const known = [VERIFY_RANGE, PRUNE_ANNOTATION];
  const ours = names.find((name) => name.startsWith("sluice.dev/") && !known.includes(name));
  if (ours === undefined) return undefined;
  const field = `metadata.annotations["${ours}"]`;
  return { message: `${field} is not supported yet: remove it, see "Not yet" in the README` };
}
