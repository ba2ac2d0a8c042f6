/**
 * What an update of many files comes to.
 *
 * @module
 */
import { ok, type Result } from "../base/mod.ts";
import type { ObjectChanges } from "./changes.ts";
import type { ManifestFile, ReadManifest } from "./manifest_file.ts";

/** What an update comes to. */
export interface ManifestUpdate {
  /** New contents of the files that change, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What changes in them, sorted by file. */
  readonly changes: readonly ObjectChanges[];
  /** Files that were passed over, with the reason: Flux does so without a word, the log may have one. */
  readonly skipped: readonly SkippedFile[];
}

/** A file that may hold what is to be changed but could not be read or written. */
export interface SkippedFile {
  /** Its path. */
  readonly file: string;
  /** In one sentence. */
  readonly reason: string;
}

/** The same of one file; without content it stays as it is. */
export interface FileUpdate {
  readonly content?: Uint8Array;
  readonly changes: readonly ObjectChanges[];
}

/** Updates file by file; only a spent budget ends it, another failure passes the file over. */
export function updateManifests(
  manifests: Iterable<ReadManifest>,
  update: (manifest: ManifestFile) => Result<FileUpdate>,
): Result<ManifestUpdate> {
  const files = new Map<string, Uint8Array>();
  const changes: ObjectChanges[] = [];
  const skipped: SkippedFile[] = [];
  for (const { file, manifest } of manifests) {
    const updated = manifest.ok ? update(manifest.value) : manifest;
    if (updated.ok) {
      if (updated.value.content !== undefined) files.set(file, updated.value.content);
      changes.push(...updated.value.changes);
    } else if (updated.code === "BudgetSpent") {
      return updated;
    } else {
      skipped.push({ file, reason: updated.message });
    }
  }
  return ok({ files, changes, skipped });
}
