/**
 * A tree of files in memory; nothing untrusted is ever written to disk as a tree (design D6).
 *
 * @module
 */

/** Git's file modes that a tree may hold: file, executable, link, submodule. */
export type FileMode = "100644" | "100755" | "120000" | "160000";

/** One file: its mode as git writes it and its bytes, read when asked for. */
export interface FileEntry {
  /** Git file mode, octal digits. */
  readonly mode: FileMode;
  /** Bytes of the content, where known without reading it. */
  readonly sizeBytes?: number;
  /** Of a submodule (`160000`): the commit that is pinned, hex. */
  readonly commit?: string;
  /** The content; for a link (`120000`) its target. */
  read(): Uint8Array;
}

/** Files by path: relative, `/`-separated, without `.` or `..`; no entries for folders. */
export type FileTree = ReadonlyMap<string, FileEntry>;

/**
 * A tree of texts, for tests and generated files.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const tree = treeOf({ "a/b.yaml": "x: 1\n" });
 * assert.equal(new TextDecoder().decode(tree.get("a/b.yaml")?.read()), "x: 1\n");
 * ```
 */
export function treeOf(files: Readonly<Record<string, string | Uint8Array>>): FileTree {
  const tree = new Map<string, FileEntry>();
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    tree.set(path, { mode: "100644", sizeBytes: bytes.length, read: () => bytes });
  }
  return tree;
}
