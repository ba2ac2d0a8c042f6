/**
 * `spec.sparseCheckout`: only these folders become part of the artifact.
 *
 * @module
 */
import type { GitRepository } from "../../crds/mod.ts";
import {
  fail,
  type FileTree,
  isEqualJson,
  joinInside,
  ok,
  type Result,
} from "../../lib/base/mod.ts";

/** The files below the folders that the spec names; all of them when it names none. */
export function selectFolders({ spec }: GitRepository, tree: FileTree): Result<FileTree> {
  const { sparseCheckout: folders } = spec;
  if (folders === undefined || folders.length === 0) return ok(tree);
  const starts = folders.map((folder) => folder.replace(/^\.\//, ""));
  // Flux compares the beginnings of paths, not folders: `deploy` also takes `deploy-old/a.yaml`.
  const files = new Map(
    [...tree].filter(([path]) => starts.some((start) => path.startsWith(start))),
  );
  const places = new Set([""]);
  for (const path of files.keys()) {
    for (let at = path.length; at > 0; at = path.lastIndexOf("/", at - 1)) {
      places.add(path.slice(0, at));
    }
  }
  const missing = folders.find((folder) => !places.has(joinInside("", folder)));
  if (missing === undefined) return ok(files);
  return fail(
    "GitOperationFailed",
    `failed to sparse checkout directories : sparse checkout dir '${missing}' does not exist in ` +
      `repository: lstat ${missing}: no such file or directory`,
  );
}

/** Whether the stored artifact was made of these very folders. */
export function hasSameFolders({ spec, status }: GitRepository): boolean {
  return isEqualJson(status?.observedSparseCheckout ?? [], spec.sparseCheckout ?? []);
}
