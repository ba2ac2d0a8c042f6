/**
 * The files of a folder of ours as a tree.
 *
 * @module
 */
import type { FileEntry, FileTree } from "../../lib/base/mod.ts";

/** Reads all files below `folder`. */
export async function readTree(folder: string): Promise<FileTree> {
  const tree = new Map<string, FileEntry>();
  async function walk(path: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(`${folder}/${path}`)) {
      const inner = path === "" ? name : `${path}/${name}`;
      if (isDirectory) {
        await walk(inner);
        continue;
      }
      const bytes = await Deno.readFile(`${folder}/${inner}`);
      tree.set(inner, { mode: "100644", sizeBytes: bytes.length, read: () => bytes });
    }
  }
  await walk("");
  return tree;
}
