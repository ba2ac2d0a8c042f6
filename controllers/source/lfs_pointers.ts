/**
 * Git LFS: what is stored is the pointer, as in Flux; but somebody should know.
 *
 * @module
 */
import type { FileTree } from "../../lib/base/mod.ts";
import type { EventRecord } from "../../lib/runtime/mod.ts";

/** git-lfs spec: "Pointer files must be … less than 1024 bytes", and begin with their version. */
const MOST_POINTER_BYTES = 1024;
const FIRST_LINE = "version https://git-lfs.github.com/spec/v1\n";
const MOST_NAMES = 5;

/** The event that names the pointers among the files that are stored; nothing when there are none. */
export function lfsWarning(
  tree: FileTree,
  skip: (path: string, isFolder: boolean) => boolean,
): EventRecord | undefined {
  // Without it nobody uses LFS here, and small files need not be opened.
  if (!usesLfs(tree)) return undefined;
  const pointers = [...tree.keys()].filter((path) => isPointer(tree, path) && !skip(path, false));
  if (pointers.length === 0) return undefined;
  const names = pointers.slice(0, MOST_NAMES).map((path) => JSON.stringify(path)).join(", ");
  const more = pointers.length > MOST_NAMES ? ` and ${pointers.length - MOST_NAMES} more` : "";
  return {
    type: "Warning",
    reason: "LFSPointers",
    message: `Git LFS is not followed, these files are stored as pointers: ${names}${more}`,
  };
}

function usesLfs(tree: FileTree): boolean {
  return [...tree].some(([path, entry]) =>
    /(^|\/)\.gitattributes$/.test(path) && entry.mode !== "120000" &&
    textOf(entry.read()).includes("filter=lfs")
  );
}

function isPointer(tree: FileTree, path: string): boolean {
  const entry = tree.get(path);
  if (entry === undefined || !entry.mode.startsWith("100")) return false;
  const { sizeBytes = 0 } = entry;
  return sizeBytes < MOST_POINTER_BYTES && textOf(entry.read()).startsWith(FIRST_LINE);
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
