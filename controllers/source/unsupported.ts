/**
 * What GitRepository may say and this version does not act on yet: refused by name, never ignored.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import { unsupportedAnnotation } from "../../lib/runtime/mod.ts";
import { VERIFY_RANGE } from "./verify_range.ts";

/** The first annotation of `repo` that cannot be honoured, as a message. */
export function unsupportedField(repo: GitRepository): { readonly message: string } | undefined {
  return unsupportedAnnotation(repo.metadata, [VERIFY_RANGE]);
}
